/* SPDX-License-Identifier: ISC */
/*
 * What the end of a run means for its events.
 *
 *   ended with         its events
 *   0                  are finished
 *   75                 keep their place; nothing is started for a while
 *   anything else      wait, longer each time; after the last try they are
 *                      set aside
 *   our own end        are handed over again by the next drain
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/fileops.h"
#include "base/span.h"
#include "cli/batch/drain_run.h"
#include "cli/term/say.h"

int64_t
drain_now_ms(const struct consumer_state *state)
{
	const struct fileops *ops = state->journal.ops;

	return ops->now_us(ops->ctx) / 1000;
}

int64_t
drain_back_off_ms(int64_t first_ms, int64_t tries)
{
	int64_t ms = first_ms;

	while (--tries > 0 && ms < BACK_OFF_MAX_MS)
		ms *= 2;
	return ms < BACK_OFF_MAX_MS ? ms : BACK_OFF_MAX_MS;
}

static bool
finish(struct drainer *d, struct drain_job *job, struct err *err)
{
	for (struct drain_event *e = job->events; e != NULL; e = e->next)
		if (!d->source->done(d->source->ctx, e, err))
			return false;
	d->done += job->count;
	d->pause_ms = 0;
	d->later = false;
	return true;
}

static void
pause_all(struct drainer *d)
{
	/* programs that ran with the first one have the same problem */
	d->later = true;
	if (fileops_clock_ms() < d->paused_to)
		return;
	d->pause_ms = d->pause_ms == 0 ?
	    drain_back_off_ms(d->plan->delay_ms, 1) :
	    drain_back_off_ms(d->pause_ms, 2);
	d->paused_to = fileops_clock_ms() + d->pause_ms;
}

static bool
put_off(struct drainer *d, struct drain_job *job, const char *reason,
    struct err *err)
{
	struct state_try try;

	for (struct drain_event *e = job->events; e != NULL; e = e->next) {
		memset(&try, 0, sizeof(try));
		try.tries = e->tries + 1;
		try.failed = try.tries >= d->plan->tries;
		try.tried_ms = drain_now_ms(d->state);
		if (!try.failed)
			try.when_ms = try.tried_ms + drain_back_off_ms(
			    d->plan->delay_ms, try.tries);
		snprintf(try.reason, sizeof(try.reason), "%s", reason);
		try.said = span_make(job->child.said, job->child.said_len);
		if (!d->source->failed(d->source->ctx, e, &try, err))
			return false;
		if (try.failed) {
			d->set_aside++;
			say("%s: set aside after %lld %s (%s); see "
			    "hookcask failed", e->view.id,
			    (long long)try.tries, try.tries == 1 ? "try" :
			    "tries", reason);
		} else {
			d->tried_again++;
		}
	}
	return true;
}

bool
drain_job_ended(struct drainer *d, struct drain_job *job, int status,
    struct err *err)
{
	char reason[24];
	bool ok = true;

	switch (drain_job_result(job, status, reason)) {
	case JOB_DONE:
		ok = finish(d, job, err);
		break;
	case JOB_LATER:
		pause_all(d);
		d->held++;
		return true;
	case JOB_FAILED:
		ok = put_off(d, job, reason, err);
		break;
	case JOB_DROPPED:
		break;
	}
	drain_job_wipe(job);
	return ok;
}
