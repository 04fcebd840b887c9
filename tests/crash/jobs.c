/* SPDX-License-Identifier: ISC */
/* Runs scenes and says in TAP what each thing that happened has broken. */
#include <config.h>

#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"

#define JOBS_MAX 128

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

static struct job {
	const char	*name, *alone;
	void		(*run)(const void *scene, struct tally *);
	const void	*scene;
	struct tally	*tally;
	pid_t		 pid;
	int		 status;
	bool		 started;
	bool		 cut_short;	/* another one failed first */
} jobs[JOBS_MAX];
static int job_count;
static bool stopped;

bool
jobs_must_skip(void)
{
	const char *preload = getenv("LD_PRELOAD");

	/* copies of the world leave memory behind wherever they die */
	if (preload == NULL || strstr(preload, "vgpreload") == NULL)
		return false;
	printf("1..0 # SKIP not under valgrind\n");
	return true;
}

void
jobs_add(const char *name, const char *alone,
    void (*run)(const void *scene, struct tally *), const void *scene)
{
	struct job *job = &jobs[job_count++];

	if (job_count > JOBS_MAX)
		abort();
	job->name = name;
	job->alone = alone;
	job->run = run;
	job->scene = scene;
	job->tally = walker_tallies();
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

void
jobs_run(void)
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

static bool
report_point(const struct job *job, enum happening h, int point)
{
	const struct tally *t = &job->tally[h];

	printf("%sok %d - %s: %s # %u", t->failures > 0 ? "not " : "", point,
	    job->name, names[h], t->states);
	if (t->met > t->states)
		printf(" of %u", t->met);
	printf(" states\n");
	if (t->failures > 0)
		printf("# %u failed, such as: %s\n", t->failures, t->first);
	return t->failures == 0;
}

int
jobs_report(void)
{
	int point = 0, failed = 0;
	unsigned states = 0, met = 0;

	for (int i = 0; i < job_count; i++) {
		const struct job *job = &jobs[i];

		if (job->cut_short || !job->started)
			continue;
		for (enum happening h = KILL; h < HAPPENINGS; h++) {
			if (job->tally[h].states == 0)
				continue;
			if (!report_point(job, h, ++point))
				failed++;
			states += job->tally[h].states;
			met += job->tally[h].met;
		}
		printf("%sok %d - %s%s\n", job->status != 0 ? "not " : "",
		    ++point, job->name, job->alone);
		if (job->status != 0) {
			failed++;
			printf("# status %x: %s\n", job->status,
			    job->tally[NOTHING].first);
		}
	}
	printf("1..%d\n", point);
	printf("# walked %u of %u states that were met\n", states, met);
	return failed;
}
