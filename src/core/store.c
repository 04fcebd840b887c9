/* SPDX-License-Identifier: ISC */
/*
 * Duty: let the requests of this process share one lock, one write, one sync
 * and one index transaction.  Whoever comes while nobody leads does so: it
 * locks the store, takes all who wait by then, and goes on until nobody
 * waits.  Nobody is waited for: who comes while a batch is written rides in
 * the next.  While the leader is at work a helper, a thread of the store's
 * own, answers the batch before, and whoever has waited too long.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/spool.h"
#include "core/store.h"

/* What is done in it is what a worker does (responder/workers.c). */
#define HELPER_STACK	((size_t)256 << 10)
/* A leader that waits for the lock can tell more of why. */
#define GRACE_MS	100

struct store {
	bool is_spool;
	union {
		struct log log;
		struct spool spool;
	};
	unsigned lock_timeout;
	/* the leader's */
	struct store_request *riders[BATCH_RECORDS];
	struct put *batch[BATCH_RECORDS];
	size_t count;
	pthread_mutex_t mutex;		/* of what follows */
	bool leading;
	struct store_request *first, **last;	/* they wait */
	struct store_request *ended, **ended_last;	/* to be answered */
	bool has_helper;
	pthread_t helper;
	pthread_cond_t news;		/* for the helper */
	bool is_asleep;			/* it waits for nothing but news */
	bool is_closing;
};

static void
init_news(struct store *s)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->news, &attr);
	pthread_condattr_destroy(&attr);
}

bool
store_open(struct store **result, const struct endpoint *endpoint,
    const struct store_options *options, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));
	bool ok;

	*result = NULL;
	if (s == NULL)
		return err_set(err, OUTCOME_NO_MEMORY,
		    "no memory for a store");
	s->is_spool = endpoint->spool != NULL;
	s->lock_timeout = options->lock_timeout;
	s->last = &s->first;
	s->ended_last = &s->ended;
	pthread_mutex_init(&s->mutex, NULL);
	init_news(s);
	ok = s->is_spool ? spool_open(&s->spool, endpoint, options, err) :
	    log_open(&s->log, endpoint, options, err);
	if (ok)
		ok = statedir_open(&(s->is_spool ? &s->spool.ledger :
		    &s->log.ledger)->dir, err);
	if (!ok) {
		store_close(s);
		return false;
	}
	*result = s;
	return true;
}

static void
end_helper(struct store *s)
{
	if (!s->has_helper)
		return;
	pthread_mutex_lock(&s->mutex);
	s->is_closing = true;
	pthread_cond_signal(&s->news);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->helper, NULL);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	end_helper(s);
	if (s->is_spool)
		spool_close(&s->spool);
	else
		log_close(&s->log);
	pthread_cond_destroy(&s->news);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

const char *
store_state_path(const struct store *s)
{
	return s->is_spool ? s->spool.ledger.dir.path :
	    s->log.ledger.dir.path;
}

/* Takes the first of those who wait.  Under the mutex. */
static struct store_request *
pop(struct store *s)
{
	struct store_request *r = s->first;

	s->first = r->next;
	if (s->first == NULL)
		s->last = &s->first;
	r->next = NULL;
	return r;
}

/* All who wait, up to what a batch may hold. */
static void
take_batch(struct store *s)
{
	size_t bytes = 0;

	pthread_mutex_lock(&s->mutex);
	for (s->count = 0; s->first != NULL && s->count < BATCH_RECORDS;
	    s->count++) {
		bytes += s->first->put.record->len;
		if (s->count > 0 && bytes > BATCH_BYTES)
			break;
		s->riders[s->count] = pop(s);
		s->batch[s->count] = &s->riders[s->count]->put;
	}
	pthread_mutex_unlock(&s->mutex);
}

/* Later ones of equal ids share the first one's result. */
static void
find_twins(struct store *s)
{
	for (size_t i = 0; i < s->count; i++) {
		s->batch[i]->twin = NULL;
		s->batch[i]->outcome = OUTCOME_STORE_ERROR;
		for (size_t j = 0; j < i; j++) {
			if (s->batch[j]->twin != NULL ||
			    strcmp(s->batch[j]->record->id,
			    s->batch[i]->record->id) != 0)
				continue;
			s->batch[i]->twin = s->batch[j];
			break;
		}
	}
}

static void
settle_twins(struct store *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct put *twin = s->batch[i]->twin;

		if (twin == NULL || twin->outcome == OUTCOME_STORE_ERROR)
			continue;
		s->batch[i]->outcome = OUTCOME_DUPLICATE;
		s->batch[i]->other_body = s->batch[i]->record->body_hash !=
		    twin->record->body_hash || twin->other_body;
	}
}

static bool
lock(struct store *s, int64_t deadline_ms, struct err *err)
{
	return s->is_spool ? spool_lock(&s->spool, deadline_ms, err) :
	    log_lock(&s->log, deadline_ms, err);
}

static void
unlock(struct store *s)
{
	if (s->is_spool)
		spool_unlock(&s->spool);
	else
		log_unlock(&s->log);
}

