/* SPDX-License-Identifier: ISC */
/* Puts records while the calling thread waits. */
#include <config.h>

#include <pthread.h>

#include "store/store.h"

struct waiter {
	struct store_request request;
	pthread_mutex_t mutex;
	pthread_cond_t done;
	bool is_done;
};

static void
wake(void *ctx)
{
	struct waiter *w = ctx;

	pthread_mutex_lock(&w->mutex);
	w->is_done = true;
	pthread_cond_signal(&w->done);
	/* it may be gone as soon as its mutex is unlocked */
	pthread_mutex_unlock(&w->mutex);
}

enum outcome
store_put(struct store *s, struct record *record, struct err *err)
{
	struct waiter w = { .request = { .put = { .record = record },
		.done = wake, .ctx = &w }, .is_done = false };

	pthread_mutex_init(&w.mutex, NULL);
	pthread_cond_init(&w.done, NULL);
	store_submit(s, &w.request);
	pthread_mutex_lock(&w.mutex);
	while (!w.is_done)
		pthread_cond_wait(&w.done, &w.mutex);
	pthread_mutex_unlock(&w.mutex);
	pthread_cond_destroy(&w.done);
	pthread_mutex_destroy(&w.mutex);
	if (w.request.put.outcome == OUTCOME_STORE_ERROR && err != NULL)
		*err = w.request.err;
	return w.request.put.outcome;
}
