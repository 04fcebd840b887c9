/* SPDX-License-Identifier: ISC */
/*
 * Keeps runs going until there is nothing left or a signal stops it.  The end
 * of a run is written to the state at once and synced soon: a kill repeats
 * nothing that has ended, and power loss only what ended just before it.
 */
#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fileops.h"
#include "cli/batch/drain_run.h"
#include "cli/batch/drain_stay.h"
#include "cli/host/stops.h"
#include "cli/term/progress.h"

#define SYNC_MS 200		/* power loss repeats this much at most */
#define TICK_MS 250		/* between looks at the store */

/*
 * Something is wrong on our side: running programs may end, and nothing is
 * started.  The first error counts.
 */
static void
give_up(struct drainer *d, const struct err *failed, struct err *err)
{
	if (!d->broken)
		*err = *failed;
	d->broken = true;
}

/* A stop signal to our whole group, or cgroup, is no fault of the run. */
static bool
was_stopped(int status)
{
	int signo = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return stops_count() > 0 &&
	    (signo == SIGTERM || signo == SIGINT || signo == SIGHUP);
}

static void
reap(struct drainer *d, struct err *err)
{
	struct err first = ERR_INIT;
	int status;

	stops_empty();
	for (int64_t i = 0; i < d->plan->jobs; i++) {
		struct drain_job *job = &d->jobs[i];

		if (job->child.pid == 0 ||
		    !child_reap(&job->child, job->timed_out, &status))
			continue;
		d->running--;
		d->unsynced = true;
		if (was_stopped(status))
			job->dropped = true;
		if (!drain_job_ended(d, job, status, &first)) {
			give_up(d, &first, err);
			drain_job_wipe(job);
		}
	}
	if (d->stay != NULL && !drain_stay_hear(d->stay, &first))
		give_up(d, &first, err);
}

/* Starts what may be started.  False if there was nothing. */
static bool
start(struct drainer *d, struct err *err)
{
	struct err first = ERR_INIT;
	struct drain_job *job;
	bool any = false;
	int rc;

	if (d->stay != NULL) {
		if (!drain_stay_start(d->stay, &any, &first))
			give_up(d, &first, err);
		return any;
	}
	while (d->running < d->plan->jobs && !d->broken &&
	    stops_count() == 0 && fileops_clock_ms() >= d->paused_to) {
		rc = drain_pick(d, &job, err);
		d->at_end = rc == 0;
		if (rc == 0)
			break;
		any = true;
		if (rc < 0 || !drain_job_start(job, d->plan,
		    fileops_clock_ms(), err)) {
			d->broken = true;
			break;
		}
		d->running++;
	}
	return any;
}

static bool
save(struct drainer *d, struct err *err)
{
	int64_t before = d->state->journal.end;

	d->source->tell(d->source->ctx);
	if (!state_write(d->state, err) ||
	    !state_pack(d->state, err))
		return false;
	if (d->state->journal.end != before)
		d->unsynced = true;
	return true;
}

/* At once if nothing runs, else a bit later, so that ends share a sync. */
static bool
sync_soon(struct drainer *d, struct err *err)
{
	int64_t now = fileops_clock_ms();

	if (!d->unsynced || (d->running > 0 && now < d->synced_ms + SYNC_MS))
		return true;
	/* after an error, too: not at once again */
	d->synced_ms = now;
	/* files that were moved first: the state only speaks of them */
	if (!d->source->sync(d->source->ctx, err) ||
	    !state_sync(d->state, err))
		return false;
	d->unsynced = false;
	return true;
}

/* Nothing runs, and nothing could be started. */
static bool
is_over(const struct drainer *d)
{
	if (d->broken || stops_count() > 0 || d->plan->once)
		return true;
	return !d->plan->follow && d->tally->waiting == 0 && d->held == 0 &&
	    d->jobs[d->plan->jobs - 1].events == NULL;
}

/*
 * Signals jobs past their timeout; a second stop signal terminates every job.
 */
static void
hurry(struct drainer *d)
{
	int64_t now = fileops_clock_ms();

	for (int64_t i = 0; i < d->plan->jobs; i++) {
		struct drain_job *job = &d->jobs[i];

		if (job->child.pid == 0)
			continue;
		if (stops_count() > 1 && !job->dropped) {
			job->dropped = true;
			drain_job_kill(job, now);
		} else if (job->kill_ms > 0 && now >= job->kill_ms) {
			job->timed_out = !job->dropped;
			drain_job_kill(job, now);
		}
	}
}

