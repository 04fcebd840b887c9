/* SPDX-License-Identifier: ISC */
/*
 * Hands over events line by line and settles each by its answer.
 *
 *   answered                             its event
 *   ok                                   is finished
 *   later                                keeps its place; nothing is handed
 *                                        over for a while, then it is again
 *   failed                               waits, or is set aside
 *   nothing, and the connection is over  keeps its place (drain_stay_link.c)
 *
 * Answers come in any order.  A second answer changes nothing; one for a line
 * that was never handed over ends the connection.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/fileops.h"
#include "base/span.h"
#include "cli/batch/drain_stay.h"
#include "cli/host/stops.h"
#include "cli/term/say.h"

#define BYTES_MAX	((size_t)8 << 20)	/* or one larger one */
#define HEAR_MAX	4096			/* answers at a time */

/* The connection must be closed; nobody is blamed. */
static bool
end_it(struct drain_stay *s, const char *why)
{
	s->over = true;
	err_set(&s->why, OUTCOME_TRY_AGAIN, "%s", why);
	return true;
}

/* How the run of one event ended, with the words of drain_ends.c. */
static bool
settle(struct drain_stay *s, struct drain_event *event,
    const struct engine_answer *a, struct err *err)
{
	struct drain_job one = { .events = event, .count = 1 };

	if (a->word == ENGINE_FAILED) {
		one.failed_as = "answer";
		one.child.said_len = a->why.len < CHILD_SAID_MAX ? a->why.len :
		    CHILD_SAID_MAX;
		memcpy(one.child.said, a->why.data, one.child.said_len);
	}
	s->hand->count--;
	s->bytes -= event->len;
	s->d->unsynced = true;
	event->next = NULL;
	return drain_job_ended(s->d, &one, 0, err);
}

/* Settles what the answer is about; what has its answer is passed over. */
static bool
apply(struct drain_stay *s, const struct engine_answer *a, struct err *err)
{
	struct drain_event *event, **at = &s->hand->events;
	int64_t left = a->to - a->from + 1, unsent = s->unsent;

	while (left > 0 && (event = *at) != NULL) {
		if (event->number < a->from || event->number > a->to) {
			at = &event->next;
			continue;
		}
		left--;
		if (a->word == ENGINE_LATER) {
			event->number = 0;
			s->bytes -= event->len;
			s->unsent++;
			at = &event->next;
			continue;
		}
		*at = event->next;
		if (!settle(s, event, a, err))
			return false;
	}
	if (s->unsent > unsent)
		drain_pause(s->d);
	return true;
}

/* What is in hand is read again by a log; its retries are not. */
static void
drop(struct drain_stay *s)
{
	struct drain_event *event, **at = &s->hand->events;

	while ((event = *at) != NULL) {
		if (s->d->source->rereads && event->seq == 0) {
			*at = event->next;
			s->hand->count--;
			drain_event_free(event);
		} else {
			at = &event->next;
		}
	}
	drain_stay_forget(s);
}

static bool
resume(struct drain_stay *s, const char *token, struct err *err)
{
	const struct consumer_state *state = s->d->state;
	const struct state_mark *to = NULL;
	size_t count = state->mark_count;

	s->ready = true;
	if (token[0] == '\0')
		return true;
	if (strcmp(token, ENGINE_FIRST) == 0) {
		count = 0;
	} else {
		while (count > 0 &&
		    strcmp(state->marks[count - 1].token, token) != 0)
			count--;
		if (count == 0)
			return err_set(err, OUTCOME_BAD_DATA, "resume %s: "
			    "this is no checkpoint that it was given; nothing "
			    "is handed over", token);
		to = &state->marks[count - 1];
	}
	s->token[0] = '\0';
	drop(s);
	return s->d->source->back(s->d->source->ctx, to, err) &&
	    (state_keep_marks(s->d->state, count), true);
}

static bool
take(struct drain_stay *s, const struct engine_answer *a, struct err *err)
{
	switch (a->word) {
	case ENGINE_RESUME:
		return resume(s, a->token, err);
	case ENGINE_LOST:
		say("%" PRId64 " events that were handed over have been lost "
		    "by what they were handed to", a->from);
		return true;
	case ENGINE_OK:
	case ENGINE_LATER:
	case ENGINE_FAILED:
		break;
	}
	if (a->to > s->sent)
		return end_it(s, "an answer is for a line that was never "
		    "handed over");
	s->heard = true;
	if (a->token[0] != '\0')
		strcpy(s->token, a->token);
	return apply(s, a, err);
}

