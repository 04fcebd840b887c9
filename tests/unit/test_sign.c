/* SPDX-License-Identifier: ISC */
/* Signing: the published sample, the way back, and what it refuses. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hookcask.h"
#include "unit.h"

static struct hookcask_key key;
static char signature[HOOKCASK_SIGNATURE_SIZE + 1];

static struct hookcask_span
span(const char *text)
{
	struct hookcask_span s = { text, strlen(text) };

	return s;
}

static void
set_key(const char *text)
{
	ck_assert_int_eq(hookcask_key_init(&key, text, strlen(text)),
	    HOOKCASK_OK);
	memset(signature, '#', sizeof(signature));
}

static void
set_sample(void)
{
	set_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

START_TEST(published_sample)
{
	struct hookcask_span body[] = {
		span("{\"test\""), { NULL, 0 }, span(": 2432232314}"),
	};

	set_sample();
	ck_assert_int_eq(hookcask_sign(&key,
	    span("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, body, 3,
	    signature), HOOKCASK_OK);
	ck_assert_str_eq(signature,
	    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	ck_assert_int_eq(signature[HOOKCASK_SIGNATURE_SIZE], '#');
}
END_TEST

START_TEST(what_is_signed_verifies)
{
	static const int64_t times[] =
	    { 1, 9, 10, 1614265330, 99999999999, HOOKCASK_TIME_MAX };
	static const size_t lengths[] = { 1, 55, 64, 256 };
	char id[256], digits[32];
	struct hookcask_span body = { "\0\n\xff", 3 };

	set_sample();
	memset(id, 'i', sizeof(id));
	for (size_t i = 0; i < 6 * 4 * 2; i++) {
		int64_t now = times[i % 6];
		struct hookcask_span name = { id, lengths[i / 6 % 4] };
		struct hookcask_delivery d =
		    { .body = &body, .body_count = i / 24 };
		struct hookcask_policy policy = { .now = now, .keys = &key,
		    .key_count = 1 };
		struct hookcask_verdict verdict;

		ck_assert_int_eq(hookcask_sign(&key, name, now, &body,
		    d.body_count, signature), HOOKCASK_OK);
		snprintf(digits, sizeof(digits), "%" PRId64, now);
		d.svix.id = name;
		d.svix.timestamp = span(digits);
		d.svix.signature = span(signature);
		ck_assert_uint_eq(d.svix.signature.len,
		    HOOKCASK_SIGNATURE_SIZE - 1);
		ck_assert_int_eq(hookcask_verify(&d, &policy, &verdict),
		    HOOKCASK_OK);
	}
}
END_TEST

static void
want(enum hookcask_status status, const char *id, int64_t timestamp)
{
	memset(signature, '#', sizeof(signature));
	ck_assert_int_eq(hookcask_sign(&key, span(id), timestamp, NULL, 0,
	    signature), status);
	ck_assert_int_eq(signature[0], status == HOOKCASK_OK ? 'v' : '\0');
}

START_TEST(refusals)
{
	char id[258];

	set_sample();
	want(HOOKCASK_OK, "a", 1);
	want(HOOKCASK_BAD_ID, "", 1);
	want(HOOKCASK_BAD_ID, "a.b", 1);
	want(HOOKCASK_BAD_ID, "a b", 1);
	want(HOOKCASK_BAD_ID, "a\n", 1);
	want(HOOKCASK_BAD_ID, "\x7f", 1);
	want(HOOKCASK_BAD_ID, "\xc3\xa9", 1);
	memset(id, 'x', sizeof(id));
	id[256] = '\0';
	want(HOOKCASK_OK, id, 1);
	id[256] = 'x';
	id[257] = '\0';
	want(HOOKCASK_BAD_ID, id, 1);
	want(HOOKCASK_BAD_TIMESTAMP, "a", 0);
	want(HOOKCASK_BAD_TIMESTAMP, "a", -1);
	want(HOOKCASK_BAD_TIMESTAMP, "a", INT64_MIN);
	want(HOOKCASK_OK, "a", HOOKCASK_TIME_MAX);
	want(HOOKCASK_BAD_TIMESTAMP, "a", HOOKCASK_TIME_MAX + 1);
	want(HOOKCASK_BAD_TIMESTAMP, "a", INT64_MAX);
	set_key("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
	want(HOOKCASK_BAD_ARGUMENT, "a", 1);
	hookcask_key_wipe(&key);
	want(HOOKCASK_BAD_ARGUMENT, "a", 1);
}
END_TEST

START_TEST(bad_calls)
{
	struct hookcask_span id = { NULL, 3 }, body = { NULL, 1 };

	set_sample();
	ck_assert_int_eq(hookcask_sign(NULL, span("a"), 1, NULL, 0,
	    signature), HOOKCASK_BAD_ARGUMENT);
	ck_assert_int_eq(hookcask_sign(&key, span("a"), 1, NULL, 0, NULL),
	    HOOKCASK_BAD_ARGUMENT);
	ck_assert_int_eq(hookcask_sign(&key, id, 1, NULL, 0, signature),
	    HOOKCASK_BAD_ARGUMENT);
	ck_assert_int_eq(hookcask_sign(&key, span("a"), 1, NULL, 1,
	    signature), HOOKCASK_BAD_ARGUMENT);
	ck_assert_int_eq(hookcask_sign(&key, span("a"), 1, &body, 1,
	    signature), HOOKCASK_BAD_ARGUMENT);
}
END_TEST

UNIT_MAIN("sign", published_sample, what_is_signed_verifies, refusals,
    bad_calls)
