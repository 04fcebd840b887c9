/* SPDX-License-Identifier: ISC */
/*
 * Runs every scene of hand_scenes*.c in a process of its own, as many at once
 * as there are processors, and says in TAP what each thing that happened has
 * broken.
 *
 * SWEEP_THIN=N: walks one state of N.  SWEEP_FORK=1: a process for each copy.
 * An argument: only scenes whose name contains it.  To look at one failure:
 * SWEEP_CALL=N SWEEP_VERBOSE=1 hand_sweep "name of the scene".
 */
#include <config.h>

#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hand.h"

#define SCENES_MAX 64

static const char *const names[HAND_EVENTS] = {
	[HAND_NOTHING] = "with nothing happening",
	[HAND_KILL] = "killed at each call",
	[HAND_TORN] = "killed inside each write",
	[HAND_POWER] = "power loss after each call",
	[HAND_FAULT] = "each call fails with each error",
	[HAND_FAULT_CRASH] = "a call fails, then a kill or power loss",
	[HAND_INTRUDER] = "another program at each call",
};

static struct {
	const struct hand_scene	*scene;
	struct hand_tally	*tally;
	pid_t			 pid;
	int			 status;
} jobs[SCENES_MAX];
static int job_count;

static void
add_jobs(const struct hand_scene *s, const char *only)
{
	for (; s->name != NULL; s++)
		if ((only == NULL || strstr(s->name, only) != NULL) &&
		    job_count < SCENES_MAX) {
			jobs[job_count].scene = s;
			jobs[job_count++].tally = hand_tallies();
		}
}

static void
reap(void)
{
	int status;
	pid_t pid = wait(&status);

	for (int i = 0; i < job_count; i++)
		if (jobs[i].pid == pid)
			jobs[i].status = status;
}

static void
run_jobs(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int running = 0;

	for (int i = 0; i < job_count; i++) {
		if (running >= (processors < 2 ? 2 : processors)) {
			reap();
			running--;
		}
		fflush(stdout);
		jobs[i].pid = fork();
		if (jobs[i].pid < 0)
			abort();
		if (jobs[i].pid == 0) {
			hand_walk(jobs[i].scene, jobs[i].tally);
			_exit(0);
		}
		running++;
	}
	for (; running > 0; running--)
		reap();
}

static int
report(void)
{
	int point = 0, failed = 0;
	unsigned states = 0;

	for (int i = 0; i < job_count; i++)
		for (int h = 0; h < HAND_EVENTS; h++) {
			const struct hand_tally *t = &jobs[i].tally[h];
			bool bad = t->failures > 0 || (h == HAND_NOTHING &&
			    jobs[i].status != 0);

			if (t->states == 0 && h != HAND_NOTHING)
				continue;
			printf("%sok %d - %s: %s # %u states\n",
			    bad ? "not " : "", ++point, jobs[i].scene->name,
			    names[h], t->states);
			states += t->states;
			failed += bad;
			if (bad)
				printf("# %u failed, such as: %s\n",
				    t->failures, t->first);
		}
	printf("1..%d\n# walked %u states\n", point, states);
	return failed;
}

int
main(int argc, char **argv)
{
	const char *preload = getenv("LD_PRELOAD");

	/* copies of the world leave memory behind wherever they die */
	if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
		printf("1..0 # SKIP not under valgrind\n");
		return EXIT_SUCCESS;
	}
	sim_init();
	sim_mkdir(HOME);
	add_jobs(hand_scenes, argc < 2 ? NULL : argv[1]);
	if (posix_is_wrapped())
		add_jobs(hand_scenes_log, argc < 2 ? NULL : argv[1]);
	else
		printf("# no logs: this C library's calls are not replaced\n");
	run_jobs();
	return report() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
