/* SPDX-License-Identifier: ISC */
/* Proving an archive: every line, every signature, every id once. */
#ifndef CLI_KEEP_AUDIT_H
#define CLI_KEEP_AUDIT_H

#include "cli/keep/lost.h"
#include "cli/reading/gaps.h"
#include "cli/reading/reader.h"
#include "cli/reading/stored_body.h"
#include "config/keyring.h"
#include "index/index.h"

/* -- audit_ids.c: have two records one id?  In bounded memory. -- */

#define AUDIT_ID_SIZE	48	/* of an id, cut; Svix's have 31 letters */

struct audit_id {
	uint64_t	 hash;			/* of the whole id */
	int64_t		 time;			/* signed, Unix seconds */
	char		 id[AUDIT_ID_SIZE];
};

struct audit_ids;

/* False without memory; in memory: how many before files are used. */
bool	audit_ids_open(struct audit_ids **, size_t in_memory, struct err *);
void	audit_ids_close(struct audit_ids *);
bool	audit_ids_add(struct audit_ids *, const char *id, int64_t time,
	    struct err *);
/*
 * Calls twin for each record but the first of an id, with the one before
 * it in time.
 */
bool	audit_ids_find(struct audit_ids *,
	    void (*twin)(void *ctx, const struct audit_id *before,
	    const struct audit_id *), void *ctx, struct err *);

/* -- audit.c -- */

/* What can be wrong with a record, or with what should be one. */
enum audit_fault {
	AUDIT_BROKEN,		/* lines that are no records */
	AUDIT_FORGED,		/* the signature does not fit */
	AUDIT_LATE,		/* signed after its secret had ended */
	AUDIT_UNPROVEN,		/* nobody gave the secret of its fingerprint */
	AUDIT_FOREIGN,		/* of another endpoint */
	AUDIT_TWICE,		/* the id is there within the dedup window */
	AUDIT_UNKNOWN,		/* the index does not know the id */
	AUDIT_LOST,		/* the index knows the id, but no record */
	AUDIT_UNSTORED,		/* turned away by the store, to this hour */
	AUDIT_FAULTS
};

#define AUDIT_KEYS_MAX	(2 * HOOKCASK_KEYS_MAX)

struct audit_key {
	struct hookcask_key	 key;
	char			 print[HOOKCASK_FINGERPRINT_SIZE];
	int64_t			 not_after;	/* as its file says */
	bool			 older;		/* from --older */
	uint64_t		 proven;	/* records */
};

struct audit {
	struct audit_key	 keys[AUDIT_KEYS_MAX];
	size_t			 key_count;
	const char		*source;	/* the endpoint, or NULL: any */
	int64_t			 window;	/* dedup, seconds */
	struct index		*index;		/* or NULL */
	int64_t			 index_from;	/* signed: older ids may go */
	bool			 counted;	/* there are counters */
	bool			 searched;	/* lost is used: a log */
	struct lost		 lost;
	struct gaps		 gaps;
	struct audit_ids	*ids;
	struct stored_body		 body;
	unsigned char		*scratch;	/* for v1a; grows */
	size_t			 scratch_size;
	/* what was found */
	uint64_t		 records, bytes, proven, repeated;
	uint64_t		 unread;	/* files */
	uint64_t		 faults[AUDIT_FAULTS];
	int64_t			 first_us, last_us;	/* received */
	int64_t			 quiet_from_us, quiet_us; /* the longest */
};

bool	audit_open(struct audit *, struct err *);
void	audit_wipe(struct audit *);
/* Adds the keys of a set; later ones of a fingerprint are left out. */
bool	audit_add_keys(struct audit *, const struct keyset *, bool older,
	    struct err *);
/* Takes the gaps, and what could not be stored since the last event. */
bool	audit_add_counters(struct audit *, const struct stats_file *,
	    struct err *);
/* For a reader: its record() and skip(). */
bool	audit_record(void *ctx, const struct reading *, struct err *);
void	audit_skip(void *ctx, const char *path, int64_t offset,
	    const char *why);
/* What only the end tells: ids that are there twice, or not at all. */
bool	audit_finish(struct audit *, struct err *);
/* The sum of what is wrong. */
uint64_t audit_wrong(const struct audit *);

/*
 * audit_files.c: complains of compressed files of a log, in the directory
 * home, that cannot be read at all.
 */
bool	audit_files(struct audit *, const char *home, const char *pattern,
	    struct err *);

/* audit_print.c */
void	audit_print(const struct audit *);
void	audit_print_json(const struct audit *);

#endif