static int
wait_ms(const struct drainer *d)
{
	int64_t now = fileops_clock_ms(), until = now + TICK_MS, due;

	if (d->due_ms != INT64_MAX && d->running < d->plan->jobs &&
	    now >= d->paused_to && stops_count() == 0) {
		due = now + d->due_ms - drain_now_ms(d->state);
		if (due < until)
			until = due;
	}
	if (d->paused_to > now && d->paused_to < until)
		until = d->paused_to;
	if (d->unsynced && d->synced_ms + SYNC_MS < until)
		until = d->synced_ms + SYNC_MS;
	for (int64_t i = 0; i < d->plan->jobs; i++)
		if (d->jobs[i].child.pid != 0 && d->jobs[i].kill_ms > 0 &&
		    d->jobs[i].kill_ms < until)
			until = d->jobs[i].kill_ms;
	return until <= now ? 0 : (int)(until - now);
}

/* The children of the jobs, then the one of --on-set-aside. */
static struct child *
child_at(struct drainer *d, int64_t i)
{
	return i < d->plan->jobs ? &d->jobs[i].child : &d->notice.child;
}

/* Waits for a child's pipe, the end of one, or some time. */
static void
wait_a_moment(struct drainer *d, struct pollfd *fds)
{
	nfds_t count = 1;

	fds[0].fd = stops_fd();
	fds[0].events = POLLIN;
	/* a descriptor of -1 is passed over */
	for (int64_t i = 0; i <= d->plan->jobs; i++) {
		const struct child *child = child_at(d, i);

		fds[count].fd = child->pid == 0 ? -1 : child->in;
		fds[count++].events = POLLOUT;
		fds[count].fd = child->pid == 0 ? -1 : child->err;
		fds[count++].events = POLLIN;
	}
	if (d->stay != NULL)
		count += (nfds_t)drain_stay_fds(d->stay, fds + count);
	if (poll(fds, count, wait_ms(d)) <= 0)
		return;
	for (int64_t i = 0; i <= d->plan->jobs; i++) {
		struct child *child = child_at(d, i);

		if (fds[1 + 2 * i].fd != -1 && fds[1 + 2 * i].revents != 0)
			child_feed(child);
		if (fds[2 + 2 * i].fd != -1 && fds[2 + 2 * i].revents != 0)
			child_listen(child);
	}
}

static void
loop(struct drainer *d, struct pollfd *fds, struct err *err)
{
	for (;;) {
		struct err failed = ERR_INIT;
		bool started, telling;

		reap(d, err);
		/* ends are written before anything else is begun */
		if (!save(d, &failed) ||
		    (!d->broken && !state_refresh(d->state, &failed)))
			give_up(d, &failed, err);
		started = start(d, err);
		if (!sync_soon(d, &failed))
			give_up(d, &failed, err);
		telling = drain_notice_step(&d->notice);
		if (d->running == 0 && !telling &&
		    (d->broken || (!started && is_over(d))))
			break; /* and all is synced */
		progress_show("%" PRId64 " done, %" PRId64 " waiting, %"
		    PRId64 " set aside", d->tally->done, d->tally->waiting,
		    d->tally->set_aside);
		hurry(d);
		wait_a_moment(d, fds);
	}
	progress_clear();
}

/* The result, for the exit code. */
static bool
conclude(const struct drainer *d, struct err *err)
{
	if (d->broken)
		return false;
	if (d->tally->set_aside > 0)
		return err_set(err, OUTCOME_BAD_DATA, "%" PRId64 " event%s "
		    "set aside; see hookcask failed", d->tally->set_aside,
		    d->tally->set_aside == 1 ? " was" : "s were");
	if (stops_count() > 0 && !d->plan->follow && !d->at_end)
		return err_set(err, OUTCOME_TRY_AGAIN, "stopped before the "
		    "end; the next drain goes on there");
	if (stops_count() > 0 || (d->tally->waiting == 0 && !d->later))
		return true;
	/* print nothing: the program has already said why */
	err->kind = OUTCOME_TRY_AGAIN;
	return false;
}

bool
drain_run(const struct drain_plan *plan, struct drain_source *source,
    struct consumer_state *state, struct drain_tally *tally,
    struct err *err)
{
	struct drainer d = { .plan = plan, .source = source, .state = state,
		.tally = tally, .seen_end = -1, .due_ms = INT64_MAX };
	struct pollfd *fds;
	bool ok;

	d.jobs = calloc((size_t)plan->jobs, sizeof(*d.jobs));
	fds = calloc((size_t)plan->jobs * 2 + 3 + ENGINE_FDS, sizeof(*fds));
	if (d.jobs == NULL || fds == NULL || (plan->engine != NULL &&
	    (d.stay = drain_stay_make(&d)) == NULL)) {
		free(d.jobs);
		free(fds);
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	}
	drain_notice_init(&d.notice, plan, state);
	/* they are of what it was handed to before */
	if (plan->engine == NULL && state->mark_count > 0)
		state_keep_marks(state, 0);
	loop(&d, fds, err);
	if (d.stay != NULL)
		drain_stay_end(d.stay);
	source->synced = !d.broken && !d.unsynced;
	ok = conclude(&d, err);
	for (int64_t i = 0; i < plan->jobs; i++)
		drain_job_wipe(&d.jobs[i]);
	free(d.jobs);
	free(fds);
	return ok;
}
