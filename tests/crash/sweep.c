/* SPDX-License-Identifier: ISC */
/*
 * Run every scene in a process of its own, as many at once as there
 * are processors, and say in TAP what each thing that happened has broken.
 *
 * --long, or HOOKCASK_LONG=1: walks much more.  SWEEP_THIN=N: walks one state
 * of N, as builds do where a copy of the world costs more (walk.c); the last
 * line says how many.  SWEEP_FORK=1: a process for each copy.  --stop: ends
 * with the first failure.  --log, --spool: only scenes of that store.  Any
 * other argument: only scenes whose name contains it.  To look at one failure:
 * SWEEP_CALL=N SWEEP_VERBOSE=1 sweep "name of the scene".
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "sweep.h"

#define ALONE ": with nothing happening"

/* What the arguments leave of the scenes. */
static const char *only;
static bool no_log, no_spool;

static void
add_scenes(const struct scene *s, const char *alone,
    void (*run)(const void *, struct tally *))
{
	for (; s->name != NULL; s++)
		if ((only == NULL || strstr(s->name, only) != NULL) &&
		    !(s->log == NULL ? no_spool : no_log))
			jobs_add(s->name, alone, run, s);
}

int
main(int argc, char **argv)
{
	const char *want = getenv("HOOKCASK_LONG");

	if (jobs_must_skip())
		return EXIT_SUCCESS;
	if (want != NULL && want[0] == '1')
		effort = 8;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--long") == 0)
			effort = 8;
		else if (strcmp(argv[i], "--stop") == 0)
			stop_at_first = true;
		else if (strcmp(argv[i], "--log") == 0)
			no_spool = true;
		else if (strcmp(argv[i], "--spool") == 0)
			no_log = true;
		else
			only = argv[i];
	}
	add_scenes(meet_fail_scenes, "", walk_named);
	add_scenes(meet_kill_scenes, "", walk_named);
	add_scenes(meet_index_scenes, "", walk_named);
	add_scenes(meet_names_scenes, "", walk_named);
	add_scenes(meet_others_scenes, "", walk_named);
	add_scenes(log_scenes, ALONE, walk);
	add_scenes(spool_scenes, ALONE, walk);
	add_scenes(offers_scenes, ALONE, walk);
	jobs_run();
	return jobs_report() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
