/* SPDX-License-Identifier: ISC */
/*
 * Moves a connection from state to state as its peer sends, closes or stays
 * silent.  Nothing here waits.
 */
#include <config.h>

#include "responder/connection.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fileops.h"
#include "event/reply.h"

#define LINGER_MS	2000
/* nginx closes an idle connection after 60 s: let it be the first to close. */
#define KEEP_MS		75000
/* A peer that has sent nothing for so long waits for the end of its request. */
#define OWED_MS		1000
#define READS_MAX	4	/* of a buffer, in one turn */

struct connection *
connection_new(int fd, int64_t now_ms, int64_t idle_ms)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	fcgi_conn_init(&c->fcgi, fd);
	c->since_ms = now_ms;
	c->deadline_ms = now_ms + idle_ms;
	return c;
}

void
connection_free(struct connection *c)
{
	close(c->fcgi.fd);
	free(c);
}

struct request *
request_new(size_t room)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->gateway.room = calloc(1, room);
	if (r->gateway.room == NULL) {
		free(r);
		return NULL;
	}
	request_reset(r);
	return r;
}

void
request_free(struct request *r)
{
	fcgi_params_wipe(&r->params);
	body_wipe(&r->body);
	free(r->gateway.room);
	free(r);
}

void
request_reset(struct request *r)
{
	fcgi_params_init(&r->params);
	body_init(&r->body);
	r->gateway.delivery = NULL;
	r->gateway.fault = OUTCOME_STORED;
	r->gateway.why = NULL;
	r->has_room = true;
	r->has_served_head = r->is_left = false;
	r->connection = NULL;
}

/* Has as much arrived as was declared? */
static bool
has_length(const struct request *r)
{
	const struct delivery *d = r->gateway.delivery;

	return d != NULL && d->length_kind == LENGTH_KNOWN &&
	    r->body.len >= d->length;
}

bool
connection_is_whole(const struct connection *c)
{
	const struct request *r = c->request;

	return c->fcgi.has_end || r->gateway.fault != OUTCOME_STORED ||
	    r->body.len > r->gateway.max_body || has_length(r);
}

/* The body ends here; without a complete head there is nothing to answer. */
static enum connection_step
fail(struct connection *c, enum outcome fault)
{
	c->is_broken = true;
	c->fcgi.wants_keep = false;
	if (!c->fcgi.has_params)
		return CONNECTION_OVER;
	if (!c->fcgi.has_end)
		c->request->gateway.fault = fault;
	return CONNECTION_READY;
}

static enum connection_step
linger(struct connection *c, int64_t now_ms)
{
	/* closing with unread bytes would reset it before the answer is read */
	if (shutdown(c->fcgi.fd, SHUT_WR) != 0)
		return CONNECTION_OVER;
	c->state = CONNECTION_LINGERS;
	c->since_ms = now_ms;
	c->deadline_ms = now_ms + LINGER_MS;
	return CONNECTION_STAYS;
}

/* The request was answered and read to its end. */
static enum connection_step
rest(struct connection *c, int64_t now_ms)
{
	if (!c->fcgi.wants_keep)
		return CONNECTION_OVER;
	fcgi_conn_next(&c->fcgi);
	c->state = CONNECTION_IDLE;
	c->since_ms = now_ms;
	c->deadline_ms = now_ms + KEEP_MS;
	c->seen = 0;
	return CONNECTION_STAYS;
}

/* The end that is owed is sent when the body has ended, or nothing comes. */
static void
wait_to_end(struct connection *c, int64_t now_ms)
{
	c->deadline_ms = c->fcgi.owes_end && now_ms + OWED_MS < c->drain_ms ?
	    now_ms + OWED_MS : c->drain_ms;
}

static enum connection_step
take(struct connection *c, const unsigned char *buf, size_t len)
{
	struct request *r = c->request;
	const struct fcgi_sink sink = { &r->params, &r->body,
		r->gateway.max_body, &r->has_room };
	size_t used;

	if (!fcgi_conn_take(&c->fcgi, &sink, buf, len, &used))
		return fail(c, OUTCOME_SHORT_BODY);
	/* a peer that does not wait for the answer gets no second one */
	if (used < len)
		c->fcgi.wants_keep = false;
	if (!r->has_room) {
		r->gateway.why = "no memory for the body";
		return fail(c, OUTCOME_STORE_ERROR);
	}
	if (!c->fcgi.has_params)
		return CONNECTION_STAYS;
	return !r->has_served_head || connection_is_whole(c) ?
	    CONNECTION_READY : CONNECTION_STAYS;
}

