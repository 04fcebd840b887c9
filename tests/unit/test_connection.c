/* SPDX-License-Identifier: ISC */
/* A FastCGI connection: each state, whatever the peer sends, or does not. */
#include <config.h>

#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "responder/connection.h"
#include "responder/crowd.h"
#include "unit.h"

#define CAP	((size_t)1000)
#define BODY	"0123456789"

/* What a web server sends. */
static unsigned char wire[8192];
static size_t wire_len;
/* Its end of the connection. */
static int peer;
static struct connection *c;
static struct delivery delivery;

static void
put(unsigned type, unsigned id, const void *data, size_t len, size_t padding)
{
	unsigned char *p = wire + wire_len;

	fcgi_head_format(p, type, id, len);
	p[6] = (unsigned char)padding;
	if (len > 0)
		memcpy(p + FCGI_HEADER_LEN, data, len);
	memset(p + FCGI_HEADER_LEN + len, 0, padding);
	wire_len += FCGI_HEADER_LEN + len + padding;
}

static void
put_head(unsigned char flags, size_t padding)
{
	const unsigned char begin[8] = { 0, FCGI_RESPONDER, flags };

	put(FCGI_BEGIN_REQUEST, 1, begin, sizeof(begin), padding);
	put(FCGI_PARAMS, 1, "\1\2Abc", 5, padding);
	put(FCGI_PARAMS, 1, NULL, 0, padding);
}

static void
put_body(size_t padding)
{
	put(FCGI_STDIN, 1, BODY, strlen(BODY), padding);
}

static void
put_end(size_t padding)
{
	put(FCGI_STDIN, 1, NULL, 0, padding);
}

/* What the loop does for a connection that waits. */
static void
give_request(void)
{
	struct request *r = request_new(1);

	ck_assert_ptr_nonnull(r);
	r->connection = c;
	r->gateway.max_body = CAP;
	c->request = r;
}

static void
start(void)
{
	int pair[2];

	wire_len = 0;
	memset(&delivery, 0, sizeof(delivery));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	peer = pair[0];
	c = connection_new(pair[1], 0, 1000);
	ck_assert_ptr_nonnull(c);
	give_request();
}

static void
stop(void)
{
	if (c->request != NULL)
		request_free(c->request);
	connection_free(c);
	close(peer);
}

/* What is on the wire comes; the loop sees that a request has begun. */
static enum connection_step
come(void)
{
	unsigned char buf[64];
	enum connection_step step;

	if (wire_len > 0)
		ck_assert_int_eq(write(peer, wire, wire_len),
		    (ssize_t)wire_len);
	wire_len = 0;
	step = connection_read(c, buf, sizeof(buf));
	if (c->state == CONNECTION_IDLE && c->fcgi.id != 0)
		connection_begin(c, 0, 1000);
	return step;
}

/* What a thread does that finds the head in order. */
static void
check_head(enum delivery_length kind, size_t length)
{
	ck_assert(fcgi_params_finish(&c->request->params));
	ck_assert_str_eq(c->request->params.env[0], "A=bc");
	delivery.length_kind = kind;
	delivery.length = length;
	c->request->gateway.delivery = &delivery;
	c->request->has_served_head = true;
	c->state = CONNECTION_READS;
}

static bool
answered(void)
{
	bool stays = connection_answered(c, 5000);

	request_free(c->request);
	c->request = NULL;
	return stays;
}

static enum outcome
fault(void)
{
	return c->request->gateway.fault;
}

