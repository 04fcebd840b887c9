/* SPDX-License-Identifier: ISC */
/* Inside drain_run.c: what the loop and its parts share. */
#ifndef CLI_BATCH_DRAIN_RUN_H
#define CLI_BATCH_DRAIN_RUN_H

#include "cli/batch/drain_job.h"
#include "cli/batch/drain_notice.h"

#define BACK_OFF_MAX_MS	3600000		/* 1 hour */
#define WAITING_MAX	1000		/* events that wait for a try */
#define WAITING_BYTES_MAX ((size_t)256 << 20)	/* their size */

struct drainer {
	const struct drain_plan	*plan;
	struct drain_source	*source;
	struct consumer_state	*state;
	struct drain_job	*jobs;		/* plan->jobs of them */
	struct drain_stay	*stay;		/* not NULL: none of them run */
	int64_t			 running;
	int64_t			 held;		/* said 75: to be run again */
	int64_t			 pause_ms;	/* length of the last pause */
	int64_t			 paused_to;	/* monotonic */
	struct drain_tally	*tally;
	struct drain_notice	 notice;
	/* entries, when last looked at */
	int64_t			 seen_end;	/* of the state's file */
	int64_t			 due_ms;	/* the next one; Unix */
	size_t			 waiting_bytes;
	bool			 broken;	/* err is set: only wait */
	bool			 later;		/* 75 was said last */
	bool			 at_end;	/* nothing was left to pick */
	bool			 unsynced;
	int64_t			 synced_ms;	/* monotonic */
};

/* Unix time, in milliseconds. */
int64_t	drain_now_ms(const struct consumer_state *);
/* How long to wait after this many failures. */
int64_t	drain_back_off_ms(int64_t first_ms, int64_t tries);
/*
 * drain_pick.c.  Puts the next events into a job that does not run.  1: there
 * are some; 0: not now; -1: err.
 */
int	drain_pick(struct drainer *, struct drain_job **, struct err *);
/* drain_ends.c */
/* Nothing is started for a while, longer each time until something is done. */
void	drain_pause(struct drainer *);
/* Records how a job ended. */
bool	drain_job_ended(struct drainer *, struct drain_job *, int status,
	    struct err *);

#endif
