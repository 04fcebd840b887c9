/* SPDX-License-Identifier: ISC */
/*
 * Hands events to an engine: many lines at a time, each with an answer of its
 * own.  drain_run.c calls it where it would start and end programs.
 */
#ifndef CLI_BATCH_DRAIN_STAY_H
#define CLI_BATCH_DRAIN_STAY_H

#include "cli/batch/drain_run.h"

/*
 * NULL without memory.  The second of two jobs has the events in hand, the
 * first one the event that was picked.
 */
struct drain_stay *drain_stay_make(struct drainer *);
/* Takes what was answered; false: nothing more may be started. */
bool	drain_stay_hear(struct drain_stay *, struct err *);
/* Connects, or hands over; *any: was there something to do? */
bool	drain_stay_start(struct drain_stay *, bool *any, struct err *);
/* What poll(2) should look at. */
int	drain_stay_fds(struct drain_stay *, struct pollfd fds[ENGINE_FDS]);
/* Lets it end. */
void	drain_stay_end(struct drain_stay *);

#endif
