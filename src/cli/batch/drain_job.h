/* SPDX-License-Identifier: ISC */
/* One run of the program: some events, and a child that gets them. */
#ifndef CLI_BATCH_DRAIN_JOB_H
#define CLI_BATCH_DRAIN_JOB_H

#include "cli/batch/drain.h"
#include "cli/host/child.h"

#define JOB_BYTES_MAX	((size_t)40 << 20)	/* of a batch */

struct drain_job {
	struct child		 child;		/* pid 0: not running */
	struct drain_event	*events;	/* owned */
	struct forward		*forward;	/* as in the plan */
	int64_t			 count;
	char			*input;		/* owned */
	int64_t			 kill_ms;	/* next signal; 0: none */
	bool			 warned;	/* SIGTERM was sent */
	bool			 timed_out;
	bool			 dropped;	/* stopped because we stop */
	const char		*failed_as;	/* a reason, or NULL */
};

enum job_result {
	JOB_DONE,
	JOB_LATER,		/* 75, EX_TEMPFAIL */
	JOB_FAILED,
	JOB_WRONG,		/* the URL: no event's fault */
	JOB_DROPPED		/* counts for nothing */
};

/* Starts a run for its events. */
bool	drain_job_start(struct drain_job *, const struct drain_plan *,
	    int64_t now_ms, struct err *);
/* At kill_ms, or to stop it sooner: SIGTERM, the second time SIGKILL. */
void	drain_job_kill(struct drain_job *, int64_t now_ms);
/* How it ended; reason as in struct state_try. */
enum job_result drain_job_result(const struct drain_job *, int status,
	    char reason[24]);
/*
 * drain_post.c.  Posts the event of a job, in a process of its own; 0, 65
 * (refused), 75 or 78 (JOB_WRONG), which has printed why.
 */
int	drain_post(void *job);
/* Frees events and input. */
void	drain_job_wipe(struct drain_job *);

#endif
