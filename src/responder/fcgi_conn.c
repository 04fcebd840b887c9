/* SPDX-License-Identifier: ISC */
/*
 * A push parser: bytes go where they belong as they arrive, however a stranger
 * has split them, and nothing here waits.
 */
#include <config.h>

#include "responder/fcgi_conn.h"

#include <sys/socket.h>

#include <string.h>

#include "event/reply.h"

/* A server asks once; a peer that asks more often than this is no server. */
#define ANSWERS_MAX	32

void
fcgi_conn_init(struct fcgi_conn *c, int fd)
{
	/* except part, which is written before it is read */
	memset(c, 0, offsetof(struct fcgi_conn, part));
	c->fd = fd;
}

void
fcgi_conn_next(struct fcgi_conn *c)
{
	c->id = 0;
	c->has_params = c->has_end = c->owes_end = false;
	c->answers = 0;
}

static bool
put(const struct fcgi_conn *c, const unsigned char *data, size_t len)
{
	return send(c->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)len;
}

/* For a record outside the request: true if the connection may go on. */
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
	unsigned char record[FCGI_VALUES_RECORD];
	size_t len = fcgi_values_format(record, c->part, c->len);

	return len > 0 && answer(c, record, len);
}

/* Ends the record's request with a status of the protocol, and no output. */
static bool
answer_end(struct fcgi_conn *c, unsigned char status)
{
	unsigned char record[FCGI_SHORT_RECORD];

	fcgi_end_format(record, c->record.id, status);
	return answer(c, record, sizeof(record));
}

static bool
begin(struct fcgi_conn *c)
{
	FCGI_BeginRequestBody body;

	memcpy(&body, c->part, sizeof(body));
	c->id = c->record.id;
	c->wants_keep = (body.flags & FCGI_KEEP_CONN) != 0;
	if (body.roleB1 == 0 && body.roleB0 == FCGI_RESPONDER)
		return true;
	answer_end(c, FCGI_UNKNOWN_ROLE);
	return false;
}

/* The content of a short record is complete. */
static bool
take_part(struct fcgi_conn *c)
{
	bool goes_on = c->record.type == FCGI_BEGIN_REQUEST ? begin(c) :
	    answer_values(c);

	c->record.content = c->len = 0;
	return goes_on;
}

static bool
check_begin(struct fcgi_conn *c)
{
	if (c->id != 0)
		return c->record.id != c->id &&
		    answer_end(c, FCGI_CANT_MPX_CONN);
	c->goes = FCGI_TO_PART;
	return c->record.content == sizeof(FCGI_BeginRequestBody);
}

/* A record that belongs to the request. */
static bool
check_own(struct fcgi_conn *c)
{
	if (c->record.type == FCGI_PARAMS && !c->has_params) {
		c->goes = FCGI_TO_PARAMS;
		c->has_params = c->record.content == 0;
		return true;
	}
	if (c->record.type == FCGI_STDIN && c->has_params) {
		c->goes = FCGI_TO_BODY;
		c->has_end = c->record.content == 0;
		return true;
	}
	if (c->record.type == FCGI_ABORT_REQUEST && !c->has_params)
		answer_end(c, FCGI_REQUEST_COMPLETE);
	return false;
}

/* Decides what to do with a record by its head; false: drop the connection. */
static bool
check(struct fcgi_conn *c)
{
	unsigned type = c->record.type;

	c->goes = FCGI_NOWHERE;
	if (c->record.id == FCGI_NULL_REQUEST_ID) {
		if (type != FCGI_GET_VALUES)
			return answer_unknown(c);
		c->goes = FCGI_TO_PART;
		return c->record.content <= sizeof(c->part) &&
		    (c->record.content > 0 || take_part(c));
	}
	if (type == FCGI_BEGIN_REQUEST)
		return check_begin(c);
	if (type != FCGI_ABORT_REQUEST && type != FCGI_PARAMS &&
	    type != FCGI_STDIN && type != FCGI_DATA)
		return answer_unknown(c);
	/* records of a request that was turned down are skipped */
	return c->record.id != c->id || check_own(c);
}

/* Fills part up to whole bytes; returns how many were used. */
static size_t
gather(struct fcgi_conn *c, size_t whole, const unsigned char *p, size_t len)
{
	if (len > whole - c->len)
		len = whole - c->len;
	memcpy(c->part + c->len, p, len);
	c->len += len;
	return len;
}

static bool
take_params(struct fcgi_conn *c, struct fcgi_params *params,
    const unsigned char *p, size_t len)
{
	while (len > 0) {
		size_t room;
		unsigned char *data = fcgi_params_room(params, &room);

		if (data == NULL) {
			answer_end(c, FCGI_OVERLOADED);
			return false;
		}
		if (room > len)
			room = len;
		memcpy(data, p, room);
		params->len += room;
		p += room;
		len -= room;
	}
	return true;
}

/* Part of a record's content; *used is how much of it. */
static bool
take_content(struct fcgi_conn *c, const struct fcgi_sink *sink,
    const unsigned char *p, size_t len, size_t *used)
{
	if (c->goes == FCGI_TO_PART) {
		*used = gather(c, c->record.content, p, len);
		return c->len < c->record.content || take_part(c);
	}
	*used = len < c->record.content ? len : c->record.content;
	c->record.content -= *used;
	if (sink == NULL || c->goes == FCGI_NOWHERE)
		return true;
	if (c->goes == FCGI_TO_PARAMS)
		return take_params(c, sink->params, p, *used);
	if (!body_add(sink->body, p, *used, sink->cap))
		*sink->has_room = false;
	return true;
}

/* Likewise for a record's head. */
static bool
take_head(struct fcgi_conn *c, const unsigned char *p, size_t len,
    size_t *used)
{
	*used = gather(c, FCGI_HEADER_LEN, p, len);
	if (c->len < FCGI_HEADER_LEN)
		return true;
	c->len = 0;
	return fcgi_head_parse(&c->record, c->part) && check(c);
}

bool
fcgi_conn_take(struct fcgi_conn *c, const struct fcgi_sink *sink,
    const unsigned char *p, size_t len, size_t *used)
{
	size_t at = 0, n;
	bool goes_on = true;

	while (at < len && goes_on) {
		if (c->record.content > 0) {
			goes_on = take_content(c, sink, p + at, len - at, &n);
		} else if (c->record.padding > 0) {
			n = len - at < c->record.padding ? len - at :
			    c->record.padding;
			c->record.padding -= n;
		} else if (c->has_end) {
			break;
		} else {
			goes_on = take_head(c, p + at, len - at, &n);
		}
		at += n;
	}
	*used = at;
	return goes_on;
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
	c->owes_end = c->wants_keep && !c->has_end;
	if (!c->owes_end) {
		fcgi_end_format(p, c->id, FCGI_REQUEST_COMPLETE);
		p += FCGI_SHORT_RECORD;
	}
	return put(c, all, (size_t)(p - all));
}

bool
fcgi_conn_end(struct fcgi_conn *c)
{
	unsigned char record[FCGI_SHORT_RECORD];

	if (!c->owes_end)
		return true;
	c->owes_end = false;
	fcgi_end_format(record, c->id, FCGI_REQUEST_COMPLETE);
	return put(c, record, sizeof(record));
}
