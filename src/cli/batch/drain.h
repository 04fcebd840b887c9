/* SPDX-License-Identifier: ISC */
/*
 * Hands events to a program: drain_log.c and drain_spool.c find them, by the
 * same calls, and drain_run.c runs it.
 *
 * No .c: what the files of drain share.
 */
#ifndef CLI_BATCH_DRAIN_H
#define CLI_BATCH_DRAIN_H

#include "base/err.h"
#include "cli/engine/engine.h"
#include "cli/consumer/state.h"
#include "cli/reading/globs.h"
#include "cli/reading/where.h"
#include "cli/sender/forward.h"
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
	int64_t			 number;	/* its line; 0: not sent */
};

/* Makes one of a record, whose line is copied.  NULL without memory. */
struct drain_event *drain_event_make(const char *line, size_t len);
void	drain_event_free(struct drain_event *);	/* NULL is legal */

/* The calls of either store; ctx is its struct. */
struct drain_source {
	/*
	 * The next event that this process has not handed over yet, oldest
	 * first.  1: one; 0: none now; -1: err.
	 */
	int	(*next)(void *ctx, struct drain_event **, struct err *);
	/* An entry's event; *event NULL: it is gone. */
	bool	(*load)(void *ctx, const struct state_entry *,
		    struct drain_event **, struct err *);
	/* Its run succeeded, or its type is not wanted. */
	bool	(*done)(void *ctx, struct drain_event *, struct err *);
	/* Its run failed: an entry keeps it.  Sets try's seq. */
	bool	(*failed)(void *ctx, struct drain_event *,
		    struct state_try *, struct err *);
	/* Adds pending facts to the state. */
	void	(*tell)(void *ctx);
	/* Makes durable what it has done outside the state. */
	bool	(*sync)(void *ctx, struct err *);
	/* The place, all before it finished; false: it did not move yet. */
	bool	(*spot)(void *ctx, struct state_file *);
	/*
	 * All that was handed over since, or ever (NULL), will be handed over
	 * again; the state knows it when this returns.  What is gone is
	 * reported and counted as broken.  rereads: this includes what is in
	 * hand and has no entry.
	 */
	bool	(*back)(void *ctx, const struct state_mark *, struct err *);
	bool	rereads;
	void	(*close)(void *ctx);
	void	*ctx;
	bool	synced;		/* by drain_run(): all that it did is */
};

struct drain_place {
	const struct endpoint	*endpoint;
	struct consumer_state	*state;
	const char		*state_dir;	/* of the store */
	const char		*home;		/* log's directory, or spool */
	const struct globs	*types;
	struct where		*where;	/* NULL: any body */
	struct stored_body	*body;	/* to look at it */
	bool			 unlink;	/* spool: nothing in done/ */
	bool			 patient;	/* waits for an index */
	bool			 died;		/* see lease_take() */
	/* if a place is lost: continue then (received, us); NULL: stop */
	const int64_t		*since_us;
	bool			*unsure;	/* more may come without us */
	uint64_t		*unread;	/* files that are not there */
	uint64_t		*broken;	/* files that cannot be read */
	uint64_t		*others;	/* events of types not wanted */
};
/* Must it be handed over?  If not, counts it in others. */
bool	drain_wants(const struct drain_place *, const struct record_view *);
bool	drain_log_open(struct drain_source *, const struct drain_place *,
	    struct err *);
bool	drain_spool_open(struct drain_source *, const struct drain_place *,
	    struct err *);

/* -- drain_run.c -- */
struct drain_plan {
	char *const	*argv;		/* the program */
	struct forward	*forward;	/* not NULL: post, run no program */
	const struct engine *engine;	/* not NULL: no programs are run */
	int64_t		 lines;		/* it has not answered, at most */
	const char	*endpoint;
	bool		 once;
	bool		 follow;
	bool		 is_batch;	/* records, not bodies */
	bool		 json;		/* print how each run ended */
	const char	*on_set_aside;	/* command of a shell, or NULL */
	int64_t		 notice_ms;	/* between two of those */
	const struct state_where *where; /* its last time is kept there */
	int64_t		 batch;		/* events a run, at most */
	int64_t		 jobs;
	int64_t		 tries;
	int64_t		 timeout_ms;	/* 0: none */
	int64_t		 delay_ms;	/* before the second try */
};
/* How many events ended how. */
struct drain_tally {
	int64_t	 done, tried_again, set_aside, waiting;
};
bool	drain_run(const struct drain_plan *, struct drain_source *,
	    struct consumer_state *, struct drain_tally *, struct err *);

/* -- drain_json.c: the lines of --json -- */
void	drain_json_end(const struct drain_event *, const char *end,
	    int64_t tries, const char *reason);
void	drain_json_sum(const struct drain_tally *, uint64_t others);

#endif
