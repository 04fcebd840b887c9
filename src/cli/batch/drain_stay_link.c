/* SPDX-License-Identifier: ISC */
/*
 * Opens and closes the connection to an engine.  That one ended is no event's
 * fault: what was not answered keeps its place.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/fileops.h"
#include "cli/batch/drain_stay.h"
#include "cli/host/stops.h"
#include "cli/term/say.h"

#define PAUSE_MAX_MS	60000			/* it comes back sooner */

struct drain_stay *
drain_stay_make(struct drainer *d)
{
	struct drain_stay *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->d = d;
	s->engine = d->plan->engine;
	s->hand = &d->jobs[1];
	return s;
}

void
drain_stay_end(struct drain_stay *s)
{
	if (s->connected)
		s->engine->close(s->engine->ctx, s->d->broken ||
		    stops_count() > 1);
	/* others may have been answered since it said so */
	if (s->hand->count > 0)
		s->d->later = true;
	free(s);
}

int64_t
drain_stay_waiting(const struct drain_stay *s)
{
	return s->hand->count - s->unsent;
}

void
drain_stay_forget(struct drain_stay *s)
{
	for (struct drain_event *e = s->hand->events; e != NULL; e = e->next)
		e->number = 0;
	s->unsent = s->hand->count;
	s->bytes = 0;
}

bool
drain_stay_connect(struct drain_stay *s, struct err *err)
{
	const struct consumer_state *state = s->d->state;

	if (!s->engine->connect(s->engine->ctx, state->marks,
	    state->mark_count, err))
		return false;
	s->connected = true;
	s->sent = 0;
	s->heard_ms = fileops_clock_ms();
	return true;
}

static void
pause_it(struct drain_stay *s, int64_t unanswered)
{
	drain_pause(s->d);
	if (s->d->pause_ms > PAUSE_MAX_MS) {
		s->d->paused_to -= s->d->pause_ms - PAUSE_MAX_MS;
		s->d->pause_ms = PAUSE_MAX_MS;
	}
	if (unanswered > 0)
		say("%s; it has not answered for %" PRId64 " of its events, "
		    "which keep their places", s->why.text, unanswered);
	else
		say("%s", s->why.text);
}

bool
drain_stay_close(struct drain_stay *s, struct err *err)
{
	struct err why = s->why;
	int64_t unanswered = drain_stay_waiting(s);
	bool heard = s->heard;

	s->engine->close(s->engine->ctx, true);
	drain_stay_forget(s);
	s->connected = s->ready = s->over = s->heard = s->full = false;
	if (s->d->broken || stops_count() > 1)
		return true;
	if (why.kind != OUTCOME_STORED && why.kind != OUTCOME_TRY_AGAIN)
		return err_set(err, why.kind, "%s", why.text);
	/* a program may end when it has done its share */
	if (why.kind != OUTCOME_STORED || !heard)
		pause_it(s, unanswered);
	s->why.kind = OUTCOME_STORED;
	s->strikes = heard ? 0 : s->strikes + 1;
	if (s->strikes >= s->d->plan->tries && !s->d->plan->follow)
		return err_set(err, OUTCOME_TRY_AGAIN, "it was started %"
		    PRId64 " times and has answered for no event; all keep "
		    "their places", s->strikes);
	return true;
}
