/* SPDX-License-Identifier: ISC */
/*
 * What the end of a run means for its events.
 *
 *   ended with         its events
 *   0                  are finished
 *   75                 keep their place; nothing is started for a while
 *   anything else      wait, longer each time; after the last try they are
 *                      set aside
 *   a wrong URL        keep their place, and all stops
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
	for (struct drain_event *e = job->events; e != NULL; e = e->next) {
		if (!d->source->done(d->source->ctx, e, err))
			return false;
		if (d->plan->json)
			drain_json_end(e, "done", e->tries + 1, NULL);
	}
	d->tally->done += job->count;
	if (job->forward != NULL)
		job->forward->refused = 0;
	d->pause_ms = 0;
	d->later = false;
	return true;
}

void
drain_pause(struct drainer *d)
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
	bool hopeless = false;

	for (struct drain_event *e = job->events; e != NULL; e = e->next) {
		memset(&try, 0, sizeof(try));
		try.tries = e->tries + 1;
		try.failed = try.tries >= d->plan->tries;
		try.tried_ms = drain_now_ms(d->state);
		if (!try.failed)
			try.when_ms = try.tried_ms + drain_back_off_ms(
			    d->plan->delay_ms, try.tries);
		snprintf(try.reason, sizeof(try.reason), "%s", reason);
		if (d->plan->json)
			drain_json_end(e, try.failed ? "set-aside" : "failed",
			    try.tries, reason);
		try.said = span_make(job->child.said, job->child.said_len);
		if (!d->source->failed(d->source->ctx, e, &try, err))
			return false;
		/* its later tries say nothing about others */
		if (job->forward != NULL && try.tries == 1)
			hopeless = !forward_refused(job->forward, err);
		if (try.failed) {
			d->tally->set_aside++;
			drain_notice_add(&d->notice, e, reason);
			say("%s: set aside after %lld %s (%s); see "
			    "hookcask failed", e->view.id,
			    (long long)try.tries, try.tries == 1 ? "try" :
			    "tries", reason);
		} else {
			d->tally->tried_again++;
		}
	}
	return !hopeless;
}

/* The length of its last words, without the line's end. */
static size_t
words(const struct child *child)
{
	size_t len = child->said_len;

	while (len > 0 && child->said[len - 1] == '\n')
		len--;
	return len;
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
		drain_pause(d);
		d->held++;
		if (d->plan->json)
			drain_json_end(job->events, "later",
			    job->events->tries, NULL);
		return true;
	case JOB_FAILED:
		ok = put_off(d, job, reason, err);
		break;
	case JOB_WRONG:
		return err_set(err, OUTCOME_UNAVAILABLE, "--to: %.*s; all "
		    "events keep their places", (int)words(&job->child),
		    job->child.said);
	case JOB_DROPPED:
		break;
	}
	drain_job_wipe(job);
	return ok;
}
