/* SPDX-License-Identifier: ISC */
/*
 * Chooses the next events to run: those that said "later", then those that have
 * waited long enough after a failure, then new ones; each oldest first.
 */
#include <config.h>

#include <stdlib.h>

#include "cli/batch/drain_run.h"

static struct drain_job *
free_job(struct drainer *d)
{
	for (int64_t i = 0; i < d->plan->jobs; i++)
		if (d->jobs[i].events == NULL)
			return &d->jobs[i];
	return NULL;
}

/* A job that said 75 keeps its events, and is the first to run again. */
static struct drain_job *
held_job(struct drainer *d)
{
	for (int64_t i = 0; d->held > 0 && i < d->plan->jobs; i++)
		if (d->jobs[i].events != NULL && d->jobs[i].child.pid == 0) {
			d->held--;
			return &d->jobs[i];
		}
	return NULL;
}

static bool
is_in_hand(const struct drainer *d, uint64_t seq)
{
	for (int64_t i = 0; i < d->plan->jobs; i++)
		for (const struct drain_event *e = d->jobs[i].events;
		    e != NULL; e = e->next)
			if (e->seq == seq)
				return true;
	return false;
}

/* The oldest entry whose time has come, or NULL. */
static const struct state_entry *
due_entry(struct drainer *d)
{
	int64_t now = drain_now_ms(d->state), due;

	if (d->seen_end == d->state->journal.end && now < d->due_ms)
		return NULL;
	d->due_ms = INT64_MAX;
	d->tally->waiting = 0;
	d->waiting_bytes = 0;
	for (size_t i = 0; i < d->state->entry_count; i++) {
		const struct state_entry *e = &d->state->entries[i];

		if (e->failed || is_in_hand(d, e->seq))
			continue;
		d->tally->waiting++;
		d->waiting_bytes += e->text_len;
		/* no longer than this, whatever the clock does */
		due = e->when_ms - now > BACK_OFF_MAX_MS ? now : e->when_ms;
		if (due <= now) {
			d->seen_end = -1;
			return e;
		}
		if (due < d->due_ms)
			d->due_ms = due;
	}
	d->seen_end = d->state->journal.end;
	return NULL;
}

/* Returns 1, 0 or -1, as drain_pick(). */
static int
take_due(struct drainer *d, struct drain_job *job, struct err *err)
{
	const struct state_entry *e;

	while ((e = due_entry(d)) != NULL) {
		/* alone, so that one bad event does not delay others */
		if (!d->source->load(d->source->ctx, e, &job->events, err))
			return -1;
		if (job->events != NULL) {
			job->count = 1;
			return 1;
		}
		/* it is gone: drop it */
		if (!state_write(d->state, err))
			return -1;
	}
	return 0;
}

static int
take_new(struct drainer *d, struct drain_job *job, struct err *err)
{
	struct drain_event **end = &job->events;
	size_t bytes = 0;
	int rc = 0;

	/* a consumer that fails every time must not fill the state */
	if (d->tally->waiting >= WAITING_MAX ||
	    d->waiting_bytes >= WAITING_BYTES_MAX)
		return 0;
	while (job->count < d->plan->batch && bytes < JOB_BYTES_MAX) {
		rc = d->source->next(d->source->ctx, end, err);
		if (rc <= 0)
			break;
		bytes += (*end)->len + 1;
		end = &(*end)->next;
		job->count++;
	}
	if (rc < 0)
		return -1;
	return job->count > 0;
}

int
drain_pick(struct drainer *d, struct drain_job **result, struct err *err)
{
	struct drain_job *job = held_job(d);
	int rc;

	*result = job;
	if (job != NULL)
		return 1;
	job = *result = free_job(d);
	if (job == NULL)
		return 0;
	rc = take_due(d, job, err);
	if (rc == 0)
		rc = take_new(d, job, err);
	if (rc < 0)
		drain_job_wipe(job);
	return rc;
}
