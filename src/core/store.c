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

enum turn {
	WAITS,		/* in the queue */
	TAKEN,		/* in a batch: must wait for it */
	LEADS,		/* in the queue still */
	DONE
};

/*
 * One thread that waits in store_put().  It sleeps on a mutex of its own: on
 * the store's, all who are woken together would stop again at once.  It lives
 * as long as the store: it is woken when its mutex is free already.
 */
struct waiter {
	struct put put;
	struct err err;
	int64_t deadline_ms;
	struct waiter *next;		/* under the store's mutex */
	pthread_mutex_t mutex;		/* of its turn; taken second */
	pthread_cond_t wake;
	enum turn turn;	/* leaves WAITS only under the store's mutex, too */
};

struct store {
	bool is_spool;
	union {
		struct log log;
		struct spool spool;
	};
	unsigned lock_timeout;
	struct put *batch[BATCH_RECORDS];	/* under the store's lock */
	size_t count;
	pthread_mutex_t mutex;		/* of what follows */
	struct waiter *first, **last;
	struct waiter *spare;		/* of threads that have left */
	bool leading;
};

static struct waiter *
waiter_new(void)
{
	struct waiter *w = malloc(sizeof(*w));
	pthread_condattr_t attr;

	if (w == NULL)
		return NULL;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	return w;
}

static void
waiter_free(struct waiter *w)
{
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->mutex);
	free(w);
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
	struct waiter *w;

	if (s == NULL)
		return;
	if (s->is_spool)
		spool_close(&s->spool);
	else
		log_close(&s->log);
	while ((w = s->spare) != NULL) {
		s->spare = w->next;
		waiter_free(w);
	}
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

const char *
store_state_path(const struct store *s)
{
	return s->is_spool ? s->spool.ledger.dir.path :
	    s->log.ledger.dir.path;
}

static void
set_turn(struct waiter *w, enum turn turn)
{
	pthread_mutex_lock(&w->mutex);
	w->turn = turn;
	pthread_mutex_unlock(&w->mutex);
	/* now: who is woken under it would stop again */
	if (turn != TAKEN)
		pthread_cond_signal(&w->wake);
}

/* All who wait, up to what a batch may hold.  Under the mutex. */
static void
take_batch(struct store *s, struct waiter *riders[BATCH_RECORDS])
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
		set_turn(w, TAKEN);
		riders[s->count] = w;
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

/* Under the mutex: one of those who wait must lead. */
static void
hand_over(struct store *s)
{
	s->leading = s->first != NULL;
	if (s->first != NULL)
		set_turn(s->first, LEADS);
}

/* Serves one batch.  False if the lock could not be had. */
static bool
lead(struct store *s, struct waiter *self)
{
	struct waiter *riders[BATCH_RECORDS];
	struct err err = ERR_INIT;
	size_t count;

	/* only this one's time may be up: others have their own */
	if (!lock(s, self->deadline_ms, &self->err))
		return false;
	pthread_mutex_lock(&s->mutex);
	take_batch(s, riders);
	pthread_mutex_unlock(&s->mutex);
	find_twins(s);
	if (s->is_spool)
		spool_write(&s->spool, s->batch, s->count, &err);
	else
		log_write(&s->log, s->batch, s->count, &err);
	settle_twins(s);
	count = s->count;
	unlock(s);
	/* who leads next begins before all of these are awake */
	pthread_mutex_lock(&s->mutex);
	hand_over(s);
	pthread_mutex_unlock(&s->mutex);
	for (size_t i = 0; i < count; i++) {
		riders[i]->err = err;
		set_turn(riders[i], DONE);
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

/* Waits for an answer, for leadership or for the deadline. */
static enum turn
wait_turn(struct waiter *self)
{
	struct timespec until;
	enum turn turn;
	int rc = 0;

	until.tv_sec = (time_t)(self->deadline_ms / 1000);
	until.tv_nsec = (long)(self->deadline_ms % 1000) * 1000000;
	pthread_mutex_lock(&self->mutex);
	while (self->turn == TAKEN || (self->turn == WAITS && rc == 0))
		rc = self->turn == TAKEN ?
		    pthread_cond_wait(&self->wake, &self->mutex) :
		    pthread_cond_timedwait(&self->wake, &self->mutex, &until);
	turn = self->turn;
	pthread_mutex_unlock(&self->mutex);
	return turn;
}

/* Its time is up, unless it was taken or made the leader meanwhile. */
static bool
give_up(struct store *s, struct waiter *self)
{
	bool waits;

	pthread_mutex_lock(&s->mutex);
	pthread_mutex_lock(&self->mutex);
	waits = self->turn == WAITS;
	pthread_mutex_unlock(&self->mutex);
	if (waits)
		leave(s, self);
	pthread_mutex_unlock(&s->mutex);
	if (waits)
		err_set(&self->err, OUTCOME_STORE_ERROR, "waited longer than "
		    "lock-timeout for the store: the disk is too slow for "
		    "what arrives");
	return waits;
}

/* A leader stands first in the queue: its own batch serves it. */
static void
be_leader(struct store *s, struct waiter *self)
{
	if (lead(s, self))
		return;
	pthread_mutex_lock(&s->mutex);
	leave(s, self);
	hand_over(s);
	pthread_mutex_unlock(&s->mutex);
}

/* Joins the queue, or leads if nobody does; NULL without memory. */
static struct waiter *
join(struct store *s, struct record *record)
{
	const struct err none = ERR_INIT;
	struct waiter *w;

	pthread_mutex_lock(&s->mutex);
	w = s->spare;
	if (w != NULL)
		s->spare = w->next;
	else
		w = waiter_new();
	if (w != NULL) {
		memset(&w->put, 0, sizeof(w->put));
		w->put.record = record;
		w->put.outcome = OUTCOME_STORE_ERROR;
		w->err = none;
		w->deadline_ms = fileops_clock_ms() +
		    (int64_t)s->lock_timeout * 1000;
		w->next = NULL;
		w->turn = s->leading ? WAITS : LEADS;
		s->leading = true;
		*s->last = w;
		s->last = &w->next;
	}
	pthread_mutex_unlock(&s->mutex);
	return w;
}

static void
part(struct store *s, struct waiter *w)
{
	pthread_mutex_lock(&s->mutex);
	w->next = s->spare;
	s->spare = w;
	pthread_mutex_unlock(&s->mutex);
}

enum outcome
store_put(struct store *s, struct record *record, bool *other_body,
    struct err *err)
{
	struct waiter *self = join(s, record);
	enum outcome outcome;
	enum turn turn;

	if (self == NULL) {
		err_set(err, OUTCOME_STORE_ERROR, "no memory to wait for the "
		    "store");
		return OUTCOME_STORE_ERROR;
	}
	do
		turn = wait_turn(self);
	while (turn == WAITS && !give_up(s, self));
	if (turn == LEADS)
		be_leader(s, self);
	outcome = self->put.outcome;
	*other_body = self->put.other_body;
	if (outcome == OUTCOME_STORE_ERROR && err != NULL)
		*err = self->err;
	part(s, self);
	return outcome;
}
