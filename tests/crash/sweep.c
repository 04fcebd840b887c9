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

#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep.h"

#define SCENES_MAX 128

static const char *const names[HAPPENINGS] = {
	[KILL] = "killed at each call",
	[TORN] = "killed inside each write",
	[POWER] = "power loss after each call",
	[FAULT] = "each call fails with each error",
	[FAULT_CRASH] = "a call fails, then a kill or power loss",
	[WRITTEN_BACK] = "some is written back, then a power loss",
	[SECOND] = "the same while it recovers",
	[INTRUDER] = "another process at each call",
};

struct job {
	const struct scene *scene;
	void (*run)(const struct scene *, struct tally *);
	struct tally *tally;
	pid_t pid;
	int status;
	bool started;
	bool cut_short;			/* another one failed first */
};

static struct job jobs[SCENES_MAX];
static int job_count;
static bool stopped;

/* What the arguments leave of the scenes. */
static const char *only;
static bool no_log, no_spool;

static void
add_jobs(const struct scene *s,
    void (*run)(const struct scene *, struct tally *))
{
	for (; s->name != NULL; s++)
		if ((only == NULL || strstr(s->name, only) != NULL) &&
		    !(s->log == NULL ? no_spool : no_log) &&
		    job_count < SCENES_MAX) {
			jobs[job_count].scene = s;
			jobs[job_count].run = run;
			jobs[job_count++].tally = walk_tallies();
		}
}

static void
reap(void)
{
	int status;
	pid_t pid = wait(&status);

	for (int i = 0; i < job_count; i++)
		if (jobs[i].pid == pid) {
			jobs[i].pid = 0;
			jobs[i].status = status;
			stopped = stopped || (stop_at_first && status != 0);
		}
	for (int i = 0; stopped && i < job_count; i++)
		if (jobs[i].pid > 0 && !jobs[i].cut_short) {
			jobs[i].cut_short = true;
			kill(jobs[i].pid, SIGKILL);
		}
}

static void
run_jobs(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int running = 0;

	for (int i = 0; i < job_count && !stopped; i++) {
		if (running >= (processors < 2 ? 2 : processors)) {
			reap();
			running--;
		}
		fflush(stdout);
		jobs[i].pid = fork();
		if (jobs[i].pid < 0)
			abort();
		if (jobs[i].pid == 0) {
			jobs[i].run(jobs[i].scene, jobs[i].tally);
			_exit(0);
		}
		jobs[i].started = true;
		running++;
	}
	for (; running > 0; running--)
		reap();
}

static int
report(void)
{
	int point = 0, failed = 0;
	unsigned states = 0, met = 0;

	for (int i = 0; i < job_count; i++) {
		if (jobs[i].cut_short || !jobs[i].started)
			continue;
		for (int h = 0; h < HAPPENINGS; h++) {
			const struct tally *t = &jobs[i].tally[h];

			if (t->states == 0)
				continue;
			printf("%sok %d - %s: %s # %u",
			    t->failures > 0 ? "not " : "", ++point,
			    jobs[i].scene->name, names[h], t->states);
			if (t->met > t->states)
				printf(" of %u", t->met);
			printf(" states\n");
			states += t->states;
			met += t->met;
			if (t->failures == 0)
				continue;
			failed++;
			printf("# %u failed, such as: %s\n", t->failures,
			    t->first);
		}
		printf("%sok %d - %s%s\n", jobs[i].status != 0 ? "not " : "",
		    ++point, jobs[i].scene->name, jobs[i].run == walk ?
		    ": with nothing happening" : "");
		if (jobs[i].status != 0) {
			failed++;
			printf("# status %x: %s\n", jobs[i].status,
			    jobs[i].tally[FAULT].first);
		}
	}
	printf("1..%d\n", point);
	printf("# walked %u of %u states that were met\n", states, met);
	return failed;
}

int
main(int argc, char **argv)
{
	const char *want = getenv("HOOKCASK_LONG");
	const char *preload = getenv("LD_PRELOAD");

	/* copies of the world leave memory behind wherever they die */
	if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
		printf("1..0 # SKIP not under valgrind\n");
		return EXIT_SUCCESS;
	}

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
	add_jobs(meet_fail_scenes, walk_named);
	add_jobs(meet_kill_scenes, walk_named);
	add_jobs(meet_index_scenes, walk_named);
	add_jobs(meet_names_scenes, walk_named);
	add_jobs(meet_others_scenes, walk_named);
	add_jobs(log_scenes, walk);
	add_jobs(spool_scenes, walk);
	add_jobs(offers_scenes, walk);
	run_jobs();
	return report() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
