/* SPDX-License-Identifier: ISC */
/*
 * Duty: let the threads of this process share one lock, one write, one sync
 * and one index transaction.  A thread that finds nobody leading leads: it
 * locks the store, takes all who wait by then, and answers them.  Nobody is
 * waited for: who comes while a batch is written rides in the next.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/spool.h"
#include "core/store.h"

/* One thread that waits in store_put(). */
struct waiter {
	struct put put;
	struct err err;
	int64_t deadline_ms;
	bool taken;			/* in a batch: must wait for it */
	bool done;
	bool lead;			/* leadership was handed to it */
	pthread_cond_t wake;
	struct waiter *next;
};

struct store {
	bool is_spool;
	union {
		struct log log;
		struct spool spool;
	};
	unsigned lock_timeout;
	pthread_mutex_t mutex;		/* of what follows */
	struct waiter *first, **last;
	bool leading;
	struct put *batch[BATCH_RECORDS];
	struct waiter *riders[BATCH_RECORDS];
	size_t count;
};

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
	pthread_mutex_init(&s->mutex, NULL);
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

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->is_spool)
		spool_close(&s->spool);
	else
		log_close(&s->log);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

const char *
store_state_path(const struct store *s)
{
	return s->is_spool ? s->spool.ledger.dir.path :
	    s->log.ledger.dir.path;
}

/* All who wait, up to what a batch may hold.  Under the mutex. */
static void
take_batch(struct store *s)
{
	size_t bytes = 0;

	for (s->count = 0; s->first != NULL && s->count < BATCH_RECORDS;
	    s->count++) {
		struct waiter *w = s->first;

		bytes += w->put.record->len;
		if (s->count > 0 && bytes > BATCH_BYTES)
			break;
		s->first = w->next;
		if (s->first == NULL)
			s->last = &s->first;
		w->taken = true;
		s->riders[s->count] = w;
		s->batch[s->count] = &w->put;
	}
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

/*
 * Serves one batch.  Called with the mutex held; lets go of it while the
 * disk works.  False if the lock could not be had.
 */
static bool
lead(struct store *s, struct waiter *self)
{
	struct err err = ERR_INIT;
	bool locked;

	pthread_mutex_unlock(&s->mutex);
	locked = lock(s, self->deadline_ms, &err);
	pthread_mutex_lock(&s->mutex);
	if (!locked) {
		/* only this one's time is up: others have their own */
		self->err = err;
		return false;
	}
	take_batch(s);
	pthread_mutex_unlock(&s->mutex);
	find_twins(s);
	if (s->is_spool)
		spool_write(&s->spool, s->batch, s->count, &err);
	else
		log_write(&s->log, s->batch, s->count, &err);
	settle_twins(s);
	unlock(s);
	pthread_mutex_lock(&s->mutex);
	for (size_t i = 0; i < s->count; i++) {
		struct waiter *w = s->riders[i];

		w->err = err;
		w->done = true;
		if (w != self)
			pthread_cond_signal(&w->wake);
	}
	return true;
}

/* Takes a waiter out of the queue.  Under the mutex. */
static void
leave(struct store *s, struct waiter *self)
{
	struct waiter **p = &s->first;

	while (*p != NULL && *p != self)
		p = &(*p)->next;
	if (*p == NULL)
		return;
	*p = self->next;
	if (self->next == NULL)
		s->last = p;
}

/* Under the mutex: one of those who wait must lead. */
static void
hand_over(struct store *s)
{
	s->leading = s->first != NULL;
	if (s->first != NULL) {
		s->first->lead = true;
		pthread_cond_signal(&s->first->wake);
	}
}

/* Waits for an answer, for leadership or for the deadline. */
static void
wait_turn(struct store *s, struct waiter *self)
{
	struct timespec until;
	int rc = 0;

	until.tv_sec = (time_t)(self->deadline_ms / 1000);
	until.tv_nsec = (long)(self->deadline_ms % 1000) * 1000000;
	while (!self->done && !self->lead && (rc == 0 || self->taken))
		rc = self->taken ?
		    pthread_cond_wait(&self->wake, &s->mutex) :
		    pthread_cond_timedwait(&self->wake, &s->mutex, &until);
}

static void
init_condition(pthread_cond_t *wake)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(wake, &attr);
	pthread_condattr_destroy(&attr);
}

enum outcome
store_put(struct store *s, struct record *record, bool *other_body,
    struct err *err)
{
	struct waiter self = { .put = { .record = record } };

	self.put.outcome = OUTCOME_STORE_ERROR;
	self.deadline_ms = fileops_clock_ms() +
	    (int64_t)s->lock_timeout * 1000;
	init_condition(&self.wake);
	pthread_mutex_lock(&s->mutex);
	*s->last = &self;
	s->last = &self.next;
	if (!s->leading) {
		s->leading = true;
		self.lead = true;
	}
	wait_turn(s, &self);
	if (self.lead) {
		/* big records before ours may fill a batch of their own */
		while (!self.done && lead(s, &self))
			continue;
		if (!self.done)
			leave(s, &self);
		hand_over(s);
	} else if (!self.done) {
		leave(s, &self);
		err_set(&self.err, OUTCOME_STORE_ERROR, "waited longer than "
		    "lock-timeout for the store: the disk is too slow for "
		    "what arrives");
	}
	pthread_mutex_unlock(&s->mutex);
	pthread_cond_destroy(&self.wake);
	*other_body = self.put.other_body;
	if (self.put.outcome == OUTCOME_STORE_ERROR && err != NULL)
		*err = self.err;
	return self.put.outcome;
}
