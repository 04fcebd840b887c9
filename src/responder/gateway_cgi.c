/* SPDX-License-Identifier: ISC */
/*
 * Plain CGI: the body is on descriptor 0, the answer goes to 1.  Both may be
 * pipes, sockets or files.  Arguments are never looked at: Apache makes them
 * from the query string.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

#include "base/fileops.h"
#include "responder/gateway.h"
#include "responder/wait.h"

#define REPLY_TIMEOUT_MS	5000

struct cgi {
	struct gateway	gateway;	/* first: it is what others hold */
	int64_t		deadline_ms;
};

static ssize_t
cgi_read(struct gateway *gw, void *buf, size_t len)
{
	struct cgi *cgi = (struct cgi *)gw;
	ssize_t n;

	do {
		if (!wait_until(STDIN_FILENO, POLLIN, cgi->deadline_ms))
			return GATEWAY_LATE;
		n = read(STDIN_FILENO, buf, len);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? GATEWAY_BROKEN : n;
}

static bool
cgi_reply(struct gateway *gw, const char *text, size_t len)
{
	int64_t deadline_ms = fileops_clock_ms() + REPLY_TIMEOUT_MS;

	(void)gw;
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
    unsigned timeout, void *room)
{
	struct body body = { NULL, 0, 0, 0, false };
	struct cgi cgi;

	cgi.gateway.env = env;
	cgi.gateway.is_cut = false;
	cgi.gateway.has_end = false;
	cgi.gateway.read = cgi_read;
	cgi.gateway.reply = cgi_reply;
	cgi.gateway.body = &body;
	cgi.gateway.room = room;
	cgi.gateway.may_leave = cgi_may_leave;
	cgi.gateway.end = cgi_end;
	cgi.deadline_ms = fileops_clock_ms() + (int64_t)timeout * 1000;
	handler->serve(handler->ctx, &cgi.gateway);
	body_wipe(&body);
}
