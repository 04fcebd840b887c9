/* SPDX-License-Identifier: ISC */
/*
 * Handing events to a program: where they come from (drain_log.c and
 * drain_spool.c, one behind the same calls) and who runs it (drain_run.c).
 *
 * No .c: what the files of drain share.
 */
#ifndef CLI_BATCH_DRAIN_H
#define CLI_BATCH_DRAIN_H

#include "base/err.h"
#include "cli/consumer/state.h"
#include "cli/reading/globs.h"
#include "config/configuration.h"
#include "event/record.h"

/* One event in hand. */
struct drain_event {
	struct drain_event	*next;		/* of the same run */
	char			*line;		/* owned; the record */
	size_t			 len;
	struct record_view	 view;		/* borrows the line */
	uint64_t		 seq;		/* its entry; 0: none yet */
	int64_t			 tries;		/* runs that failed */
	struct state_passed	 origin;	/* log */
	char			*name;		/* spool: owned */
};

/* Of a record: the line is copied.  NULL without memory. */
struct drain_event *drain_event_make(const char *line, size_t len);
void	drain_event_free(struct drain_event *);	/* NULL is legal */

/* What is asked of either store; ctx is its struct. */
struct drain_source {
	/*
	 * The next event that was never handed over by this process, oldest
	 * first.  1: one; 0: none now; -1: err.
	 */
	int	(*next)(void *ctx, struct drain_event **, struct err *);
	/* An entry's event; *event NULL: it has gone. */
	bool	(*load)(void *ctx, const struct state_entry *,
		    struct drain_event **, struct err *);
	/* Its run ended well, or nobody wants it. */
	bool	(*done)(void *ctx, struct drain_event *, struct err *);
	/* Its run failed: an entry keeps it.  Sets try's seq. */
	bool	(*failed)(void *ctx, struct drain_event *,
		    struct state_try *, struct err *);
	/* Adds to the state what it has not told yet. */
	void	(*tell)(void *ctx);
	/* Makes durable what it has done beside the state. */
	bool	(*sync)(void *ctx, struct err *);
	void	(*close)(void *ctx);
	void	*ctx;
};

struct drain_place {
	const struct endpoint	*endpoint;
	struct consumer_state	*state;
	const char		*state_dir;	/* of the store */
	const char		*home;		/* log's directory, or spool */
	const struct globs	*types;
	bool			 unlink;	/* spool: nothing in done/ */
	bool			 patient;	/* waits for an index */
	/* where a place is lost: go on then (received, us); NULL: stop */
	const int64_t		*since_us;
	bool			*unsure;	/* more may come without us */
	uint64_t		*unread;	/* files that cannot be read */
	uint64_t		*others;	/* events of types not wanted */
};
/* Is this type to be handed over?  Counts in others those that are not. */
bool	drain_wants(const struct drain_place *, const char *type);
bool	drain_log_open(struct drain_source *, const struct drain_place *,
	    struct err *);
bool	drain_spool_open(struct drain_source *, const struct drain_place *,
	    struct err *);

/* -- drain_run.c -- */
struct drain_plan {
	char *const	*argv;
	const char	*endpoint;
	bool		 once;
	bool		 follow;
	bool		 is_batch;	/* records, not bodies */
	int64_t		 batch;		/* events a run, at most */
	int64_t		 jobs;
	int64_t		 tries;
	int64_t		 timeout_ms;	/* 0: none */
	int64_t		 delay_ms;	/* before the second try */
};
bool	drain_run(const struct drain_plan *, struct drain_source *,
	    struct consumer_state *, struct err *);

/* -- drain_signal.c -- */
/*
 * From now on SIGTERM, SIGINT and SIGHUP are counted, not obeyed; those that
 * were ignored stay so.
 */
bool	drain_signals(struct err *);
int	drain_stops(void);		/* how many came */
/* Readable when one of them, or SIGCHLD, has come since it was emptied. */
int	drain_signal_fd(void);
void	drain_signal_empty(void);

#endif
