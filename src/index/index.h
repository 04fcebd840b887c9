/* SPDX-License-Identifier: ISC */
/*
 * The index of a store: the ids of the dedup window, where each record
 * is, and the mark up to which the log is synced and indexed.  SQLite in
 * WAL mode, one connection a store and process, used under the store's lock.
 *
 * An id enters only after its record is on stable storage: the index may
 * lag, it is never ahead.
 */
#ifndef INDEX_INDEX_H
#define INDEX_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "hookcask.h"

#define INDEX_FILE	"index.db"
#define INDEX_NEW	"index.new"	/* unfinished; nobody reads it */
#define INDEX_FORMAT	2		/* user_version: see HACKING.md */
#define INDEX_APP_ID	0x686b636b	/* application_id: "hkck" */
#define INDEX_NAME_MAX	255		/* of a file in a store */

struct index;

enum index_status {
	INDEX_OK,
	INDEX_TEMPORARY,	/* busy, full, read-only, I/O: 503 */
	INDEX_BROKEN,		/* corrupt or not a database: set it aside */
	INDEX_FOREIGN,		/* another store's, or a newer format */
	INDEX_OLDER		/* index_migrate() makes it ours */
};

struct index_options {
	const char	*dir;		/* the state directory's path */
	const char	*vfs;		/* SQLite VFS; NULL: the default */
	const char	*endpoint;	/* must be the one it was made for */
	const char	*path;		/* its configured path, likewise */
	bool		 moved;		/* it has another path now */
	bool		 full;		/* every commit is synced (spool) */
	bool		 is_cgi;
	bool		 new_wal;	/* there is none, or it is empty */
	bool		 any_format;	/* opens an older one, too */
};

/*
 * Up to here the log is synced and indexed.  For a spool, only newest, named,
 * swept and due are used.  cut stays until index --forget-lost has looked for
 * what is lost.
 */
struct mark {
	bool		 set;
	char		 file[INDEX_NAME_MAX + 1];	/* in the log's dir */
	uint64_t	 inode;
	int64_t		 file_number;
	int64_t		 offset;	/* bytes */
	int64_t		 last_len;	/* of the last line, with its LF */
	unsigned char	 last_hash[32];	/* SHA-256 of its head */
	int64_t		 newest;	/* signed, Unix seconds */
	int64_t		 named;		/* log: seconds; spool: us */
	bool		 foreign;	/* past it may be others' bytes */
	bool		 unread;	/* some files are not indexed yet */
	bool		 cut;		/* others changed the log; see below */
	char		 swept[HOOKCASK_ID_MAX + 1]; /* last id of the sweep */
	int64_t		 due;		/* ids that the sweep must look at */
};

/* One record's row. */
struct index_row {
	int64_t		 time;		/* signed, Unix seconds */
	uint64_t	 body_hash;
	int64_t		 file_number;	/* log */
	int64_t		 offset;	/* log */
	char		 name[INDEX_NAME_MAX + 1];	/* spool, or "" */
};

/* Opens an existing index. */
enum index_status index_open(struct index **, const struct index_options *,
	    struct err *);
/*
 * Read-only, while others may write; dir is the state directory.  Calls that
 * change something fail.
 */
enum index_status index_open_read(struct index **, const char *dir,
	    struct err *);
void	index_close(struct index *);
/*
 * Fills INDEX_NEW, an empty file, with the tables.  On INDEX_OK all of it is
 * on stable storage.
 */
enum index_status index_make(const struct index_options *, struct err *);
/* A WAL that grew while somebody kept reading is cut to this many bytes. */
#define INDEX_WAL_LEFT	(16 << 20)
/* Is the WAL long enough to copy its pages to the file? */
bool	index_wants_checkpoint(const struct index *);
/* Copies them.  A reader that prevents it is no error. */
enum index_status index_checkpoint(struct index *, struct err *);

/* Migrates an older format: one transaction, durable when it returns. */
enum index_status index_migrate(struct index *, struct err *);
/* One transaction; full: durable when commit returns, whatever the mode. */
enum index_status index_begin(struct index *, bool full, struct err *);
enum index_status index_commit(struct index *, struct err *);
void	index_rollback(struct index *);

enum index_status index_find(struct index *, const char *id, bool *found,
	    struct index_row *, struct err *);
/* An id that is there already keeps its row. */
enum index_status index_add(struct index *, const char *id,
	    const struct index_row *, struct err *);
enum index_status index_forget(struct index *, const char *id, bool *found,
	    struct err *);
/*
 * Looks at the next ids after mark->swept and removes those that were signed
 * before a time; after the last id mark->swept is "" again.  *gone: how many
 * it has removed.
 */
enum index_status index_sweep(struct index *, struct mark *, int64_t before,
	    int64_t ids, int64_t *gone, struct err *);
enum index_status index_count(struct index *, int64_t *, struct err *);
/* Counts the ids that were signed before a time. */
enum index_status index_count_before(struct index *, int64_t before,
	    int64_t *, struct err *);

/*
 * Must be read first in a transaction: it also checks that no other version
 * has changed the format since the index was opened (INDEX_FOREIGN).
 */
enum index_status index_get_mark(struct index *, struct mark *,
	    struct err *);
enum index_status index_set_mark(struct index *, const struct mark *,
	    struct err *);

/*
 * Each file of a log gets a number.  A new one does even if another, which has
 * gone, had its name and its inode.  next_unread names a file that was found
 * beside the log when the index was rebuilt, and is not wholly indexed.
 */
enum index_status index_file_number(struct index *, const char *name,
	    uint64_t inode, bool is_new, int64_t *number, struct err *);
enum index_status index_file_name(struct index *, int64_t number,
	    char name[INDEX_NAME_MAX + 1], uint64_t *inode, struct err *);
enum index_status index_set_unread(struct index *, int64_t number,
	    int64_t offset, struct err *);	/* -1: all read */
enum index_status index_next_unread(struct index *, int64_t *number,
	    int64_t *offset, struct err *);	/* number 0: none */

/* index_walk.c.  Calls file for each file that has a number, by number. */
enum index_status index_each_file(struct index *, void (*file)(void *ctx,
	    int64_t number, const char *name, uint64_t inode), void *ctx,
	    struct err *);
/*
 * Calls row for each id, without its name and the hash of its body.  If it
 * returns false, with err, the walk ends with INDEX_TEMPORARY.
 */
enum index_status index_walk(struct index *, bool (*row)(void *ctx,
	    const char *id, const struct index_row *, struct err *), void *ctx,
	    struct err *);

/*
 * Does another record follow that id's in its file?  Not known: the id is not
 * in the index, or the file of its record is not.
 */
enum index_status index_follows(struct index *, const char *id, bool *known,
	    bool *follows, struct err *);

#endif
