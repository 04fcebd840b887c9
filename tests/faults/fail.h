/* SPDX-License-Identifier: ISC */
/*
 * Calls that fail when they are told to: the linker gives the program's own
 * calls of libc, libpthread and SQLite to fail.c (--wrap).
 */
#ifndef TESTS_FAIL_H
#define TESTS_FAIL_H

#include <stdbool.h>

struct fail_plan {
	unsigned	 at;		/* the call that fails; from 1 */
	bool		 stays;		/* and all after it */
	const char	*only;		/* calls of this name; NULL: all */
};

/* From now on calls are counted; one fails. */
void	fail_arm(const struct fail_plan *);
/* No more; was it reached?  *name: which one it was. */
bool	fail_disarm(const char **name);
/* Moves the monotonic clock of fileops_clock_ms() on. */
void	fail_wait(unsigned milliseconds);

#endif
