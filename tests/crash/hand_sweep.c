/* SPDX-License-Identifier: ISC */
/*
 * Runs every scene of hand_scenes*.c in a process of its own, as many at once
 * as there are processors, and says in TAP what each thing that happened has
 * broken.
 *
 * --stop: ends with the first failure.  SWEEP_THIN=N: walks one state of N.
 * SWEEP_FORK=1: a process for each copy.  Any other argument: only scenes whose
 * name contains it.  To look at one failure: SWEEP_CALL=N SWEEP_VERBOSE=1
 * hand_sweep "name of the scene".
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hand.h"
#include "jobs.h"

static void
add_scenes(const struct hand_scene *s, const char *only)
{
	for (; s->name != NULL; s++)
		if (only == NULL || strstr(s->name, only) != NULL)
			jobs_add(s->name, ": with nothing happening",
			    hand_walk, s);
}

int
main(int argc, char **argv)
{
	const char *only = NULL;

	if (jobs_must_skip())
		return EXIT_SUCCESS;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--stop") == 0)
			stop_at_first = true;
		else
			only = argv[i];
	}
	sim_init();
	sim_mkdir(HOME);
	add_scenes(hand_scenes, only);
	if (posix_is_wrapped())
		add_scenes(hand_scenes_log, only);
	else
		printf("# no logs: this C library's calls are not replaced\n");
	jobs_run();
	return jobs_report() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
