/* SPDX-License-Identifier: ISC */
/* Keeps connections and their poll(2) entries side by side. */
#include <config.h>

#include "responder/crowd.h"

/*
 * A new request counts as one that has received this many bytes in a second,
 * so that slow ones cannot drive it out.
 */
#define CREDIT		((uint64_t)64 << 10)
#define CREDIT_MS	1000

void
crowd_add(struct crowd *crowd, struct connection *c)
{
	crowd->pfd[CROWD_FIXED + crowd->count] =
	    (struct pollfd){ c->fcgi.fd, POLLIN, 0 };
	crowd->member[crowd->count++] = c;
}

void
crowd_remove(struct crowd *crowd, size_t at)
{
	crowd->count--;
	crowd->member[at] = crowd->member[crowd->count];
	crowd->pfd[CROWD_FIXED + at] =
	    crowd->pfd[CROWD_FIXED + crowd->count];
}

size_t
crowd_bytes(const struct crowd *crowd)
{
	size_t bytes = 0;

	for (size_t i = 0; i < crowd->count; i++) {
		const struct request *r = crowd->member[i]->request;

		if (r != NULL)
			bytes += r->params.len + r->body.len;
	}
	return bytes;
}

/* Bytes in 1,000 seconds. */
static uint64_t
pace(const struct connection *c, int64_t now_ms)
{
	int64_t age_ms = now_ms - c->since_ms;

	return ((uint64_t)c->seen + CREDIT) * 1000000 /
	    (uint64_t)(age_ms + CREDIT_MS);
}

size_t
crowd_slowest(const struct crowd *crowd, int64_t now_ms)
{
	size_t slowest = crowd->count;

	for (size_t i = 0; i < crowd->count; i++)
		if (crowd->member[i]->state == CONNECTION_READS &&
		    (slowest == crowd->count ||
		    pace(crowd->member[i], now_ms) <
		    pace(crowd->member[slowest], now_ms)))
			slowest = i;
	return slowest;
}

/* The one that has been in a state of this range for longest. */
static size_t
first_of(const struct crowd *crowd, enum connection_state from,
    enum connection_state to)
{
	size_t first = crowd->count;

	for (size_t i = 0; i < crowd->count; i++)
		if (crowd->member[i]->state >= from &&
		    crowd->member[i]->state <= to &&
		    (first == crowd->count || crowd->member[i]->since_ms <
		    crowd->member[first]->since_ms))
			first = i;
	return first;
}

size_t
crowd_last(const struct crowd *crowd, int64_t now_ms)
{
	size_t at = first_of(crowd, CONNECTION_IDLE, CONNECTION_IDLE);

	if (at == crowd->count)
		at = first_of(crowd, CONNECTION_DRAINS, CONNECTION_LINGERS);
	return at < crowd->count ? at : crowd_slowest(crowd, now_ms);
}
