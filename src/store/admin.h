/* SPDX-License-Identifier: ISC */
/*
 * What the operator does to an index by hand while responders run: under the
 * store's lock, but for the counting.
 */
#ifndef STORE_ADMIN_H
#define STORE_ADMIN_H

#include <stdio.h>

#include "event/record.h"
#include "store/store.h"

struct admin {
	const struct endpoint	*endpoint;
	struct store_options	 options;
	/* called before and after each step of a long task, or NULL */
	void			(*progress)(int64_t count, const char *what);
};

/* What was counted. */
struct admin_count {
	int64_t	records;	/* read and added, or known already */
	int64_t	skipped;	/* lines that are no record of the endpoint */
	int64_t	forgotten;
	int64_t	ids;		/* in the index afterwards */
};

/*
 * Reads the log and the rotated files beside it again, but not those that are
 * compressed, linked or in another directory: see admin_adding_put().  Nothing
 * that the index knows is forgotten.  A log only.
 */
bool	admin_rebuild(const struct admin *, struct admin_count *,
	    struct err *);
/*
 * Adds the ids of records that are given one by one.  The admin must outlive
 * it; the lock is held between two of them.  end: commits if ok and closes;
 * false if it did not commit.  NULL is legal.
 */
struct admin_adding;
bool	admin_adding_open(struct admin_adding **, const struct admin *,
	    struct err *);
bool	admin_adding_put(struct admin_adding *, const struct record_view *,
	    struct err *);
bool	admin_adding_end(struct admin_adding *, bool ok, struct err *);
/* Adds the ids of records read from a stream, "zcat old.gz |". */
bool	admin_add(const struct admin *, FILE *, const char *name,
	    struct admin_count *, struct err *);
/* Forgets one id, so that the sender's next try is stored again. */
bool	admin_forget(const struct admin *, const char *id, bool *found,
	    struct err *);
/* Reads what the index does not know yet, at once.  A log only. */
bool	admin_settle(const struct admin *, struct err *);
/*
 * Forgets ids, each with its NUL, one after another, in one transaction that
 * is durable when it returns.  They are all that a log has lost: it no longer
 * counts as cut.
 */
bool	admin_forget_all(const struct admin *, const char *ids, size_t len,
	    struct admin_count *, struct err *);
/* Forgets the ids that are older than the dedup window, and counts them. */
bool	admin_expire(const struct admin *, int64_t *gone, struct err *);
/* Only counts them, as a reader of the index in that state directory. */
bool	admin_count_expired(const struct admin *, const char *dir,
	    int64_t *count, struct err *);
/* Sets the path in the index to the configured one. */
bool	admin_moved(const struct admin *, struct err *);
/* Only counts; an index of an older format is migrated. */
bool	admin_look(const struct admin *, struct admin_count *, struct err *);

#endif
