/* SPDX-License-Identifier: ISC */
/*
 * FastCGI.  What strangers send is read by fcgi_conn.c and not by libfcgi,
 * which overruns its stack on a name that is asked for four times, and aborts
 * on lengths that it believes (2.4.2; doc/measurements.md).
 */
#include <config.h>

#include "responder/gateway.h"
#include "responder/loop.h"

static bool
fcgi_reply(struct gateway *gw, const char *text, size_t len)
{
	struct connection *c = ((struct request *)gw)->connection;

	if (!fcgi_conn_reply(&c->fcgi, text, len))
		c->is_doomed = true;
	return !c->is_doomed;
}

/* A request that is left waits in memory, so it must be small. */
static bool
fcgi_may_leave(struct gateway *gw)
{
	struct request *r = (struct request *)gw;

	r->is_left = r->body.size <= BODY_KEEP &&
	    r->params.size <= FCGI_PARAMS_KEEP &&
	    loop_may_leave(r->connection->loop);
	return r->is_left;
}

static void
fcgi_end(struct gateway *gw)
{
	struct request *r = (struct request *)gw;

	loop_answered(r->connection->loop, r);
}

/* All parameters have arrived; false if they are malformed. */
static bool
begin(struct request *r)
{
	struct gateway *gw = &r->gateway;

	r->has_served_head = true;
	gw->env = r->params.env;
	gw->body = &r->body;
	gw->reply = fcgi_reply;
	gw->may_leave = fcgi_may_leave;
	gw->end = fcgi_end;
	if (!fcgi_params_finish(&r->params))
		return false;
	gw->is_cut = r->params.is_over;
	return true;
}

void
gateway_fcgi(struct request *r, const struct handler *handler)
{
	struct connection *c = r->connection;
	struct gateway *gw = &r->gateway;

	if (!r->has_served_head) {
		if (!begin(r)) {
			c->is_doomed = true;
			fcgi_end(gw);
			return;
		}
		if (!handler->head(handler->ctx, gw))
			return;
	}
	if (!connection_is_whole(c)) {
		loop_read_on(c->loop, c);
		return;
	}
	/* data must not be NULL, even for an empty body */
	if (gw->fault == OUTCOME_STORED &&
	    !body_add(gw->body, NULL, 0, gw->max_body)) {
		gw->fault = OUTCOME_STORE_ERROR;
		gw->why = "no memory for the body";
	}
	handler->body(handler->ctx, gw);
}
