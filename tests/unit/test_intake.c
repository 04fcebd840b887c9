/* SPDX-License-Identifier: ISC */
/* From delivery to event: what is refused, kept or dropped. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "event/intake.h"
#include "unit.h"

#define NOW	1614265330
#define ID	"msg_p5jXN8AQM9LWM0D4loKWxJek"
#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER	"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define PUBLIC	"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
#define BODY	"{\"test\": 2432232314}"
#define V1	"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define V1A	"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInX" \
		"qYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="

static char *event_type[] = { (char[]){ "event_type" }, NULL };
static char *no_types[] = { NULL };
static char *phone[] = { (char[]){ "phone_call.*" }, NULL };
static char *all[] = { (char[]){ "*" }, NULL };

static struct keyset keys;
static struct endpoint endpoint;
static struct delivery delivery;
static struct intake in;
static struct hookcask_verdict verdict;
static struct event event;
static struct err err;
static unsigned char body[4096];
static size_t body_len;
static char header[3][512];

static void
add_key(const char *text)
{
	ck_assert_int_eq(hookcask_key_init(&keys.keys[keys.count++], text,
	    strlen(text)), HOOKCASK_OK);
}

/* A delivery of that body; tests then break one thing. */
static void
start(const char *text, const char *signature)
{
	char *entries[] = { header[0], header[1], header[2], NULL };

	memset(&keys, 0, sizeof(keys));
	memset(&endpoint, 0, sizeof(endpoint));
	memset(&event, 0xAA, sizeof(event));
	memset(&err, 0, sizeof(err));
	strcpy(endpoint.name, "levers");
	endpoint.tolerance = 300;
	body_len = strlen(text);
	memcpy(body, text, body_len);
	snprintf(header[0], sizeof(header[0]), "HTTP_SVIX_ID=%s", ID);
	snprintf(header[1], sizeof(header[1]), "HTTP_SVIX_TIMESTAMP=%d", NOW);
	snprintf(header[2], sizeof(header[2]), "HTTP_SVIX_SIGNATURE=%s",
	    signature);
	delivery_init(&delivery, entries);
	in.delivery = &delivery;
	in.endpoint = &endpoint;
	in.received_us = (int64_t)NOW * 1000000 + 999999;
}

/* The same, signed by us with the first key. */
static void
start_signed(const char *text, size_t len)
{
	char signature[HOOKCASK_SIGNATURE_SIZE];
	struct hookcask_span span = span_make(text, len);
	struct hookcask_key key;

	ck_assert_int_eq(hookcask_key_init(&key, SECRET, strlen(SECRET)),
	    HOOKCASK_OK);
	ck_assert_int_eq(hookcask_sign(&key, span_text(ID), NOW, &span, 1,
	    signature), HOOKCASK_OK);
	start("", signature);
	memcpy(body, text, len);
	body_len = len;
	add_key(SECRET);
}

static enum outcome
verify(void)
{
	enum outcome outcome = intake_precheck(&in, &verdict);

	if (outcome != OUTCOME_STORED)
		return outcome;
	return intake_verify(&in, &keys, body, body_len, &verdict, &event,
	    &err);
}

START_TEST(test_event)
{
	char print[HOOKCASK_FINGERPRINT_SIZE];

	start(BODY, "v1,AAAA " V1);
	add_key(OTHER);
	add_key(SECRET);
	ck_assert_int_eq(verify(), OUTCOME_STORED);
	ck_assert_str_eq(event.source, "levers");
	ck_assert(span_is(event.id, ID));
	ck_assert_int_eq(event.signed_at, NOW);
	ck_assert_int_eq(event.received_us, in.received_us);
	ck_assert(span_is(event.version, "v1"));
	ck_assert(span_is(event.signature, V1 + 3));
	hookcask_key_fingerprint(&keys.keys[1], print);
	ck_assert_str_eq(event.key, print);
	ck_assert_ptr_eq(event.body, body);
	ck_assert_uint_eq(event.body_len, strlen(BODY));
	ck_assert(event.is_json);
	ck_assert_str_eq(event.type, EVENT_TYPE_NONE);
}
END_TEST

