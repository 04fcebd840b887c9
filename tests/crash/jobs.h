/* SPDX-License-Identifier: ISC */
/* Runs scenes, each in a process of its own, and reports them in TAP. */
#ifndef TESTS_JOBS_H
#define TESTS_JOBS_H

#include "walker.h"

/*
 * scene is handed to run, which does not return if all is well.  alone: what
 * the point is called that tells how the scene itself ended.
 */
void	jobs_add(const char *name, const char *alone,
	    void (*run)(const void *scene, struct tally *), const void *scene);
/* As many at once as there are processors. */
void	jobs_run(void);
/* The number of points that failed. */
int	jobs_report(void);
/* Under valgrind no world can be copied: says so in TAP. */
bool	jobs_must_skip(void);

#endif
