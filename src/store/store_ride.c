/* SPDX-License-Identifier: ISC */
/*
 * Where another process has the lock: a lone request leaves its record to it
 * (offers.h) and sleeps until it is told, so that processes share a sync as
 * threads do.
 */
#include <config.h>

#include "store/store_parts.h"

/* Then it looks for itself: the holder may have died, or be of old version. */
#define LOOKS_MS 50

static struct ledger *
ledger_of(struct store *s)
{
	return s->is_spool ? &s->spool.ledger : &s->log.ledger;
}

static bool
try_lock(struct store *s)
{
	struct err busy = ERR_INIT;

	return store_lock(s, 0, &busy);
}

/* Takes it from the queue, where a helper would end it at its deadline. */
static struct store_request *
take_lone(struct store *s)
{
	struct store_request *r = NULL;

	pthread_mutex_lock(&s->mutex);
	if (s->first != NULL && s->first->next == NULL)
		r = store_pop(s);
	pthread_mutex_unlock(&s->mutex);
	return r;
}

static void
put_back(struct store *s, struct store_request *r)
{
	pthread_mutex_lock(&s->mutex);
	r->next = s->first;
	s->first = r;
	if (r->next == NULL)
		s->last = &r->next;
	pthread_mutex_unlock(&s->mutex);
}

/* The index has the last word. */
static bool
is_in_index(struct store *s, const struct record *r)
{
	struct index_row row;

	return ledger_peek(ledger_of(s), r->id, &row) &&
	    row.body_hash == r->body_hash;
}

/* For half of its time; then it waits for the lock itself. */
static enum ride
ride(struct store *s, struct store_request *r)
{
	int64_t now = fileops_clock_ms();
	int64_t until = now + (r->deadline_ms - now) / 2;
	enum offers_told told;

	do {
		/* again: the holder may have looked before we left it */
		if (try_lock(s))
			return RIDE_LOCKED;
		now = fileops_clock_ms();
		told = offers_wait(&s->offers, now + LOOKS_MS);
		if (told < OFFERS_STORED && s->offers.ticket != 0)
			continue;
		if (told < OFFERS_STORED || !is_in_index(s, r->put.record))
			return RIDE_ALONE;
		r->put.outcome = told == OFFERS_STORED ? OUTCOME_STORED :
		    OUTCOME_DUPLICATE;
		r->put.first_body = r->put.record->body_hash;
		return RIDE_KEPT;
	} while (now < until);
	return RIDE_ALONE;
}

enum ride
store_ride(struct store *s, struct store_request **kept)
{
	const struct ledger *l = ledger_of(s);
	struct store_request *r;
	enum ride how = RIDE_ALONE;

	if (try_lock(s))
		return RIDE_LOCKED;
	/* without an open index no news can be checked */
	if (l->options.is_cgi || l->index == NULL ||
	    (r = take_lone(s)) == NULL)
		return RIDE_ALONE;
	r->is_offered = offers_leave(&s->offers, r->put.record);
	if (r->is_offered)
		how = ride(s, r);
	if (how == RIDE_KEPT) {
		offers_end(&s->offers);
		*kept = r;
	} else {
		put_back(s, r);
	}
	return how;
}
