/* SPDX-License-Identifier: ISC */
/*
 * The interleavings that a store must be safe against, each by its name.  The
 * sweep meets most of them by chance; the scenes of meet_*.c meet them for
 * sure.
 */
#ifndef TESTS_MEET_H
#define TESTS_MEET_H

#include "sweep.h"

/* At the n-th call of a kind that the actor makes, before it is made. */
struct meet_plan {
	enum sim_op	 op;
	bool		 sqlite;
	int		 left;
	struct sim_answer answer;	/* how the call ends */
	void		(*act)(void);	/* or NULL */
	bool		 met;
	enum sim_op	 then;		/* fails from then on, */
	int		 then_error;	/* with this; 0: none does */
};
extern struct meet_plan meet_plan;

/* Makes the plan; n counts from 1, from now on. */
void	meet_at(enum sim_op, bool sqlite, int n);
/* The call was made; nothing happens after it. */
void	meet_expect(void);
/* What follows: a new process, the sender repeats all, and a power loss. */
void	meet_settle(void);
/* To be met: the actor is gone at this call, and others come. */
void	meet_die(void);
/* The store holds one event before the scene. */
void	meet_prepare(void);

#endif
