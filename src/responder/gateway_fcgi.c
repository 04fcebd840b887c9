/* SPDX-License-Identifier: ISC */
/*
 * FastCGI.  What strangers send is read by fcgi_conn.c and not by libfcgi,
 * which overruns its stack on a name that is asked for four times, and aborts
 * on lengths that it believes (2.4.2; doc/measurements.md).  A connection
 * carries one request: one that a server keeps idle would hold a thread.
 */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include "responder/fcgi_conn.h"
#include "responder/fcgi_params.h"
#include "responder/gateway.h"

#define FIRST_BYTE_MS		2000	/* a server speaks at once */
#define REPLY_TIMEOUT_MS	5000
#define LINGER_MS		2000

struct fcgi {
	struct gateway	 gateway;	/* first: it is what others hold */
	const struct fcgi_owner *owner;
	bool		 is_left;	/* by the thread that read it */
	struct fcgi_params params;
	struct body	 body;
	bool		 is_at_end;	/* of the body */
	struct fcgi_conn conn;
};

struct fcgi *
gateway_fcgi_new(size_t room, const struct fcgi_owner *owner)
{
	struct fcgi *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->owner = owner;
	f->gateway.room = calloc(1, room);
	if (f->gateway.room == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void
gateway_fcgi_free(struct fcgi *f)
{
	if (f == NULL)
		return;
	fcgi_params_wipe(&f->params);
	body_wipe(&f->body);
	free(f->gateway.room);
	free(f);
}

static ssize_t
fcgi_read(struct gateway *gw, void *buf, size_t len)
{
	struct fcgi *f = (struct fcgi *)gw;
	ssize_t n = fcgi_conn_read(&f->conn, FCGI_STDIN, buf, len);

	if (n == 0)
		f->is_at_end = true;
	return n;
}

static bool
fcgi_reply(struct gateway *gw, const char *text, size_t len)
{
	struct fcgi *f = (struct fcgi *)gw;

	fcgi_conn_set_timeout(&f->conn, REPLY_TIMEOUT_MS);
	return fcgi_conn_reply(&f->conn, text, len);
}

/* False if there is no request to serve. */
static bool
fcgi_begin(struct fcgi *f)
{
	struct fcgi_params *params = &f->params;
	unsigned char *data;
	size_t room;
	ssize_t n;

	do {
		data = fcgi_params_room(params, &room);
		if (data == NULL) {
			fcgi_conn_refuse(&f->conn, FCGI_OVERLOADED);
			return false;
		}
		n = fcgi_conn_read(&f->conn, FCGI_PARAMS, data, room);
		if (n > 0)
			params->len += (size_t)n;
	} while (n > 0);
	return n == 0 && fcgi_params_finish(params);
}

/*
 * What is left lies in memory while it waits, and must need nobody any more:
 * its answer fits in a socket's buffer.
 */
static bool
fcgi_may_leave(struct gateway *gw)
{
	struct fcgi *f = (struct fcgi *)gw;

	f->is_left = f->is_at_end && f->body.size <= BODY_KEEP &&
	    f->params.size <= FCGI_PARAMS_KEEP &&
	    f->owner->may_leave(f->owner->ctx);
	return f->is_left;
}

static void
fcgi_end(struct gateway *gw)
{
	struct fcgi *f = (struct fcgi *)gw;

	/* closing on unread bytes would reset it before it read the answer */
	fcgi_conn_set_timeout(&f->conn, LINGER_MS);
	if (!f->is_at_end)
		fcgi_conn_linger(&f->conn);
	close(f->conn.fd);
	/* also gives back what this one took too much of */
	fcgi_params_init(&f->params);
	body_init(&f->body);
	f->owner->take_back(f->owner->ctx, f, f->is_left);
}

static void
fcgi_serve(struct fcgi *f, const struct handler *handler)
{
	f->gateway.env = f->params.env;
	f->gateway.is_cut = f->params.is_over;
	f->gateway.has_end = true;
	f->gateway.read = fcgi_read;
	f->gateway.reply = fcgi_reply;
	f->gateway.body = &f->body;
	f->gateway.may_leave = fcgi_may_leave;
	f->gateway.end = fcgi_end;
	handler->serve(handler->ctx, &f->gateway);
}

void
gateway_fcgi(struct fcgi *f, const struct handler *handler, int fd,
    unsigned timeout)
{
	fcgi_conn_init(&f->conn, fd, timeout * 1000);
	fcgi_params_init(&f->params);
	body_init(&f->body);
	f->is_left = f->is_at_end = false;
	if (fcgi_conn_wait(&f->conn, FIRST_BYTE_MS) && fcgi_begin(f)) {
		fcgi_serve(f, handler);
		return;
	}
	f->is_at_end = true;	/* there is nothing to read the answer for */
	fcgi_end(&f->gateway);
}