START_TEST(test_public_key)
{
	start(BODY, V1A);
	add_key(PUBLIC);
	ck_assert_int_eq(verify(), OUTCOME_STORED);
	ck_assert(span_is(event.version, "v1a"));
	/* its bytes are there, but nobody may try them */
	start(BODY, V1A);
	add_key(SECRET);
	ck_assert_int_eq(verify(), OUTCOME_NO_MATCH);
	start(BODY, V1A);
	add_key(SECRET);
	add_key(PUBLIC);
	body[0] ^= 1;
	ck_assert_int_eq(verify(), OUTCOME_NO_MATCH);
}
END_TEST

START_TEST(test_refusals)
{
	start(BODY, V1);
	add_key(SECRET);
	body[5] ^= 1;
	ck_assert_int_eq(verify(), OUTCOME_NO_MATCH);
	start(BODY, V1);
	add_key(SECRET);
	body_len--;
	ck_assert_int_eq(verify(), OUTCOME_NO_MATCH);
	start(BODY, "");
	add_key(SECRET);
	ck_assert_int_eq(verify(), OUTCOME_MISSING_HEADER);
	start(BODY, "t=1,v1=AA");
	add_key(SECRET);
	ck_assert_int_eq(verify(), OUTCOME_BAD_SIGNATURE_HEADER);
}
END_TEST

/* Whole seconds, both ends included. */
START_TEST(test_window)
{
	static const struct {
		int64_t us;
		enum outcome outcome;
	} rows[] = {
		{ 300 * INT64_C(1000000) + 999999, OUTCOME_STORED },
		{ 301 * INT64_C(1000000), OUTCOME_TOO_OLD },
		{ -300 * INT64_C(1000000), OUTCOME_STORED },
		{ -300 * INT64_C(1000000) - 1, OUTCOME_TOO_NEW },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(BODY, V1);
		add_key(SECRET);
		in.received_us = (int64_t)NOW * 1000000 + rows[i].us;
		ck_assert_int_eq(intake_precheck(&in, &verdict),
		    rows[i].outcome);
		ck_assert(span_is(verdict.id, ID));
		ck_assert_int_eq(verify(), rows[i].outcome);
	}
	endpoint.tolerance = 86400;
	ck_assert_int_eq(verify(), OUTCOME_STORED);
}
END_TEST

START_TEST(test_doubled)
{
	char *entries[] = { header[0], header[0], header[1], header[2], NULL };

	start(BODY, V1);
	add_key(SECRET);
	delivery_init(&delivery, entries);
	memset(&verdict, 0xAA, sizeof(verdict));
	ck_assert_int_eq(intake_precheck(&in, &verdict),
	    OUTCOME_DOUBLED_HEADER);
	ck_assert_uint_eq(verdict.id.len, 0);
	/* even if somebody forgets to ask first */
	ck_assert_int_eq(intake_verify(&in, &keys, body, body_len, &verdict,
	    &event, &err), OUTCOME_DOUBLED_HEADER);
}
END_TEST

static char **type_keys;

static enum outcome
verify_type(const char *text, const char *type)
{
	enum outcome outcome;

	start_signed(text, strlen(text));
	endpoint.type_keys = type_keys;
	outcome = verify();
	ck_assert_str_eq(event.type, type);
	return outcome;
}