/* All that was said to the peer. */
static size_t
said(unsigned char *buf, size_t size)
{
	ssize_t n = recv(peer, buf, size, MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

START_TEST(test_whole)
{
	start();
	ck_assert_int_eq(come(), CONNECTION_STAYS);
	ck_assert_uint_eq(c->fcgi.id, 0);
	put_head(0, 0);
	put_body(0);
	put_end(0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	check_head(LENGTH_UNKNOWN, 0);
	ck_assert(connection_is_whole(c));
	ck_assert_uint_eq(c->request->body.len, strlen(BODY));
	ck_assert_mem_eq(c->request->body.data, BODY, strlen(BODY));
	ck_assert_int_eq(fault(), OUTCOME_STORED);
	ck_assert(!answered());
	stop();
}
END_TEST

/* However it is cut, and with whatever between its parts. */
START_TEST(test_pieces)
{
	static unsigned char all[sizeof(wire)];
	size_t len, ready = 0;

	for (size_t padding = 0; padding < 256; padding += 85) {
		start();
		put_head(0, padding);
		put_body(padding);
		put_end(0);
		len = wire_len;
		memcpy(all, wire, len);
		wire_len = 0;
		for (size_t i = 0; i < len; i++) {
			wire[0] = all[i];
			wire_len = 1;
			if (come() != CONNECTION_READY)
				continue;
			ready++;
			if (!c->request->has_served_head)
				check_head(LENGTH_UNKNOWN, 0);
			ck_assert(connection_is_whole(c) == (i == len - 1));
		}
		ck_assert_mem_eq(c->request->body.data, BODY, strlen(BODY));
		stop();
	}
	/* each once for its head, and once for all of it */
	ck_assert_uint_eq(ready, 2 * 4);
}
END_TEST

/* No end is waited for where a length says as much. */
START_TEST(test_length)
{
	start();
	put_head(0, 0);
	put(FCGI_STDIN, 1, BODY, 4, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert(!connection_is_whole(c));
	check_head(LENGTH_KNOWN, strlen(BODY));
	ck_assert(!connection_is_whole(c));
	put(FCGI_STDIN, 1, BODY + 4, 5, 0);
	ck_assert_int_eq(come(), CONNECTION_STAYS);
	put(FCGI_STDIN, 1, BODY + 9, 1, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert_int_eq(body_check(&c->request->body, &delivery, CAP),
	    OUTCOME_STORED);
	stop();
	/* what is there already counts */
	start();
	put_head(0, 0);
	put_body(0);
	put(FCGI_STDIN, 1, "x", 1, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	check_head(LENGTH_KNOWN, strlen(BODY));
	ck_assert(connection_is_whole(c));
	ck_assert_int_eq(body_check(&c->request->body, &delivery, CAP),
	    OUTCOME_SHORT_BODY);
	stop();
}
END_TEST

START_TEST(test_too_large)
{
	static const char zeros[CAP + 1];

	start();
	put_head(0, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	check_head(LENGTH_UNKNOWN, 0);
	put(FCGI_STDIN, 1, zeros, CAP, 0);
	/* some buffers in a turn */
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(come(), CONNECTION_STAYS);
	put(FCGI_STDIN, 1, zeros, 1, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert(connection_is_whole(c));
	ck_assert_uint_eq(c->request->body.len, CAP + 1);
	stop();
}
END_TEST

START_TEST(test_gone)
{
	/* before there is a head nobody is answered */
	start();
	put_head(0, 0);
	wire_len -= FCGI_HEADER_LEN;
	ck_assert_int_eq(come(), CONNECTION_STAYS);
	ck_assert_int_eq(c->state, CONNECTION_READS);
	shutdown(peer, SHUT_WR);
	ck_assert_int_eq(come(), CONNECTION_OVER);
	stop();
	/* then it is known to be short */
	start();
	put_head(0, 0);
	put_body(0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	check_head(LENGTH_UNKNOWN, 0);
	ck_assert_int_eq(come(), CONNECTION_STAYS);
	shutdown(peer, SHUT_WR);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert_int_eq(fault(), OUTCOME_SHORT_BODY);
	ck_assert(answered());
	ck_assert_int_eq(c->state, CONNECTION_LINGERS);
	ck_assert_int_eq(come(), CONNECTION_OVER);
	stop();
	/* broken protocol is no better */
	start();
	put_head(0, 0);
	put(FCGI_PARAMS, 1, "x", 1, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert_int_eq(fault(), OUTCOME_SHORT_BODY);
	stop();
}
END_TEST

START_TEST(test_late)
{
	start();
	ck_assert_int_eq(connection_late(c, 1000), CONNECTION_OVER);
	put_head(0, 0);
	put_body(0);
	wire_len -= FCGI_HEADER_LEN + strlen(BODY) + FCGI_HEADER_LEN;
	ck_assert_int_eq(come(), CONNECTION_STAYS);
	ck_assert_int_eq(connection_late(c, 1000), CONNECTION_OVER);
	stop();
	start();
	put_head(0, 0);
	put_body(0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	check_head(LENGTH_KNOWN, strlen(BODY) + 1);
	ck_assert_int_eq(connection_late(c, 1000), CONNECTION_READY);
	ck_assert_int_eq(fault(), OUTCOME_BODY_TIMEOUT);
	ck_assert(connection_is_whole(c));
	ck_assert(answered());
	/* it may read its answer, but not for ever */
	ck_assert_int_eq(c->state, CONNECTION_LINGERS);
	ck_assert_int_eq(connection_late(c, 9000), CONNECTION_OVER);
	stop();
}
END_TEST

START_TEST(test_aborted)
{
	unsigned char end[FCGI_SHORT_RECORD], buf[256];

	start();
	put_head(FCGI_KEEP_CONN, 0);
	wire_len -= FCGI_HEADER_LEN;
	put(FCGI_ABORT_REQUEST, 1, NULL, 0, 0);
	ck_assert_int_eq(come(), CONNECTION_OVER);
	fcgi_end_format(end, 1, FCGI_REQUEST_COMPLETE);
	ck_assert_uint_eq(said(buf, sizeof(buf)), sizeof(end));
	ck_assert_mem_eq(buf, end, sizeof(end));
	stop();
	start();
	put_head(FCGI_KEEP_CONN, 0);
	put(FCGI_ABORT_REQUEST, 1, NULL, 0, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert_int_eq(fault(), OUTCOME_SHORT_BODY);
	stop();
}
END_TEST

START_TEST(test_kept)
{
	start();
	for (int i = 0; i < 3; i++) {
		put_head(FCGI_KEEP_CONN, 0);
		put_body(0);
		put_end(0);
		ck_assert_int_eq(come(), CONNECTION_READY);
		check_head(LENGTH_KNOWN, strlen(BODY));
		ck_assert_uint_eq(c->request->body.len, strlen(BODY));
		ck_assert(answered());
		ck_assert_int_eq(c->state, CONNECTION_IDLE);
		/* longer than nginx keeps it */
		ck_assert_int_gt(c->deadline_ms, 5000 + 60000);
		give_request();
	}
	/* the last one shall not be kept */
	put_head(0, 0);
	put_end(0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert(!answered());
	stop();
	/* nor a peer that does not wait for its turn */
	start();
	put_head(FCGI_KEEP_CONN, 0);
	put_end(0);
	put_body(0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert(!answered());
	stop();
}
END_TEST

/* Answered before it was read: to its end, and no further. */
START_TEST(test_early)
{
	static const char zeros[CAP];

	for (int is_kept = 0; is_kept < 2; is_kept++) {
		start();
		put_head(is_kept ? FCGI_KEEP_CONN : 0, 0);
		ck_assert_int_eq(come(), CONNECTION_READY);
		ck_assert(answered());
		ck_assert_int_eq(c->state, CONNECTION_DRAINS);
		put_body(7);
		ck_assert_int_eq(come(), CONNECTION_STAYS);
		put_end(7);
		give_request();
		ck_assert_int_eq(come(), is_kept ? CONNECTION_STAYS :
		    CONNECTION_OVER);
		ck_assert(is_kept == (c->state == CONNECTION_IDLE));
		stop();
	}
	/* a kept one has its end once the body has ended, or nothing comes */
	for (int is_silent = 0; is_silent < 2; is_silent++) {
		unsigned char buf[256];
		size_t len;

		start();
		put_head(FCGI_KEEP_CONN, 0);
		ck_assert_int_eq(come(), CONNECTION_READY);
		c->deadline_ms = 9000;
		ck_assert(fcgi_conn_reply(&c->fcgi, BODY, strlen(BODY)));
		ck_assert(answered());
		len = said(buf, sizeof(buf));
		ck_assert_uint_eq(len, 2 * FCGI_HEADER_LEN + strlen(BODY));
		ck_assert_int_eq(c->deadline_ms, 6000);
		if (is_silent) {
			ck_assert_int_eq(connection_late(c, 6000),
			    CONNECTION_STAYS);
			ck_assert_int_eq(c->deadline_ms, 9000);
		}
		ck_assert_uint_eq(said(buf, sizeof(buf)), is_silent ?
		    FCGI_SHORT_RECORD : 0);
		put_body(0);
		put_end(0);
		give_request();
		ck_assert_int_eq(come(), CONNECTION_STAYS);
		ck_assert_uint_eq(said(buf, sizeof(buf)), is_silent ? 0 :
		    FCGI_SHORT_RECORD);
		ck_assert_int_eq(c->state, CONNECTION_IDLE);
		stop();
	}
	/* the next request comes right behind it */
	start();
	put_head(FCGI_KEEP_CONN, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert(answered());
	give_request();
	put_end(7);
	put_head(FCGI_KEEP_CONN, 0);
	put_body(0);
	while (c->state != CONNECTION_READS)
		ck_assert_int_ne(come(), CONNECTION_OVER);
	while (c->request->body.len < strlen(BODY))
		ck_assert_int_ne(come(), CONNECTION_OVER);
	check_head(LENGTH_UNKNOWN, 0);
	ck_assert_mem_eq(c->request->body.data, BODY, strlen(BODY));
	stop();
	start();
	put_head(FCGI_KEEP_CONN, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert(answered());
	ck_assert_int_eq(connection_late(c, 8000), CONNECTION_STAYS);
	ck_assert_int_eq(c->state, CONNECTION_LINGERS);
	stop();
	start();
	put_head(FCGI_KEEP_CONN, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	ck_assert(answered());
	for (size_t n = 0; n <= CAP + BODY_DRAIN; n += 256) {
		ck_assert_int_eq(c->state, CONNECTION_DRAINS);
		put(FCGI_STDIN, 1, zeros, 256 - FCGI_HEADER_LEN, 0);
		ck_assert_int_eq(come(), CONNECTION_STAYS);
	}
	ck_assert_int_eq(c->state, CONNECTION_LINGERS);
	stop();
}
END_TEST

START_TEST(test_gives_way)
{
	unsigned char buf[1024];
	size_t len;

	start();
	ck_assert_int_eq(connection_give_way(c, "why"), CONNECTION_OVER);
	ck_assert_uint_eq(said(buf, sizeof(buf)), 0);
	stop();
	start();
	put_head(0, 0);
	wire_len -= FCGI_HEADER_LEN;
	ck_assert_int_eq(come(), CONNECTION_STAYS);
	ck_assert_int_eq(connection_give_way(c, "why"), CONNECTION_OVER);
	len = said(buf, sizeof(buf));
	ck_assert_ptr_nonnull(memmem(buf, len, "Status: 503", 11));
	stop();
	start();
	put_head(0, 0);
	ck_assert_int_eq(come(), CONNECTION_READY);
	check_head(LENGTH_UNKNOWN, 0);
	ck_assert_int_eq(connection_give_way(c, "why"), CONNECTION_READY);
	ck_assert_int_eq(fault(), OUTCOME_STORE_ERROR);
	ck_assert_str_eq(c->request->gateway.why, "why");
	ck_assert(!answered());
	stop();
}
END_TEST

static struct crowd crowd;
static struct connection some[6];
static struct request reading[6];

static void
join(enum connection_state state, int64_t since_ms, size_t seen)
{
	struct connection *one = &some[crowd.count];

	memset(one, 0, sizeof(*one));
	memset(&reading[crowd.count], 0, sizeof(reading[0]));
	one->state = state;
	one->since_ms = since_ms;
	one->seen = seen;
	one->fcgi.fd = 100 + (int)crowd.count;
	if (state == CONNECTION_READS) {
		one->request = &reading[crowd.count];
		one->request->body.len = seen;
	}
	crowd_add(&crowd, one);
}

START_TEST(test_crowd)
{
	const int64_t now = 100000;

	ck_assert_uint_eq(crowd_last(&crowd, now), 0);
	/* a large body that gets on, one that does not, and one that begins */
	join(CONNECTION_READS, now - 5000, 2000000);
	join(CONNECTION_READS, now - 4000, 1000);
	join(CONNECTION_READS, now, 0);
	ck_assert_uint_eq(crowd_slowest(&crowd, now), 1);
	ck_assert_uint_eq(crowd_last(&crowd, now), 1);
	ck_assert_uint_eq(crowd_bytes(&crowd), 2001000);
	join(CONNECTION_DRAINS, now - 10, 5);
	ck_assert_uint_eq(crowd_last(&crowd, now), 3);
	join(CONNECTION_IDLE, now - 1, 0);
	join(CONNECTION_IDLE, now - 2, 0);
	ck_assert_uint_eq(crowd_last(&crowd, now), 5);
	crowd_remove(&crowd, 1);
	ck_assert_uint_eq(crowd.count, 5);
	ck_assert_ptr_eq(crowd.member[1], &some[5]);
	ck_assert_int_eq(crowd.pfd[CROWD_FIXED + 1].fd, 105);
	ck_assert_uint_eq(crowd_last(&crowd, now), 1);
	ck_assert_uint_eq(crowd_slowest(&crowd, now), 2);
}
END_TEST

UNIT_MAIN("connection", test_whole, test_pieces, test_length, test_too_large,
    test_gone, test_late, test_aborted, test_kept, test_early, test_gives_way,
    test_crowd)
