/* SPDX-License-Identifier: ISC */
/*
 * What both sweeps share: copies of the world that are counted, what led to
 * them in words, and how a copy says that something is broken.
 */
#ifndef TESTS_WALKER_H
#define TESTS_WALKER_H

#include "sim.h"

/* What may happen at a call; each is one TAP point of a scene. */
enum happening {
	NOTHING,	/* the scene by itself */
	KILL,		/* the process dies */
	TORN,		/* the same in the middle of a write */
	POWER,		/* power loss: what was not synced may go */
	FAULT,		/* the call fails once, or from now on */
	FAULT_CRASH,	/* the same, then kill or power loss */
	WRITTEN_BACK,	/* some of the cache is, by itself; then a crash */
	SECOND,		/* a second one while the store recovers */
	INTRUDER,	/* another process does something */
	HAPPENINGS
};

struct tally {
	unsigned	 states, failures;
	unsigned	 met;		/* states, with those not walked */
	char		 first[2048];
};

extern bool stop_at_first;	/* a scene ends with its first failure */
extern enum happening kind;	/* what this copy of the world is about */
extern unsigned calls;		/* of the scene, or of what followed */

/* [HAPPENINGS], shared by processes. */
struct tally	*walker_tallies(void);
/*
 * Before the first copy.  One of thin states is walked, or of SWEEP_THIN.
 * Also reads SWEEP_CALL.
 */
void	walker_begin(struct tally *, unsigned thin);
/* Is this call one that SWEEP_CALL wants? */
bool	walker_wants(unsigned call);
/* True in a new copy of the world; false in the one that goes on. */
bool	walker_copy(enum happening);

/* -- how it came to this copy -- */
void	trail_set(const char *fmt, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
void	trail_add(const char *fmt, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
/* What is added from here on is taken back by trail_cut(). */
size_t	trail_end(void);
void	trail_cut(size_t end);
/* "call 7 (rename tail)", until it is called again. */
const char *call_words(const struct sim_call *);

/* Ends this copy of the world with a message. */
void	violate(const char *fmt, ...)
	    __attribute__((__noreturn__, __format__(__printf__, 1, 2)));
/* A number that depends on both. */
uint64_t mix(uint64_t, uint64_t);

#endif
