/* SPDX-License-Identifier: ISC */
/* A body: read to its length, cut at the cap, discarded after a refusal. */
#include <config.h>

#include <string.h>

#include "responder/body.h"
#include "unit.h"

#define CAP	((size_t)100000)

/* A peer that gives out bytes in steps, and then ends in some way. */
static struct {
	struct body_source source;
	size_t left, step;
	size_t asked;		/* bytes given */
	ssize_t end;		/* 0, BODY_BROKEN, BODY_LATE */
	bool has_ended;
} peer;

static struct body body;
static struct delivery delivery;

static ssize_t
peer_read(struct body_source *source, void *buf, size_t len)
{
	/* Check writes to a file at each assertion: only those that fail */
	if (source != &peer.source || len == 0 || peer.has_ended) {
		ck_assert_ptr_eq(source, &peer.source);
		ck_assert_uint_gt(len, 0);
		ck_abort_msg("read again after the end");
	}
	if (peer.left == 0) {
		peer.has_ended = true;
		return peer.end;
	}
	if (len > peer.step)
		len = peer.step;
	if (len > peer.left)
		len = peer.left;
	for (size_t i = 0; i < len; i++)
		((unsigned char *)buf)[i] = (unsigned char)(peer.asked + i);
	peer.left -= len;
	peer.asked += len;
	return (ssize_t)len;
}

static void
start(size_t bytes, size_t step)
{
	memset(&peer, 0, sizeof(peer));
	memset(&delivery, 0, sizeof(delivery));
	peer.source.read = peer_read;
	peer.left = bytes;
	peer.step = step;
	body_init(&body);
}

static void
declare(size_t length)
{
	delivery.length_kind = LENGTH_KNOWN;
	delivery.length = length;
}

static enum outcome
read_body(void)
{
	enum outcome outcome = body_read(&body, &peer.source, &delivery, CAP);
	size_t same = 0;

	ck_assert_ptr_nonnull(body.data);
	ck_assert_uint_le(body.size, CAP + 1);
	while (same < body.len && body.data[same] == (unsigned char)same)
		same++;
	ck_assert_uint_eq(same, body.len);
	return outcome;
}

START_TEST(test_whole)
{
	static const size_t sizes[] = { 0, 1, 4096, BODY_KEEP - 1, BODY_KEEP,
		BODY_KEEP + 1, CAP - 1, CAP };
	static const size_t steps[] = { 1, 777, 1 << 20 };

	for (int i = 0; i < 8 * 3 * 2; i++) {
		size_t size = sizes[i % 8];

		start(size, steps[i / 8 % 3]);
		if ((i / 24 & 1) != 0)
			declare(size);
		ck_assert_int_eq(read_body(), OUTCOME_STORED);
		ck_assert_uint_eq(body.len, size);
	}
	body_wipe(&body);
}
END_TEST

/* Under CGI what follows belongs to nobody, and may never end. */
START_TEST(test_stops_at_length)
{
	start(200, 1000);
	declare(120);
	ck_assert_int_eq(read_body(), OUTCOME_STORED);
	ck_assert_uint_eq(body.len, 120);
	ck_assert_uint_eq(peer.asked, 120);
	ck_assert(!peer.has_ended);
	start(5, 1000);
	declare(0);
	ck_assert_int_eq(read_body(), OUTCOME_STORED);
	ck_assert_uint_eq(peer.asked, 0);
	body_wipe(&body);
}
END_TEST

START_TEST(test_differs)
{
	start(119, 50);
	declare(120);
	ck_assert_int_eq(read_body(), OUTCOME_SHORT_BODY);
	start(0, 0);
	declare(120);
	ck_assert(body_add(&body, "x", 1, CAP));
	ck_assert_int_eq(body_check(&body, &delivery, CAP),
	    OUTCOME_SHORT_BODY);
	declare(0);
	ck_assert_int_eq(body_check(&body, &delivery, CAP),
	    OUTCOME_SHORT_BODY);
	declare(1);
	ck_assert_int_eq(body_check(&body, &delivery, CAP), OUTCOME_STORED);
	body_wipe(&body);
}
END_TEST

