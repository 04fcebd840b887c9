/* SPDX-License-Identifier: ISC */
/* What the vectors cannot say: bad calls, verdicts, ends of keys, scratch. */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "hookcask.h"
#include "unit.h"

#define NOW	1614265330
#define SAMPLE	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER	"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define PUBLIC	"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
#define V1	"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define V1A	"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInX" \
		"qYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="

static struct hookcask_key keys[HOOKCASK_KEYS_MAX + 1];
static struct hookcask_span body[2];
static struct hookcask_delivery delivery;
static struct hookcask_policy policy;
static struct hookcask_verdict verdict;
static unsigned char scratch[HOOKCASK_SCRATCH(64)];

static struct hookcask_span
span(const char *text)
{
	struct hookcask_span s = { text, strlen(text) };

	return s;
}

static void
set_key(size_t i, const char *text)
{
	ck_assert_int_eq(hookcask_key_init(&keys[i], text, strlen(text)),
	    HOOKCASK_OK);
}

/* A good delivery under the one key; tests then break one thing. */
static void
start(const char *key, const char *signature)
{
	memset(&delivery, 0, sizeof(delivery));
	memset(&policy, 0, sizeof(policy));
	memset(&verdict, 0xff, sizeof(verdict));
	for (size_t i = 0; i <= HOOKCASK_KEYS_MAX; i++)
		set_key(i, key);
	body[0] = span("{\"test\": 24322");
	body[1] = span("32314}");
	delivery.svix.id = span("msg_p5jXN8AQM9LWM0D4loKWxJek");
	delivery.svix.timestamp = span("1614265330");
	delivery.svix.signature = span(signature);
	delivery.body = body;
	delivery.body_count = 2;
	policy.now = NOW;
	policy.tolerance = HOOKCASK_TOLERANCE;
	policy.keys = keys;
	policy.key_count = 1;
	policy.scratch = scratch;
	policy.scratch_len = sizeof(scratch);
}

static void
want(enum hookcask_status status)
{
	memset(&verdict, 0xff, sizeof(verdict));
	ck_assert_str_eq(hookcask_status_name(hookcask_verify(&delivery,
	    &policy, &verdict)), hookcask_status_name(status));
}

static void
want_both(enum hookcask_status status)
{
	want(status);
	memset(&verdict, 0xff, sizeof(verdict));
	ck_assert_int_eq(hookcask_precheck(&delivery, &policy, &verdict),
	    status);
}

