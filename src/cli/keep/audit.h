/* SPDX-License-Identifier: ISC */
/* Verifies an archive: each line, each signature, each id once. */
#ifndef CLI_KEEP_AUDIT_H
#define CLI_KEEP_AUDIT_H

#include "cli/keep/lost.h"
#include "cli/reading/gaps.h"
#include "cli/reading/reader.h"
#include "config/keyring.h"
#include "event/stored_body.h"
#include "index/index.h"
#include "index/twins.h"

/* What can be wrong with a record, or with a line that should be one. */
enum audit_fault {
	AUDIT_BROKEN,		/* lines that are not records */
	AUDIT_FORGED,		/* the signature does not fit */
	AUDIT_LATE,		/* signed after its secret had expired */
	AUDIT_UNPROVEN,		/* the secret of its fingerprint is missing */
	AUDIT_FOREIGN,		/* of another endpoint */
	AUDIT_TWICE,		/* the id is there within the dedup window */
	AUDIT_UNKNOWN,		/* the index does not know the id */
	AUDIT_LOST,		/* the index knows the id, but no record */
	AUDIT_UNSTORED,		/* turned away since the last stored event */
	AUDIT_FAULTS
};

#define AUDIT_KEYS_MAX	(2 * HOOKCASK_KEYS_MAX)

struct audit_key {
	struct hookcask_key	 key;
	char			 print[HOOKCASK_FINGERPRINT_SIZE];
	int64_t			 not_after;	/* by its file */
	bool			 older;		/* from --older */
	uint64_t		 proven;	/* records */
};

struct audit {
	struct audit_key	 keys[AUDIT_KEYS_MAX];
	size_t			 key_count;
	const char		*source;	/* the endpoint, or NULL: any */
	int64_t			 window;	/* dedup, seconds */
	struct index		*index;		/* or NULL */
	int64_t			 index_from;	/* older ids may be missing */
	bool			 counted;	/* there are counters */
	bool			 searched;	/* a log: lost is used */
	struct lost		 lost;
	struct gaps		 gaps;
	struct twins		*ids;
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

void	audit_wipe(struct audit *);
/* Adds the keys of a set, except those whose fingerprint is known. */
bool	audit_add_keys(struct audit *, const struct keyset *, bool older,
	    struct err *);
/* Adds the gaps, and the failures since the last event. */
bool	audit_add_counters(struct audit *, const struct stats_file *,
	    struct err *);
/* For a reader: its record() and skip(). */
bool	audit_record(void *ctx, const struct reading *, struct err *);
void	audit_skip(void *ctx, const char *path, int64_t offset,
	    const char *why);
/* Call it at the end: finds ids that are there twice, or not at all. */
bool	audit_finish(struct audit *, struct err *);
/* The number of faults. */
uint64_t audit_wrong(const struct audit *);

/* audit_print.c */
void	audit_print(const struct audit *);
void	audit_print_json(const struct audit *);

#endif