START_TEST(test_too_large)
{
	start(CAP + 1, 1000);
	ck_assert_int_eq(read_body(), OUTCOME_TOO_LARGE);
	start(SIZE_MAX, 1000);
	ck_assert_int_eq(read_body(), OUTCOME_TOO_LARGE);
	ck_assert_uint_le(peer.asked, CAP + 1);
	body_wipe(&body);
}
END_TEST

/* A body that arrives in pieces: past the cap, one byte is kept. */
START_TEST(test_add)
{
	static unsigned char piece[30000];

	start(0, 0);
	ck_assert(body_add(&body, NULL, 0, CAP));
	ck_assert_ptr_nonnull(body.data);
	for (size_t i = 0; i < 10; i++) {
		memset(piece, (int)i, sizeof(piece));
		ck_assert(body_add(&body, piece, sizeof(piece), CAP));
	}
	ck_assert_uint_eq(body.seen, 10 * sizeof(piece));
	ck_assert_uint_eq(body.len, CAP + 1);
	ck_assert_uint_le(body.size, CAP + 1);
	for (size_t i = 0; i <= CAP; i += sizeof(piece) / 2)
		ck_assert_uint_eq(body.data[i], i / sizeof(piece));
	ck_assert_int_eq(body_check(&body, &delivery, CAP),
	    OUTCOME_TOO_LARGE);
	body_wipe(&body);
}
END_TEST

/* Also near the end: nothing incomplete may pass. */
START_TEST(test_broken)
{
	start(119, 50);
	declare(120);
	peer.end = BODY_BROKEN;
	ck_assert_int_eq(read_body(), OUTCOME_SHORT_BODY);
	start(50, 50);
	peer.end = BODY_BROKEN;
	ck_assert_int_eq(read_body(), OUTCOME_SHORT_BODY);
	start(119, 50);
	declare(120);
	peer.end = BODY_LATE;
	ck_assert_int_eq(read_body(), OUTCOME_BODY_TIMEOUT);
	/* nothing is left to be thrown away */
	body_drain(&body, &peer.source, &delivery, SIZE_MAX);
	body_wipe(&body);
}
END_TEST

/* Memory comes with bytes, and goes again. */
START_TEST(test_room)
{
	start(10, 10);
	declare(CAP);
	ck_assert_int_eq(read_body(), OUTCOME_SHORT_BODY);
	ck_assert_uint_le(body.size, BODY_KEEP);
	start(CAP, 1000);
	ck_assert_int_eq(read_body(), OUTCOME_STORED);
	ck_assert_uint_gt(body.size, BODY_KEEP);
	body_init(&body);
	ck_assert_uint_eq(body.size, 0);
	body_wipe(&body);
	body_wipe(&body);
}
END_TEST

START_TEST(test_drain)
{
	/* to the end, if that is near */
	start(1000, 300);
	delivery.is_chunked = true;
	body_drain(&body, &peer.source, &delivery, 5000);
	ck_assert(peer.has_ended);
	/* else to the limit, what was read counted in */
	start(SIZE_MAX, 300);
	delivery.is_chunked = true;
	ck_assert_int_eq(read_body(), OUTCOME_TOO_LARGE);
	body_drain(&body, &peer.source, &delivery, CAP + 5000);
	ck_assert_uint_eq(peer.asked, CAP + 5000);
	/* CGI: to the length */
	start(5000, 300);
	declare(1000);
	body_drain(&body, &peer.source, &delivery, 4000);
	ck_assert_uint_eq(peer.asked, 1000);
	start(5000, 300);
	delivery.is_chunked = true;
	body_drain(&body, &peer.source, &delivery, 4000);
	ck_assert_uint_eq(peer.asked, 4000);
	/* CGI without any: there may be no end to wait for */
	start(5000, 300);
	body_drain(&body, &peer.source, &delivery, 4000);
	ck_assert_uint_eq(peer.asked, 0);
	start(5000, 300);
	delivery.length_kind = LENGTH_BAD;
	body_drain(&body, &peer.source, &delivery, 4000);
	ck_assert_uint_eq(peer.asked, 0);
	body_wipe(&body);
}
END_TEST

UNIT_MAIN("body", test_whole, test_stops_at_length, test_differs,
    test_too_large, test_add, test_broken, test_room, test_drain)
