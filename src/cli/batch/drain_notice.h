/* SPDX-License-Identifier: ISC */
/* The command of --on-set-aside: tells a person, at most once an interval. */
#ifndef CLI_BATCH_DRAIN_NOTICE_H
#define CLI_BATCH_DRAIN_NOTICE_H

#include "cli/batch/drain.h"
#include "cli/host/child.h"

struct drain_notice {
	const struct drain_plan	*plan;
	const struct consumer_state *state;
	struct child		 child;		/* pid 0: not running */
	int64_t			 told_ms;	/* Unix; 0: never */
	int64_t			 pending;	/* set aside since then */
	int64_t			 seen_end;	/* of the state, when counted */
	int64_t			 kill_ms;	/* monotonic */
	char			 list[4096];	/* of the events, as text */
	size_t			 list_len;
	char			 input[4608];	/* of the command */
};

void	drain_notice_init(struct drain_notice *, const struct drain_plan *,
	    const struct consumer_state *);
/* Adds this event to the text that the command gets. */
void	drain_notice_add(struct drain_notice *, const struct drain_event *,
	    const char *reason);
/* Starts the command if it is time, and notices its end.  Is it running? */
bool	drain_notice_step(struct drain_notice *);

#endif
