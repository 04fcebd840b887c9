/* SPDX-License-Identifier: ISC */
/*
 * Holds back counts that can wait.  Each delivery adds its own before it ends,
 * so the last one to end finds them all.
 */
#include <config.h>

#include "stats/stats_queue.h"

#include <stdio.h>
#include <string.h>

/* How long counts may be held back while deliveries overlap. */
#define LATE_US	INT64_C(100000)

void
stats_queue_init(struct stats_queue *q)
{
	memset(q, 0, sizeof(*q));
	pthread_mutex_init(&q->lock, NULL);
}

void
stats_queue_wipe(struct stats_queue *q)
{
	pthread_mutex_destroy(&q->lock);
}

void
stats_queue_begin(struct stats_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->under_way++;
	pthread_mutex_unlock(&q->lock);
}

void
stats_queue_end(struct stats_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->under_way--;
	pthread_mutex_unlock(&q->lock);
}

/* Counts do not wait for a clock that was set back. */
static bool
is_late(const struct stats_queue *q, int64_t now_us)
{
	return now_us >= q->taken_us + LATE_US ||
	    now_us <= q->taken_us - LATE_US;
}

static void
copy(struct stats_waiting *w, unsigned i, const struct stats_entry *e)
{
	w->entry[i] = *e;
	/* of refusals only */
	w->entry[i].id = w->entry[i].remote = w->entry[i].detail = NULL;
	if (e->key != NULL) {
		snprintf(w->key[i], sizeof(w->key[i]), "%s", e->key);
		w->entry[i].key = w->key[i];
	}
	if (e->type != NULL) {
		snprintf(w->type[i], sizeof(w->type[i]), "%s", e->type);
		w->entry[i].type = w->type[i];
	}
}

bool
stats_queue_add(struct stats_queue *q, const struct stats_entry *e)
{
	bool is_due;

	pthread_mutex_lock(&q->lock);
	/* full: nobody could write them for some time; this one is lost */
	if (q->waiting.count < STATS_QUEUE)
		copy(&q->waiting, q->waiting.count++, e);
	if (e->has_begun)
		q->under_way--;
	is_due = q->under_way == 0 || is_late(q, e->now_us) ||
	    q->waiting.count >= STATS_QUEUE / 2;
	pthread_mutex_unlock(&q->lock);
	return is_due;
}

bool
stats_queue_is_left(struct stats_queue *q)
{
	bool is_left;

	pthread_mutex_lock(&q->lock);
	is_left = q->waiting.count > 0 && q->under_way == 0;
	pthread_mutex_unlock(&q->lock);
	return is_left;
}

void
stats_queue_take(struct stats_queue *q, struct stats_waiting *to)
{
	pthread_mutex_lock(&q->lock);
	to->count = q->waiting.count;
	for (unsigned i = 0; i < to->count; i++)
		copy(to, i, &q->waiting.entry[i]);
	if (to->count > 0)
		q->taken_us = to->entry[to->count - 1].now_us;
	q->waiting.count = 0;
	pthread_mutex_unlock(&q->lock);
}
