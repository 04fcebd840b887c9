/* SPDX-License-Identifier: ISC */
/*
 * Lets the requests of this process share one lock, one write, one sync and
 * one index transaction: leader/follower group commit.  The first request to
 * find no leader becomes the leader: it locks the store and writes everything
 * queued so far; requests that arrive meanwhile go into the next batch.  If the
 * queue is not empty when the leader finishes, a dedicated writer thread takes
 * over as leader until it is, and a helper thread completes the previous batch
 * and times out requests that have waited too long.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "store/store_parts.h"

/* They do what a worker does (responder/workers.c). */
#define STACK		((size_t)256 << 10)
/* A leader that waits for the lock can give a better reason. */
#define GRACE_MS	100

static void	*write_on(void *);

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
	struct ledger *l;
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
	pthread_cond_init(&s->turn, NULL);
	init_news(s);
	ok = s->is_spool ? spool_open(&s->spool, endpoint, options, err) :
	    log_open(&s->log, endpoint, options, err);
	l = s->is_spool ? &s->spool.ledger : &s->log.ledger;
	offers_init(&s->offers, l);
	if (ok)
		ok = statedir_open(&l->dir, err);
	if (!ok) {
		store_close(s);
		return false;
	}
	*result = s;
	return true;
}

static void
end_threads(struct store *s)
{
	pthread_mutex_lock(&s->mutex);
	s->is_closing = true;
	pthread_cond_signal(&s->news);
	pthread_cond_signal(&s->turn);
	pthread_mutex_unlock(&s->mutex);
	if (s->has_helper)
		pthread_join(s->helper, NULL);
	if (s->has_writer)
		pthread_join(s->writer, NULL);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	end_threads(s);
	offers_close(&s->offers);
	if (s->is_spool)
		spool_close(&s->spool);
	else
		log_close(&s->log);
	pthread_cond_destroy(&s->turn);
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

/*
 * Takes the requests whose deadline has passed.  Under the mutex.  The queue is
 * in the order of deadlines.
 */
static struct store_request *
take_late(struct store *s, int64_t deadline_ms, const struct err *err)
{
	struct store_request *late = NULL, **last = &late;

	while (s->first != NULL && s->first->deadline_ms <= deadline_ms) {
		*last = store_pop(s);
		(*last)->err = *err;
		last = &(*last)->next;
	}
	return late;
}

/* A request may be gone once it is answered. */
static void
answer(struct store_request *r)
{
	while (r != NULL) {
		struct store_request *next = r->next;

		r->done(r->ctx);
		r = next;
	}
}

/* The helper sleeps until there is news or a deadline has passed. */
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
	/* later requests have later deadlines */
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
	    "for the store: the disk is too slow for this many events");
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

static bool
start_thread(pthread_t *thread, void *(*run)(void *), struct store *s)
{
	pthread_attr_t attr;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	rc = pthread_create(thread, &attr, run, s);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

/*
 * Under the mutex.  If no more threads can start, the leader answers by itself,
 * and requests that wait for it have no deadline.
 */
static void
want_helper(struct store *s)
{
	if (s->is_asleep)
		pthread_cond_signal(&s->news);
	if (!s->has_helper)
		s->has_helper = start_thread(&s->helper, help, s);
}

/* Under the mutex.  Without a writer, the leader leads until nobody waits. */
static bool
hand_over(struct store *s)
{
	if (!s->has_writer)
		s->has_writer = start_thread(&s->writer, write_on, s);
	s->is_handed_over = s->has_writer;
	pthread_cond_signal(&s->turn);
	return s->has_writer;
}

/*
 * Has the helper answer the last batch, and the writer lead from now on; true
 * if the caller must go on leading.
 */
static bool
leave_to_others(struct store *s, struct store_request *answered,
    bool is_writer)
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
	if (goes_on && !is_writer && hand_over(s))
		goes_on = false;
	pthread_mutex_unlock(&s->mutex);
	answer(answered);
	return goes_on;
}

/* Leads, since somebody waits and nobody else does so. */
static void
lead(struct store *s, bool is_writer)
{
	struct store_request *answered;
	int64_t deadline_ms;
	enum ride how;

	do {
		struct err err = ERR_INIT;

		pthread_mutex_lock(&s->mutex);
		deadline_ms = s->first == NULL ? 0 : s->first->deadline_ms;
		pthread_mutex_unlock(&s->mutex);
		if (deadline_ms == 0) {
			answered = NULL;	/* the helper did it */
		} else if ((how = store_ride(s, &answered)) == RIDE_KEPT) {
			/* by another process */
		} else if (how == RIDE_LOCKED ||
		    store_lock(s, deadline_ms, &err)) {
			answered = store_write_batch(s);
			store_unlock(s);
			offers_tell(&s->offers);
		} else {
			offers_end(&s->offers);
			/* the others have later deadlines */
			pthread_mutex_lock(&s->mutex);
			answered = take_late(s, deadline_ms, &err);
			pthread_mutex_unlock(&s->mutex);
		}
	} while (leave_to_others(s, answered, is_writer));
}

static void *
write_on(void *arg)
{
	struct store *s = arg;

	pthread_mutex_lock(&s->mutex);
	for (;;) {
		while (!s->is_handed_over && !s->is_closing)
			pthread_cond_wait(&s->turn, &s->mutex);
		if (!s->is_handed_over)
			break;
		s->is_handed_over = false;
		pthread_mutex_unlock(&s->mutex);
		lead(s, true);
		pthread_mutex_lock(&s->mutex);
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

void
store_submit(struct store *s, struct store_request *r)
{
	const struct err none = ERR_INIT;
	bool leads;

	r->put.outcome = OUTCOME_STORE_ERROR;
	r->err = none;
	r->next = NULL;
	r->is_offered = false;
	pthread_mutex_lock(&s->mutex);
	/* under it, so that they queue in the order of deadlines */
	r->deadline_ms = fileops_clock_ms() + (int64_t)s->lock_timeout * 1000;
	leads = !s->leading;
	s->leading = true;
	*s->last = r;
	s->last = &r->next;
	if (!leads)
		want_helper(s);
	pthread_mutex_unlock(&s->mutex);
	if (leads)
		lead(s, false);
}