START_TEST(test_types)
{
	ck_assert_int_eq(verify_type("{\"type\":\"phone_call.ended\"}",
	    "phone_call.ended"), OUTCOME_STORED);
	/* a reader that decodes sees the same */
	ck_assert_int_eq(verify_type("{\"t\\u0079pe\":\"a\\u0062c\"}", "abc"),
	    OUTCOME_STORED);
	ck_assert_int_eq(verify_type("{\"type\":7}", EVENT_TYPE_NONE),
	    OUTCOME_STORED);
	ck_assert_int_eq(verify_type("{\"data\":{\"type\":\"x\"}}",
	    EVENT_TYPE_NONE), OUTCOME_STORED);
	ck_assert_int_eq(verify_type("{\"type\":\"x\"", EVENT_TYPE_NONE),
	    OUTCOME_STORED);
	ck_assert(!event.is_json);
	ck_assert_int_eq(verify_type("{\"type\":\"hookcask.probe\"}",
	    EVENT_TYPE_PROBE), OUTCOME_PROBED);
	/* as it is named at this sender; a probe says "type" everywhere */
	type_keys = event_type;
	ck_assert_int_eq(verify_type("{\"event_type\":\"a\",\"type\":\"b\"}",
	    "a"), OUTCOME_STORED);
	ck_assert_int_eq(verify_type("{\"type\":\"hookcask.probe\"}",
	    EVENT_TYPE_NONE), OUTCOME_PROBED);
	type_keys = NULL;
	ck_assert_int_eq(verify_type("{\"type\":\"hookcask.probes\"}",
	    "hookcask.probes"), OUTCOME_STORED);
}
END_TEST

START_TEST(test_filters)
{
	static const struct {
		char **accept, **ignore;
		const char *body;
		enum outcome outcome;
	} rows[] = {
#define CALL	"{\"type\":\"phone_call.ended\"}"
#define MAIL	"{\"type\":\"mail.sent\"}"
		{ phone, NULL, CALL, OUTCOME_STORED },
		{ phone, NULL, MAIL, OUTCOME_IGNORED },
		/* a type that is unknown drops nothing */
		{ phone, NULL, "[]", OUTCOME_STORED },
		{ phone, all, "{}", OUTCOME_STORED },
		{ phone, NULL, "{\"type\":\"a\",\"type\":\"b\"}",
		    OUTCOME_STORED },
		/* what no strict reader takes still has its type */
		{ phone, NULL, "{\"name\":\"\\ud83d\","
		    "\"type\":\"phone_call.ended\"}", OUTCOME_STORED },
		{ phone, NULL, "{\"name\":\"\\ud83d\","
		    "\"type\":\"mail.sent\"}", OUTCOME_IGNORED },
		{ NULL, phone, CALL, OUTCOME_IGNORED },
		{ NULL, phone, MAIL, OUTCOME_STORED },
		{ all, phone, CALL, OUTCOME_IGNORED },
		{ all, no_types, "no json", OUTCOME_STORED },
		/* a probe asks about the door, not about its filters */
		{ NULL, all, "{\"type\":\"hookcask.probe\"}",
		    OUTCOME_PROBED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_signed(rows[i].body, strlen(rows[i].body));
		endpoint.accept_types = rows[i].accept;
		endpoint.ignore_types = rows[i].ignore;
		ck_assert_msg(verify() == rows[i].outcome, "row %zu", i);
	}
	/* what is not genuine is refused, wanted or not */
	start_signed(MAIL, strlen(MAIL));
	endpoint.accept_types = phone;
	body[0] = '[';
	ck_assert_int_eq(verify(), OUTCOME_NO_MATCH);
}
END_TEST

START_TEST(test_depth)
{
	char text[2 * (JSON_DEPTH_MAX + 1)];

	for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1;
	    depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		start_signed(text, 2 * depth);
		ck_assert_int_eq(verify(), OUTCOME_STORED);
		ck_assert(event.is_json == (depth <= JSON_DEPTH_MAX));
	}
}
END_TEST

START_TEST(test_empty_body)
{
	start_signed("", 0);
	ck_assert_int_eq(verify(), OUTCOME_STORED);
	ck_assert(!event.is_json);
	ck_assert_uint_eq(event.body_len, 0);
}
END_TEST

UNIT_MAIN("intake", test_event, test_public_key, test_refusals, test_window,
    test_doubled, test_types, test_filters, test_depth, test_empty_body)
