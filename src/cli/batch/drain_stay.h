/* SPDX-License-Identifier: ISC */
/*
 * Hands events to an engine: many lines at a time, each with an answer of its
 * own.  drain_run.c calls it where it would start and end programs.
 */
#ifndef CLI_BATCH_DRAIN_STAY_H
#define CLI_BATCH_DRAIN_STAY_H

#include "cli/batch/drain_run.h"

struct drain_stay {
	struct drainer		*d;
	const struct engine	*engine;
	struct drain_job	*hand;		/* its events: in hand */
	int64_t			 unsent;	/* of them; others wait */
	size_t			 bytes;		/* of those that were sent */
	int64_t			 sent;		/* lines since connect */
	bool			 connected;
	bool			 ready;		/* it said where to go on */
	bool			 over;		/* to be closed; why */
	struct err		 why;
	bool			 full;		/* until half is answered */
	bool			 heard;		/* an answer since connect */
	int64_t			 heard_ms;	/* it was not silent then */
	int64_t			 strikes;	/* connections without one */
	char			 token[STATE_TOKEN_MAX + 1];
};

/* -- drain_stay.c -- */
/* Takes what was answered; false: nothing more may be started. */
bool	drain_stay_hear(struct drain_stay *, struct err *);
/* Connects, or hands over; *any: was there something to do? */
bool	drain_stay_start(struct drain_stay *, bool *any, struct err *);
/* What poll(2) should look at. */
int	drain_stay_fds(struct drain_stay *, struct pollfd fds[ENGINE_FDS]);

/* -- drain_stay_link.c -- */
/*
 * NULL without memory.  The second of two jobs has the events in hand, the
 * first one the event that was picked.
 */
struct drain_stay *drain_stay_make(struct drainer *);
/* Lets it end. */
void	drain_stay_end(struct drain_stay *);
bool	drain_stay_connect(struct drain_stay *, struct err *);
/* What was not answered is handed over to the next connection. */
bool	drain_stay_close(struct drain_stay *, struct err *);
/* The lines that were handed over and not answered. */
int64_t	drain_stay_waiting(const struct drain_stay *);
/* None of the events in hand was handed over on this connection. */
void	drain_stay_forget(struct drain_stay *);

#endif
