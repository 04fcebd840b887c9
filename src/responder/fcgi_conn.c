/* SPDX-License-Identifier: ISC */
/*
 * Reads records from a stranger.  The socket is never waited for but in
 * poll(2), up to one deadline for the whole request, so a peer that is silent,
 * slow or deaf holds a thread no longer than that.
 */
#include <config.h>

#include "responder/fcgi_conn.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/fileops.h"
#include "event/reply.h"
#include "responder/gateway.h"
#include "responder/wait.h"

/* A server asks once; who makes us talk on and on is none. */
#define ANSWERS_MAX	32

void
fcgi_conn_init(struct fcgi_conn *c, int fd, unsigned timeout_ms)
{
	/* not the buffer: it is large, and written before it is read */
	memset(c, 0, offsetof(struct fcgi_conn, in));
	c->fd = fd;
	fcgi_conn_set_timeout(c, timeout_ms);
}

void
fcgi_conn_set_timeout(struct fcgi_conn *c, unsigned timeout_ms)
{
	c->deadline_ms = fileops_clock_ms() + timeout_ms;
}

static bool
is_no_matter(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/*
 * Waits for bytes: the first len of them, which may be none, go to buf, what
 * follows them to the empty buffer.  How many went to buf.
 */
static ssize_t
receive(struct fcgi_conn *c, void *buf, size_t len)
{
	struct iovec iov[2] = { { buf, len }, { c->in, sizeof(c->in) } };
	struct msghdr msg;
	ssize_t n;

	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = iov;
	msg.msg_iovlen = 2;
	/* also who never lets us wait must come to an end */
	if (fileops_clock_ms() >= c->deadline_ms)
		return GATEWAY_LATE;
	while ((n = recvmsg(c->fd, &msg, MSG_DONTWAIT)) < 0) {
		if (!is_no_matter(errno))
			return GATEWAY_BROKEN;
		if (!wait_until(c->fd, POLLIN, c->deadline_ms))
			return GATEWAY_LATE;
	}
	if (n == 0)
		return GATEWAY_BROKEN;
	c->at = 0;
	c->len = (size_t)n > len ? (size_t)n - len : 0;
	return (size_t)n > len ? (ssize_t)len : n;
}

bool
fcgi_conn_wait(struct fcgi_conn *c, unsigned timeout_ms)
{
	int64_t deadline_ms = c->deadline_ms;
	bool has_come;

	/* mostly they are there already: no poll(2) */
	fcgi_conn_set_timeout(c, timeout_ms);
	has_come = receive(c, NULL, 0) == 0;
	c->deadline_ms = deadline_ms;
	return has_come;
}

/* Up to len bytes of what comes next, at least one. */
static ssize_t
take(struct fcgi_conn *c, void *buf, size_t len)
{
	ssize_t n;

	if (c->at == c->len) {
		c->at = c->len = 0;
		n = receive(c, buf, len);
		if (n != 0)
			return n;
	}
	if (len > c->len - c->at)
		len = c->len - c->at;
	memcpy(buf, c->in + c->at, len);
	c->at += len;
	return (ssize_t)len;
}

/* Exactly len bytes: > 0, or what ended it. */
static ssize_t
take_all(struct fcgi_conn *c, void *buf, size_t len)
{
	unsigned char *p = buf;
	ssize_t n = 1;

	while (len > 0 && (n = take(c, p, len)) > 0) {
		p += n;
		len -= (size_t)n;
	}
	return n;
}

/* Passes over what is left of a record: > 0, or what ended it. */
static ssize_t
skip(struct fcgi_conn *c)
{
	size_t left = c->record.content + c->record.padding;

	c->record.content = c->record.padding = 0;
	for (;;) {
		size_t here = c->len - c->at;
		ssize_t n;

		if (here >= left) {
			c->at += left;
			return 1;
		}
		left -= here;
		if ((n = receive(c, NULL, 0)) < 0)
			return n;
	}
}

/* All of it, within the deadline. */
static bool
put(struct fcgi_conn *c, const unsigned char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(c->fd, data, len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && !is_no_matter(errno))
			return false;
		if (n < 0 && !wait_until(c->fd, POLLOUT, c->deadline_ms))
			return false;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* What is no part of the request: true if the connection may go on. */
static bool
answer(struct fcgi_conn *c, const unsigned char *record, size_t len)
{
	return ++c->answers <= ANSWERS_MAX && put(c, record, len);
}

static bool
answer_unknown(struct fcgi_conn *c)
{
	unsigned char record[FCGI_SHORT_RECORD];

	fcgi_unknown_format(record, c->record.type);
	return answer(c, record, sizeof(record));
}

static bool
answer_values(struct fcgi_conn *c)
{
	unsigned char question[FCGI_VALUES_MAX], record[FCGI_VALUES_RECORD];
	size_t len = c->record.content;

	if (len > sizeof(question) || take_all(c, question, len) <= 0)
		return false;
	c->record.content = 0;
	len = fcgi_values_format(record, question, len);
	return len > 0 && answer(c, record, len);
}

static bool
answer_second(struct fcgi_conn *c)
{
	unsigned char record[FCGI_SHORT_RECORD];

	fcgi_end_format(record, c->record.id, FCGI_CANT_MPX_CONN);
	return c->record.id != c->id && answer(c, record, sizeof(record));
}

static bool
begin(struct fcgi_conn *c)
{
	FCGI_BeginRequestBody body;

	if (c->id != 0)
		return answer_second(c);
	if (c->record.content != sizeof(body) ||
	    take_all(c, &body, sizeof(body)) <= 0)
		return false;
	c->record.content = 0;
	c->id = c->record.id;
	if (body.roleB1 == 0 && body.roleB0 == FCGI_RESPONDER)
		return true;
	fcgi_conn_refuse(c, FCGI_UNKNOWN_ROLE);
	return false;
}

/* Judges a record by its head; false breaks the connection off. */
static bool
judge(struct fcgi_conn *c, unsigned stream)
{
	unsigned type = c->record.type;

	if (c->record.id == FCGI_NULL_REQUEST_ID)
		return type == FCGI_GET_VALUES ? answer_values(c) :
		    answer_unknown(c);
	if (type == FCGI_BEGIN_REQUEST)
		return begin(c);
	if (type != FCGI_ABORT_REQUEST && type != FCGI_PARAMS &&
	    type != FCGI_STDIN && type != FCGI_DATA)
		return answer_unknown(c);
	/* of a request that we have not taken on: passed over */
	if (c->record.id != c->id)
		return true;
	c->is_wanted = type == stream;
	return c->is_wanted;
}

ssize_t
fcgi_conn_read(struct fcgi_conn *c, unsigned stream, void *buf, size_t len)
{
	unsigned char head[FCGI_HEADER_LEN];
	ssize_t n;

	while (!c->is_wanted || c->record.content == 0) {
		c->is_wanted = false;
		if ((n = skip(c)) <= 0 ||
		    (n = take_all(c, head, sizeof(head))) <= 0)
			return n;
		if (!fcgi_head_parse(&c->record, head) || !judge(c, stream))
			return GATEWAY_BROKEN;
		if (c->is_wanted && c->record.content == 0) {
			c->is_wanted = false;
			return 0;
		}
	}
	if (len > c->record.content)
		len = c->record.content;
	n = take(c, buf, len);
	if (n > 0)
		c->record.content -= (size_t)n;
	return n;
}

bool
fcgi_conn_reply(struct fcgi_conn *c, const char *text, size_t len)
{
	/* in one piece: the web server wakes once */
	unsigned char all[FCGI_HEADER_LEN + REPLY_MAX +
	    FCGI_HEADER_LEN + FCGI_SHORT_RECORD];
	unsigned char *p = all;

	if (len > REPLY_MAX)
		return false;
	fcgi_head_format(p, FCGI_STDOUT, c->id, len);
	p += FCGI_HEADER_LEN;
	memcpy(p, text, len);
	p += len;
	fcgi_head_format(p, FCGI_STDOUT, c->id, 0);
	p += FCGI_HEADER_LEN;
	fcgi_end_format(p, c->id, FCGI_REQUEST_COMPLETE);
	p += FCGI_SHORT_RECORD;
	return put(c, all, (size_t)(p - all));
}

bool
fcgi_conn_refuse(struct fcgi_conn *c, unsigned char status)
{
	unsigned char record[FCGI_SHORT_RECORD];

	fcgi_end_format(record, c->id, status);
	return put(c, record, sizeof(record));
}

void
fcgi_conn_linger(struct fcgi_conn *c)
{
	if (shutdown(c->fd, SHUT_WR) != 0)
		return;
	while (receive(c, NULL, 0) == 0)
		continue;
}