static bool
is_span(struct hookcask_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

static void
want_empty_verdict(void)
{
	static const struct hookcask_verdict zero;

	ck_assert_mem_eq(&verdict, &zero, sizeof(zero));
}

START_TEST(bad_pointers)
{
	start(SAMPLE, V1);
	want(HOOKCASK_OK);
	ck_assert_int_eq(hookcask_verify(NULL, &policy, &verdict),
	    HOOKCASK_BAD_ARGUMENT);
	ck_assert_int_eq(hookcask_verify(&delivery, NULL, &verdict),
	    HOOKCASK_BAD_ARGUMENT);
	want_empty_verdict();
	ck_assert_int_eq(hookcask_verify(&delivery, &policy, NULL),
	    HOOKCASK_BAD_ARGUMENT);
	ck_assert_int_eq(hookcask_precheck(NULL, &policy, &verdict),
	    HOOKCASK_BAD_ARGUMENT);
	ck_assert_int_eq(hookcask_precheck(&delivery, NULL, &verdict),
	    HOOKCASK_BAD_ARGUMENT);
	ck_assert_int_eq(hookcask_precheck(&delivery, &policy, NULL),
	    HOOKCASK_BAD_ARGUMENT);
}
END_TEST

START_TEST(spans_that_are_nowhere)
{
	start(SAMPLE, V1);
	delivery.svix.id.data = NULL;
	want_both(HOOKCASK_BAD_ARGUMENT);
	want_empty_verdict();
	start(SAMPLE, V1);
	delivery.webhook.signature.len = 1;
	want_both(HOOKCASK_BAD_ARGUMENT);
	start(SAMPLE, V1);
	delivery.body = NULL;
	want(HOOKCASK_BAD_ARGUMENT);
	start(SAMPLE, V1);
	body[1].data = NULL;
	want(HOOKCASK_BAD_ARGUMENT);
	body[1].len = 0;
	want(HOOKCASK_NO_MATCH);
	body[0].len = SIZE_MAX;
	body[1].len = 10;
	body[1].data = "";
	want(HOOKCASK_BAD_ARGUMENT);
}
END_TEST

START_TEST(bad_times)
{
	static const int64_t bad_tolerance[] =
	    { -1, HOOKCASK_TOLERANCE_MAX + 1, INT64_MIN, INT64_MAX };
	static const int64_t bad_now[] =
	    { -1, HOOKCASK_TIME_MAX + 1, INT64_MIN, INT64_MAX };

	for (size_t i = 0; i < 4; i++) {
		start(SAMPLE, V1);
		policy.tolerance = bad_tolerance[i];
		want_both(HOOKCASK_BAD_ARGUMENT);
		start(SAMPLE, V1);
		policy.now = bad_now[i];
		want_both(HOOKCASK_BAD_ARGUMENT);
		want_empty_verdict();
	}
	policy.now = 0;
	want_both(HOOKCASK_TOO_NEW);
	policy.now = HOOKCASK_TIME_MAX;
	want_both(HOOKCASK_TOO_OLD);
}
END_TEST

START_TEST(bad_keys)
{
	start(SAMPLE, V1);
	policy.key_count = HOOKCASK_KEYS_MAX;
	want(HOOKCASK_OK);
	policy.key_count = HOOKCASK_KEYS_MAX + 1;
	want(HOOKCASK_BAD_ARGUMENT);
	want_empty_verdict();
	policy.key_count = 0;
	want(HOOKCASK_BAD_ARGUMENT);
	policy.keys = NULL;
	policy.key_count = 1;
	want(HOOKCASK_BAD_ARGUMENT);
	/* a key that was wiped, or never made */
	start(SAMPLE, V1);
	policy.key_count = 2;
	hookcask_key_wipe(&keys[1]);
	want(HOOKCASK_BAD_ARGUMENT);
	/* public ones have a limit of their own */
	start(SAMPLE, V1);
	policy.key_count = HOOKCASK_KEYS_MAX;
	for (size_t i = 1; i <= HOOKCASK_PUBLIC_KEYS_MAX; i++)
		set_key(i, PUBLIC);
	want(HOOKCASK_OK);
	set_key(HOOKCASK_PUBLIC_KEYS_MAX + 1, PUBLIC);
	want(HOOKCASK_BAD_ARGUMENT);
}
END_TEST

START_TEST(precheck_needs_no_keys_and_no_body)
{
	start(SAMPLE, V1);
	policy.keys = NULL;
	policy.key_count = 0;
	policy.scratch = NULL;
	delivery.body = NULL;
	delivery.body_count = 0;
	ck_assert_int_eq(hookcask_precheck(&delivery, &policy, &verdict),
	    HOOKCASK_OK);
	ck_assert_int_eq(verdict.family, HOOKCASK_FAMILY_SVIX);
	ck_assert(is_span(verdict.id, "msg_p5jXN8AQM9LWM0D4loKWxJek"));
	ck_assert_uint_eq(verdict.candidates, 1);
	ck_assert_uint_eq(verdict.version.len, 0);
	ck_assert_uint_eq(verdict.signature.len, 0);
}
END_TEST

START_TEST(verdict_of_a_match)
{
	const char *header = "v1,short v9,x " V1 " v1a,short";

	start(OTHER, header);
	set_key(2, SAMPLE);
	policy.key_count = 3;
	policy.now = NOW - 7;
	want(HOOKCASK_OK);
	ck_assert_int_eq(verdict.family, HOOKCASK_FAMILY_SVIX);
	ck_assert_ptr_eq(verdict.id.data, delivery.svix.id.data);
	ck_assert_uint_eq(verdict.id.len, 28);
	ck_assert_ptr_eq(verdict.timestamp.data, delivery.svix.timestamp.data);
	ck_assert_uint_eq(verdict.timestamp.len, 10);
	ck_assert_int_eq(verdict.signed_at, NOW);
	ck_assert_int_eq(verdict.skew, -7);
	ck_assert_ptr_eq(verdict.version.data, header + 14);
	ck_assert(is_span(verdict.version, "v1"));
	ck_assert_ptr_eq(verdict.signature.data, header + 17);
	ck_assert(is_span(verdict.signature, &V1[3]));
	ck_assert_uint_eq(verdict.key, 2);
	ck_assert_uint_eq(verdict.candidates, 1);

	delivery.webhook = delivery.svix;
	memset(&delivery.svix, 0, sizeof(delivery.svix));
	want(HOOKCASK_OK);
	ck_assert_int_eq(verdict.family, HOOKCASK_FAMILY_WEBHOOK);
}
END_TEST

START_TEST(verdict_of_a_v1a_match)
{
	start(PUBLIC, "v1,x " V1A);
	want(HOOKCASK_OK);
	ck_assert(is_span(verdict.version, "v1a"));
	ck_assert(is_span(verdict.signature, &V1A[4]));
	ck_assert_ptr_eq(verdict.signature.data,
	    (const char *)delivery.svix.signature.data + 9);
	ck_assert_uint_eq(verdict.key, 0);
}
END_TEST

START_TEST(verdict_stands_up_to_the_failure)
{
	start(SAMPLE, V1);
	delivery.svix.signature.len = 0;
	want_both(HOOKCASK_MISSING_HEADER);
	want_empty_verdict();

	start(SAMPLE, V1);
	delivery.svix.id = span("a.b");
	want_both(HOOKCASK_BAD_ID);
	ck_assert_int_eq(verdict.family, HOOKCASK_FAMILY_SVIX);
	ck_assert_ptr_null(verdict.id.data);

	start(SAMPLE, V1);
	delivery.svix.timestamp = span("12x");
	want_both(HOOKCASK_BAD_TIMESTAMP);
	ck_assert_uint_eq(verdict.id.len, 28);
	ck_assert_ptr_null(verdict.timestamp.data);
	ck_assert_int_eq(verdict.signed_at, 0);

	start(SAMPLE, V1);
	policy.now = NOW + 301;
	want_both(HOOKCASK_TOO_OLD);
	ck_assert_uint_eq(verdict.id.len, 28);
	ck_assert_uint_eq(verdict.timestamp.len, 10);
	ck_assert_int_eq(verdict.signed_at, NOW);
	ck_assert_int_eq(verdict.skew, 301);
	policy.now = NOW - 301;
	want_both(HOOKCASK_TOO_NEW);
	ck_assert_int_eq(verdict.skew, -301);
	ck_assert_uint_eq(verdict.candidates, 0);

	start(SAMPLE, "t=1," V1);
	want_both(HOOKCASK_BAD_SIGNATURE_HEADER);
	ck_assert_int_eq(verdict.signed_at, NOW);
	ck_assert_uint_eq(verdict.candidates, 0);

	start(OTHER, V1);
	want(HOOKCASK_NO_MATCH);
	ck_assert_uint_eq(verdict.id.len, 28);
	ck_assert_uint_eq(verdict.candidates, 1);
	ck_assert_ptr_null(verdict.signature.data);
	ck_assert_ptr_null(verdict.version.data);
	ck_assert_uint_eq(verdict.key, 0);
}
END_TEST

START_TEST(a_key_ends_at_the_signed_time)
{
	start(SAMPLE, V1);
	keys[0].not_after = NOW;
	policy.now = NOW + 300;		/* the clock does not count */
	want(HOOKCASK_OK);
	keys[0].not_after = NOW - 1;
	want(HOOKCASK_NO_MATCH);
	/* another key may still do, and says so */
	policy.key_count = 2;
	want(HOOKCASK_OK);
	ck_assert_uint_eq(verdict.key, 1);

	start(PUBLIC, V1A);
	keys[0].not_after = NOW;
	want(HOOKCASK_OK);
	keys[0].not_after = NOW - 1;
	want(HOOKCASK_NO_MATCH);
	/* no usable key: no scratch is needed */
	policy.scratch = NULL;
	want(HOOKCASK_NO_MATCH);
}
END_TEST

START_TEST(scratch_only_where_v1a_needs_it)
{
	size_t needed = 28 + 1 + 10 + 1 + 20;

	start(PUBLIC, V1A);
	memset(scratch, 0xee, sizeof(scratch));
	policy.scratch_len = needed;
	want(HOOKCASK_OK);
	ck_assert_uint_eq(scratch[needed], 0xee);
	policy.scratch_len = needed - 1;
	want(HOOKCASK_BAD_ARGUMENT);
	policy.scratch_len = needed;
	policy.scratch = NULL;
	want(HOOKCASK_BAD_ARGUMENT);
	/* no v1a entry, or v1 did it, or no such key */
	delivery.svix.signature = span(V1);
	want(HOOKCASK_NO_MATCH);
	delivery.svix.signature = span(V1A " " V1);
	set_key(1, SAMPLE);
	policy.key_count = 2;
	want(HOOKCASK_OK);
	ck_assert_uint_eq(verdict.key, 1);
	start(SAMPLE, V1A);
	policy.scratch = NULL;
	want(HOOKCASK_NO_MATCH);
	/* the macro covers the longest id and timestamp */
	ck_assert_uint_eq(HOOKCASK_SCRATCH(20), 256 + 1 + 15 + 1 + 20);
}
END_TEST

START_TEST(arguments_stay_as_they_are)
{
	struct hookcask_delivery d;
	struct hookcask_policy p;
	struct hookcask_key k[2];

	start(PUBLIC, V1 " " V1A);
	set_key(1, OTHER);
	policy.key_count = 2;
	d = delivery;
	p = policy;
	memcpy(k, keys, sizeof(k));
	want(HOOKCASK_OK);
	ck_assert_mem_eq(&d, &delivery, sizeof(d));
	ck_assert_mem_eq(&p, &policy, sizeof(p));
	ck_assert_mem_eq(k, keys, sizeof(k));
}
END_TEST

UNIT_MAIN("verify", bad_pointers, spans_that_are_nowhere, bad_times, bad_keys,
    precheck_needs_no_keys_and_no_body, verdict_of_a_match,
    verdict_of_a_v1a_match, verdict_stands_up_to_the_failure,
    a_key_ends_at_the_signed_time, scratch_only_where_v1a_needs_it,
    arguments_stay_as_they_are)
