/* SPDX-License-Identifier: ISC */
/* One batch: chooses its requests, takes the lock, sets the results. */
#include <config.h>

#include "store/other_body.h"
#include "store/store_parts.h"

struct store_request *
store_pop(struct store *s)
{
	struct store_request *r = s->first;

	s->first = r->next;
	if (s->first == NULL)
		s->last = &s->first;
	r->next = NULL;
	return r;
}

/* Takes all waiting requests, up to the size of a batch. */
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
		s->riders[s->count] = store_pop(s);
		s->batch[s->count] = &s->riders[s->count]->put;
	}
	pthread_mutex_unlock(&s->mutex);
}

bool
store_lock(struct store *s, int64_t deadline_ms, struct err *err)
{
	return s->is_spool ? spool_lock(&s->spool, deadline_ms, err) :
	    log_lock(&s->log, deadline_ms, err);
}

void
store_unlock(struct store *s)
{
	if (s->is_spool)
		spool_unlock(&s->spool);
	else
		log_unlock(&s->log);
}

/*
 * Before the index commits, which no sender needs to wait for.  If more
 * requests wait, the helper answers a batch while the next one is written.
 */
static void
tell_stored(struct store *s)
{
	bool others_wait;

	pthread_mutex_lock(&s->mutex);
	others_wait = s->first != NULL;
	pthread_mutex_unlock(&s->mutex);
	if (others_wait && s->count > 1)
		return;
	for (size_t i = 0; i < s->count; i++)
		if (s->batch[i]->outcome == OUTCOME_STORED &&
		    s->riders[i]->stored != NULL)
			s->riders[i]->stored(s->riders[i]->ctx);
}

static void
write_log(struct store *s, size_t count, struct err *err)
{
	log_write(&s->log, s->batch, count, err);
	tell_stored(s);
	log_commit(&s->log);
}

struct store_request *
store_write_batch(struct store *s)
{
	struct store_request *answered = NULL, **last = &answered;
	struct err err = ERR_INIT, not_kept = ERR_INIT;
	struct ledger *l = s->is_spool ? &s->spool.ledger : &s->log.ledger;
	bool was_stored;
	size_t count;

	take_batch(s);
	/* first, so that it is not in the batch twice */
	was_stored = offers_end(&s->offers) == OFFERS_STORED;
	count = s->count;
	if (count > 0)
		offers_take(&s->offers, s->batch, &count);
	batch_find_twins(s->batch, count);
	if (count > 0 && s->is_spool)
		spool_write(&s->spool, s->batch, count, &err);
	else if (count > 0)
		write_log(s, count, &err);
	batch_settle_twins(s->batch, count);
	offers_note(&s->offers);
	/* other bodies that others offered are kept by their own process */
	if (!other_bodies_keep(l, s->batch, s->count, &not_kept) &&
	    err.kind == OUTCOME_STORED)
		err = not_kept;
	for (size_t i = 0; i < s->count; i++) {
		/* that was us, in another process */
		if (was_stored && s->riders[i]->is_offered &&
		    s->batch[i]->outcome == OUTCOME_DUPLICATE)
			s->batch[i]->outcome = OUTCOME_STORED;
		if (s->batch[i]->outcome == OUTCOME_STORE_ERROR)
			s->riders[i]->err = err;
		*last = s->riders[i];
		last = &(*last)->next;
	}
	return answered;
}
