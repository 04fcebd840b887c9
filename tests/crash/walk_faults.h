/* SPDX-License-Identifier: ISC */
/* How each call can fail. */
#ifndef TESTS_WALK_FAULTS_H
#define TESTS_WALK_FAULTS_H

#include "sim.h"

struct fault {
	const char	*name;		/* NULL: the end of the table */
	unsigned	 ops;		/* bits of enum sim_op */
	int		 error;
	bool		 cut;		/* half of it is done */
	bool		 to_nothing;	/* cut to 0 bytes */
	bool		 stays;		/* from this call on */
	bool		 crash;		/* also crashes after it are walked */
	bool		 rare;		/* sampled */
	unsigned	 survive;	/* of a sync: see sim_fail_sync() */
};

extern const struct fault faults[];

bool	fault_concerns(const struct fault *, const struct sim_call *);
struct sim_answer fault_answer(const struct fault *, const struct sim_call *);

#endif
