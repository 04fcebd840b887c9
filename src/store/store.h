/* SPDX-License-Identifier: ISC */
/*
 * The store: put() a record; stored and duplicate both mean "on stable
 * storage now", error means "not acknowledged", never "not stored".
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "config/configuration.h"
#include "store/batch.h"

struct fileops;
struct store;

/* What a store needs to know besides its endpoint. */
struct store_options {
	unsigned	 lock_timeout;		/* seconds */
	bool		 is_cgi;		/* one request, then exit */
	const struct fileops *ops;		/* NULL: the real ones */
	const char	*vfs;			/* SQLite's; NULL: default */
	/* writes an operator's line; may be NULL */
	void		(*note)(void *ctx, const char *text);
	void		*ctx;
	/* the operator says that the store has another path now */
	bool		 moved;
	/* ids of the files that only the tool can read were added */
	bool		 added;
};

/* The caller sets put.record, stored, done and ctx. */
struct store_request {
	struct put	 put;
	struct err	 err;			/* of OUTCOME_STORE_ERROR */
	/*
	 * May be NULL.  May be called before done, as soon as the record is
	 * on stable storage; the store is locked, so it must not wait.
	 */
	void		(*stored)(void *ctx);
	void		(*done)(void *ctx);
	void		*ctx;
	/* the store's own */
	int64_t		 deadline_ms;
	bool		 is_offered;	/* to other processes: offers.h */
	struct store_request *next;
};

/*
 * Opens the store of an endpoint, which must outlive it (the options need
 * not); creates the state directory, never the directory of a log.  One per
 * endpoint and process; thread-safe from then on.  Never fork after it.
 */
bool	store_open(struct store **, const struct endpoint *,
	    const struct store_options *, struct err *);
/* Once no request is under way. */
void	store_close(struct store *);
/*
 * Keeps one record; blocks until it is durable, a duplicate, or refused at
 * the lock's deadline.  OUTCOME_STORED, _DUPLICATE, _OTHER_BODY (the id was
 * stored with another body; this one was kept beside it) or _STORE_ERROR (err
 * set).
 */
enum outcome store_put(struct store *, struct record *, struct err *);
/*
 * Likewise, without waiting for others: done is called once when put.outcome
 * and err are known, by this thread or another one, and the request may be
 * gone when it returns.  If nobody is writing to the store, the caller does so
 * until this request is kept.
 */
void	store_submit(struct store *, struct store_request *);
/* The path of the state directory, for stats: owned by the store. */
const char *store_state_path(const struct store *);

#endif
