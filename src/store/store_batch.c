/* SPDX-License-Identifier: ISC */
/* One batch: who is in it, the lock around it, and what each is told. */
#include <config.h>

#include <string.h>

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
		s->riders[s->count] = store_pop(s);
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

struct store_request *
store_write_batch(struct store *s)
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
