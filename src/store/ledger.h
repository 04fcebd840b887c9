/* SPDX-License-Identifier: ISC */
/*
 * What both stores share: the state directory and its index, used under the
 * store's lock.  An index that fails is closed, and the next batch opens it
 * again; a broken one is first set aside.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "event/record.h"
#include "index/index.h"
#include "store/statedir.h"
#include "store/store.h"

#define LEDGER_DOUBT	"index.doubt"	/* it may not be on the disk */

struct ledger {
	const struct fileops		*ops;
	const struct endpoint		*endpoint;
	struct store_options		 options;
	const char			*path;	/* configured log or spool */
	bool				 full;	/* the index syncs each time */
	struct statedir			 dir;
	struct index			*index;	/* NULL: closed */
	dev_t				 index_dev;
	ino_t				 index_ino, wal_ino;
	bool				 open;	/* a transaction is */
	bool				 doubted; /* until it is committed */
	bool				 set_aside; /* a broken index */
	struct mark			 mark;	/* as read by ledger_begin() */
};

bool	ledger_init(struct ledger *, const struct endpoint *,
	    const struct store_options *, struct err *);
void	ledger_close(struct ledger *);
/*
 * Locks the store; *reopened: the state directory was replaced, so that
 * nothing known about it is valid.
 */
bool	ledger_lock(struct ledger *, int64_t deadline_ms, bool *reopened,
	    struct err *);
void	ledger_unlock(struct ledger *);
bool	ledger_commit(struct ledger *, struct err *);
void	ledger_rollback(struct ledger *);
/* Sets the mark and commits. */
bool	ledger_commit_mark(struct ledger *, const struct mark *,
	    struct err *);
/*
 * Ids that were signed before this time may be forgotten; newest as in the
 * mark.  A record with a signed time in the future does not move it.
 */
int64_t	ledger_horizon(const struct endpoint *, const struct fileops *,
	    int64_t newest);
/*
 * Forgets older ids, a few for each id that was added, so that the index holds
 * at most a third more than the dedup window.
 */
bool	ledger_prune(struct ledger *, struct mark *, int64_t added,
	    struct err *);
/* If a result of the index is not OK, closes it; sets a broken one aside. */
bool	ledger_check(struct ledger *, enum index_status);
/*
 * After a failure and before anything was written: true once if the index was
 * set aside meanwhile.  Then the caller must begin again, with no error.
 */
bool	ledger_begin_again(struct ledger *, struct err *);
/* The row of a record at an offset; false without memory. */
bool	ledger_row(struct index_row *, const struct record_view *,
	    int64_t file_number, int64_t offset, struct err *);
/*
 * Bracket an operation that ends in a sync: a process that dies inside leaves
 * LEDGER_DOUBT in the state directory.
 */
bool	ledger_doubt(struct ledger *, struct err *);
bool	ledger_trust(struct ledger *, struct err *);
/* Sets err from errno and the name of a file of the state directory. */
bool	ledger_fail(struct ledger *, const char *name, struct err *);
/* Removes a file of the state directory; it may be missing. */
bool	ledger_remove(struct ledger *, const char *name, struct err *);
/* Writes an operator's line about something unusual. */
void	ledger_note(const struct ledger *, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 2, 3)));

/*
 * ledger_index.c: begins a transaction and reads the mark.  First opens the
 * index if it is closed: makes a missing one, settles one in doubt.
 */
bool	ledger_begin(struct ledger *, bool full, struct err *);
/*
 * Without the lock: the row of an id, from the index as it is open.  False
 * also if there is any doubt.
 */
bool	ledger_peek(struct ledger *, const char *id, struct index_row *);

#endif
