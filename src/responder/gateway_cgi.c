/* SPDX-License-Identifier: ISC */
/*
 * Plain CGI: the body is on descriptor 0, the answer goes to 1.  Both may be
 * pipes, sockets or files.  Arguments are never read: Apache makes them from
 * the query string.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

#include "base/fileops.h"
#include "responder/gateway.h"

#define REPLY_TIMEOUT_MS	5000

struct cgi {
	struct gateway	gateway;	/* first: it is what others hold */
	struct body_source source;	/* descriptor 0 */
	int64_t		deadline_ms;
};

/* Is fd ready before the deadline?  Signals do not end the wait. */
static bool
wait_until(int fd, short events, int64_t deadline_ms)
{
	struct pollfd pfd = { fd, events, 0 };
	int64_t left;
	int rc;

	do {
		left = deadline_ms - fileops_clock_ms();
		if (left < 0)
			return false;
		rc = poll(&pfd, 1, (int)left);
	} while (rc < 0 && errno == EINTR);
	return rc > 0;
}

static ssize_t
cgi_read(struct body_source *source, void *buf, size_t len)
{
	const struct cgi *cgi = (struct cgi *)
	    ((char *)source - offsetof(struct cgi, source));
	ssize_t n;

	do {
		if (!wait_until(STDIN_FILENO, POLLIN, cgi->deadline_ms))
			return BODY_LATE;
		n = read(STDIN_FILENO, buf, len);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? BODY_BROKEN : n;
}

static bool
cgi_reply(struct gateway *gw, const char *text, size_t len)
{
	struct cgi *cgi = (struct cgi *)gw;
	int64_t deadline_ms;

	body_drain(gw->body, &cgi->source, gw->delivery,
	    gw->max_body + BODY_DRAIN);
	deadline_ms = fileops_clock_ms() + REPLY_TIMEOUT_MS;
	while (len > 0) {
		ssize_t n;

		if (!wait_until(STDOUT_FILENO, POLLOUT, deadline_ms))
			return false;
		n = write(STDOUT_FILENO, text, len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* A CGI process has no other thread, and nothing else to do. */
static bool
cgi_may_leave(struct gateway *gw)
{
	(void)gw;
	return false;
}

static void
cgi_end(struct gateway *gw)
{
	(void)gw;
}

void
gateway_cgi(const struct handler *handler, char *const *env,
    unsigned timeout, size_t max_body, void *room)
{
	struct body body = { NULL, 0, 0, 0, false };
	struct cgi cgi;
	struct gateway *gw = &cgi.gateway;

	gw->env = env;
	gw->is_cut = false;
	gw->max_body = max_body;
	gw->delivery = NULL;
	gw->body = &body;
	gw->why = NULL;
	gw->room = room;
	gw->reply = cgi_reply;
	gw->may_leave = cgi_may_leave;
	gw->end = cgi_end;
	cgi.source.read = cgi_read;
	cgi.deadline_ms = fileops_clock_ms() + (int64_t)timeout * 1000;
	if (handler->head(handler->ctx, gw)) {
		gw->fault = body_read(&body, &cgi.source, gw->delivery,
		    gw->max_body);
		if (gw->fault == OUTCOME_STORE_ERROR)
			gw->why = "no memory for the body";
		handler->body(handler->ctx, gw);
	}
	body_wipe(&body);
}
