/* SPDX-License-Identifier: ISC */
/* Gives one event to one program, as drain does, and waits for its end. */
#include <config.h>

#include <poll.h>

#include "base/fileops.h"
#include "cli/batch/drain_job.h"
#include "cli/batch/replay.h"
#include "cli/host/stops.h"
#include "cli/term/say.h"

/* Waits for signals, its pipes, or the time to end it. */
static void
wait_for(struct drain_job *job)
{
	struct pollfd fds[3] = {
		{ stops_fd(), POLLIN, 0 },
		{ job->child.in, POLLOUT, 0 },
		{ job->child.err, POLLIN, 0 },
	};
	int64_t left = -1;

	if (job->kill_ms > 0) {
		left = job->kill_ms - fileops_clock_ms();
		if (left < 0)
			left = 0;
	}
	if (poll(fds, 3, (int)left) <= 0)
		return;
	stops_empty();
	if (fds[1].revents != 0)
		child_feed(&job->child);
	if (fds[2].revents != 0)
		child_listen(&job->child);
}

static enum replay_end
end_of(const struct drain_job *job, int status, struct err *err)
{
	const char *id = job->events->view.id;
	char reason[24];

	switch (drain_job_result(job, status, reason)) {
	case JOB_DONE:
		return REPLAY_DONE;
	case JOB_LATER:
		err_set(err, OUTCOME_TRY_AGAIN, "%s: its program wants it "
		    "later (75)", id);
		return REPLAY_LATER;
	case JOB_DROPPED:
		err_set(err, OUTCOME_TRY_AGAIN, "%s: was stopped", id);
		return REPLAY_LATER;
	case JOB_WRONG:
	case JOB_FAILED:
		break;
	}
	say("%s: failed (%s)", id, reason);
	return REPLAY_FAILED;
}

enum replay_end
replay_run(const struct drain_plan *plan, const struct drain_event *given,
    struct err *err)
{
	struct drain_job job = { .count = 1 };
	enum replay_end end;
	int status;

	job.events = drain_event_make(given->line, given->len);
	if (job.events == NULL) {
		err_set(err, OUTCOME_NO_MEMORY, "no memory");
		return REPLAY_ERROR;
	}
	if (!drain_job_start(&job, plan, fileops_clock_ms(), err)) {
		drain_job_wipe(&job);
		return REPLAY_ERROR;
	}
	while (!child_reap(&job.child, job.timed_out, &status)) {
		wait_for(&job);
		/* the first signal waits for it, the second ends it */
		if (stops_count() > 1 && !job.dropped) {
			job.dropped = true;
			drain_job_kill(&job, fileops_clock_ms());
		} else if (job.kill_ms > 0 &&
		    fileops_clock_ms() >= job.kill_ms) {
			job.timed_out = !job.dropped;
			drain_job_kill(&job, fileops_clock_ms());
		}
	}
	end = end_of(&job, status, err);
	drain_job_wipe(&job);
	return end;
}