/*
 * After the answer the rest of the request is discarded, within bounds.  The
 * next request may follow it directly.
 */
static enum connection_step
discard(struct connection *c, const unsigned char *buf, size_t len)
{
	int64_t now_ms = fileops_clock_ms();
	size_t used;

	if (c->state == CONNECTION_LINGERS)
		return CONNECTION_STAYS;
	if (!fcgi_conn_take(&c->fcgi, NULL, buf, len, &used) ||
	    c->seen > c->limit)
		return linger(c, now_ms);
	if (!c->fcgi.has_end) {
		wait_to_end(c, now_ms);
		return CONNECTION_STAYS;
	}
	if (!fcgi_conn_end(&c->fcgi) || rest(c, now_ms) == CONNECTION_OVER)
		return CONNECTION_OVER;
	return take(c, buf + used, len - used);
}

/* The peer will send no more. */
static enum connection_step
gone(struct connection *c)
{
	if (c->state != CONNECTION_READS)
		return CONNECTION_OVER;
	return c->fcgi.has_params && connection_is_whole(c) ?
	    CONNECTION_READY : fail(c, OUTCOME_SHORT_BODY);
}

enum connection_step
connection_read(struct connection *c, unsigned char *buf, size_t size)
{
	enum connection_step step = CONNECTION_STAYS;
	ssize_t n = (ssize_t)size;

	/* read all that has arrived, but leave other peers their turn */
	for (int i = 0; i < READS_MAX && n == (ssize_t)size &&
	    step == CONNECTION_STAYS; i++) {
		n = recv(c->fcgi.fd, buf, size, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK ||
		    errno == EINTR))
			return step;
		if (n <= 0)
			return gone(c);
		c->seen += (size_t)n;
		step = c->state == CONNECTION_IDLE ||
		    c->state == CONNECTION_READS ? take(c, buf, (size_t)n) :
		    discard(c, buf, (size_t)n);
	}
	return step;
}

void
connection_begin(struct connection *c, int64_t now_ms, int64_t deadline_ms)
{
	c->state = CONNECTION_READS;
	c->since_ms = now_ms;
	c->deadline_ms = deadline_ms;
}

enum connection_step
connection_late(struct connection *c, int64_t now_ms)
{
	if (c->state == CONNECTION_READS)
		return fail(c, OUTCOME_BODY_TIMEOUT);
	if (c->state != CONNECTION_DRAINS)
		return CONNECTION_OVER;
	if (!c->fcgi.owes_end)
		return linger(c, now_ms);
	if (!fcgi_conn_end(&c->fcgi))
		return CONNECTION_OVER;
	wait_to_end(c, now_ms);
	return CONNECTION_STAYS;
}

enum connection_step
connection_give_way(struct connection *c, const char *why)
{
	struct reply reply;

	c->is_doomed = true;
	c->fcgi.wants_keep = false;
	if (c->state != CONNECTION_READS)
		return CONNECTION_OVER;
	if (!c->fcgi.has_params) {
		reply_init(&reply, OUTCOME_STORE_ERROR, false);
		fcgi_conn_reply(&c->fcgi, reply.text, reply.len);
	}
	c->request->gateway.why = why;
	return fail(c, OUTCOME_STORE_ERROR);
}

bool
connection_answered(struct connection *c, int64_t now_ms)
{
	if (c->is_doomed)
		return false;
	if (c->is_broken)
		return linger(c, now_ms) == CONNECTION_STAYS;
	if (c->fcgi.has_end)
		return rest(c, now_ms) == CONNECTION_STAYS;
	/* nothing more will be sent */
	if (!c->fcgi.wants_keep && shutdown(c->fcgi.fd, SHUT_WR) != 0)
		return false;
	c->state = CONNECTION_DRAINS;
	c->since_ms = now_ms;
	c->limit = c->request->gateway.max_body + BODY_DRAIN;
	c->seen = 0;
	c->drain_ms = c->deadline_ms;
	wait_to_end(c, now_ms);
	return true;
}