/* All that is finished now is before the engine's own place. */
static void
note_mark(struct drain_stay *s)
{
	struct state_mark mark = { .at_ms = drain_now_ms(s->d->state) };
	struct drain_source *source = s->d->source;

	if (s->token[0] == '\0' || !source->spot(source->ctx, &mark.at))
		return;
	strcpy(mark.token, s->token);
	s->token[0] = '\0';
	state_mark(s->d->state, &mark);
}

static bool
is_silent(const struct drain_stay *s)
{
	return (drain_stay_waiting(s) > 0 || !s->ready) &&
	    fileops_clock_ms() >= s->heard_ms + s->d->plan->timeout_ms;
}

bool
drain_stay_hear(struct drain_stay *s, struct err *err)
{
	struct engine_answer a;
	bool ok = true;
	int rc = 0;

	if (!s->connected)
		return true;
	for (int i = 0; ok && i < HEAR_MAX && !s->over; i++) {
		rc = s->engine->answer(s->engine->ctx, &a, &s->why);
		if (rc <= 0)
			break;
		s->heard_ms = fileops_clock_ms();
		ok = take(s, &a, err);
	}
	s->over = s->over || rc < 0;
	if (stops_count() > 1)
		s->over = true;
	else if (!s->over && is_silent(s))
		end_it(s, "no answer within the time limit");
	note_mark(s);
	s->over = s->over || !ok;
	return ok;
}

/* The next one that the engine does not have: in hand, or a new one. */
static int
next(struct drain_stay *s, struct drain_event **event, struct err *err)
{
	struct drain_event **at = &s->hand->events;
	struct drain_job *job;
	int rc;

	for (; *at != NULL && s->unsent > 0; at = &(*at)->next)
		if ((*at)->number == 0) {
			*event = *at;
			return 1;
		}
	rc = drain_pick(s->d, &job, err);
	s->d->at_end = rc == 0;
	if (rc <= 0)
		return rc;
	while (*at != NULL)
		at = &(*at)->next;
	*at = *event = job->events;
	job->events = NULL;
	job->count = 0;
	s->hand->count++;
	s->unsent++;
	return 1;
}

static bool
has_room(struct drain_stay *s)
{
	int64_t count = drain_stay_waiting(s);

	/* by halves, so that an engine gets whole batches */
	if (s->full)
		s->full = count > s->d->plan->lines / 2 ||
		    s->bytes > BYTES_MAX / 2;
	else
		s->full = count >= s->d->plan->lines || s->bytes >= BYTES_MAX;
	return !s->full;
}

static bool
hand_over(struct drain_stay *s, bool *any, struct err *err)
{
	struct drain_event *event;
	bool flush = false;
	int rc;

	while (has_room(s)) {
		rc = next(s, &event, err);
		if (rc < 0)
			return false;
		if (rc == 0)
			break;
		if (!s->engine->put(s->engine->ctx, span_make(event->line,
		    event->len)))
			return true;
		if (drain_stay_waiting(s) == 0)
			s->heard_ms = fileops_clock_ms();
		event->number = ++s->sent;
		s->bytes += event->len;
		s->unsent--;
		*any = flush = true;
	}
	if (flush)
		s->engine->flush(s->engine->ctx);
	return true;
}

bool
drain_stay_start(struct drain_stay *s, bool *any, struct err *err)
{
	bool may = !s->d->broken && stops_count() == 0 &&
	    fileops_clock_ms() >= s->d->paused_to;
	bool ok = true;

	*any = false;
	if (s->over) {
		ok = drain_stay_close(s, err);
		*any = fileops_clock_ms() >= s->d->paused_to;
	} else if (may && !s->connected) {
		*any = true;
		ok = drain_stay_connect(s, err);
	} else if (may && s->ready) {
		ok = hand_over(s, any, err);
	}
	if (s->hand->count > 0)
		s->d->at_end = false;
	s->d->running = drain_stay_waiting(s) + (s->connected ? !s->ready :
	    !s->d->broken && stops_count() == 0 && !s->d->plan->once);
	return ok;
}

int
drain_stay_fds(struct drain_stay *s, struct pollfd fds[ENGINE_FDS])
{
	return s->connected && !s->over ?
	    s->engine->fds(s->engine->ctx, fds) : 0;
}