/* One batch, under the lock; those who were in it. */
static struct store_request *
write_batch(struct store *s)
{
	struct store_request *answered = NULL, **last = &answered;
	struct err err = ERR_INIT;

	take_batch(s);
	find_twins(s);
	if (s->count > 0 && s->is_spool)
		spool_write(&s->spool, s->batch, s->count, &err);
	else if (s->count > 0)
		log_write(&s->log, s->batch, s->count, &err);
	settle_twins(s);
	for (size_t i = 0; i < s->count; i++) {
		if (s->batch[i]->outcome == OUTCOME_STORE_ERROR)
			s->riders[i]->err = err;
		*last = s->riders[i];
		last = &(*last)->next;
	}
	return answered;
}

/*
 * Those whose time was up at that moment.  Under the mutex.  Their order is
 * that of their deadlines.
 */
static struct store_request *
take_late(struct store *s, int64_t deadline_ms, const struct err *err)
{
	struct store_request *late = NULL, **last = &late;

	while (s->first != NULL && s->first->deadline_ms <= deadline_ms) {
		*last = pop(s);
		(*last)->err = *err;
		last = &(*last)->next;
	}
	return late;
}

/* Each may be gone once it is told. */
static void
answer(struct store_request *r)
{
	while (r != NULL) {
		struct store_request *next = r->next;

		r->done(r->ctx);
		r = next;
	}
}

/* The helper's sleep: until there is news, or somebody has waited too long. */
static void
wait_for_news(struct store *s)
{
	struct timespec until;
	int64_t ms;

	if (!s->leading) {
		s->is_asleep = true;
		pthread_cond_wait(&s->news, &s->mutex);
		s->is_asleep = false;
		return;
	}
	/* who comes later has more time than that */
	ms = s->first != NULL ? s->first->deadline_ms : fileops_clock_ms() +
	    (int64_t)s->lock_timeout * 1000;
	ms += GRACE_MS;
	until.tv_sec = (time_t)(ms / 1000);
	until.tv_nsec = (long)(ms % 1000) * 1000000;
	pthread_cond_timedwait(&s->news, &s->mutex, &until);
}

static void *
help(void *arg)
{
	struct store *s = arg;
	struct err late = ERR_INIT;

	err_set(&late, OUTCOME_STORE_ERROR, "waited longer than lock-timeout "
	    "for the store: the disk is too slow for what arrives");
	pthread_mutex_lock(&s->mutex);
	for (;;) {
		struct store_request *r = s->ended;

		s->ended = NULL;
		s->ended_last = &s->ended;
		if (r == NULL)
			r = take_late(s, fileops_clock_ms() - GRACE_MS, &late);
		if (r != NULL) {
			pthread_mutex_unlock(&s->mutex);
			answer(r);
			pthread_mutex_lock(&s->mutex);
		} else if (s->is_closing) {
			break;
		} else {
			wait_for_news(s);
		}
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/*
 * Under the mutex.  While there can be no more threads the leader answers by
 * itself, and who waits behind it has no deadline.
 */
static void
want_helper(struct store *s)
{
	pthread_attr_t attr;

	if (s->is_asleep)
		pthread_cond_signal(&s->news);
	if (s->has_helper)
		return;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, HELPER_STACK);
	s->has_helper = pthread_create(&s->helper, &attr, help, s) == 0;
	pthread_attr_destroy(&attr);
}

/* Hands over those who are to be told; true while somebody waits. */
static bool
leave_to_helper(struct store *s, struct store_request *answered)
{
	bool goes_on;

	pthread_mutex_lock(&s->mutex);
	goes_on = s->leading = s->first != NULL;
	if (goes_on && s->has_helper && answered != NULL) {
		*s->ended_last = answered;
		while (*s->ended_last != NULL)
			s->ended_last = &(*s->ended_last)->next;
		answered = NULL;
		pthread_cond_signal(&s->news);
	}
	pthread_mutex_unlock(&s->mutex);
	answer(answered);
	return goes_on;
}

/* Somebody waits, and nobody else leads. */
static void
lead(struct store *s)
{
	struct store_request *answered;
	int64_t deadline_ms;

	do {
		struct err err = ERR_INIT;

		pthread_mutex_lock(&s->mutex);
		deadline_ms = s->first == NULL ? 0 : s->first->deadline_ms;
		pthread_mutex_unlock(&s->mutex);
		if (deadline_ms == 0) {
			answered = NULL;	/* the helper was faster */
		} else if (lock(s, deadline_ms, &err)) {
			answered = write_batch(s);
			unlock(s);
		} else {
			/* others have more time */
			pthread_mutex_lock(&s->mutex);
			answered = take_late(s, deadline_ms, &err);
			pthread_mutex_unlock(&s->mutex);
		}
	} while (leave_to_helper(s, answered));
}

void
store_submit(struct store *s, struct store_request *r)
{
	const struct err none = ERR_INIT;
	bool leads;

	r->put.outcome = OUTCOME_STORE_ERROR;
	r->put.other_body = false;
	r->err = none;
	r->next = NULL;
	pthread_mutex_lock(&s->mutex);
	/* under it: their order is that of their deadlines */
	r->deadline_ms = fileops_clock_ms() + (int64_t)s->lock_timeout * 1000;
	leads = !s->leading;
	s->leading = true;
	*s->last = r;
	s->last = &r->next;
	if (!leads)
		want_helper(s);
	pthread_mutex_unlock(&s->mutex);
	if (leads)
		lead(s);
}
