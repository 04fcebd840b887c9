/* SPDX-License-Identifier: ISC */
/* Every vector through the library, its body in one, two and three spans. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "vectors.h"

struct count {
	size_t	seen;
	size_t	failed;
};

static void
complain(struct count *count, const struct vector *v, const char *what,
    const char *got)
{
	fprintf(stderr, "%s: %s: %s is %s\n", v->file, vector_text(v, "case"),
	    what, got);
	count->failed++;
}

static void
want_text(struct count *count, const struct vector *v, const char *key,
    const char *got)
{
	if (vector_has(v, key) && strcmp(vector_text(v, key), got) != 0)
		complain(count, v, key, got);
}

static void
want_number(struct count *count, const struct vector *v, const char *key,
    unsigned long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", number);
	want_text(count, v, key, text);
}

/* The body split into parts spans, some of them empty or nowhere. */
static size_t
split(struct hookcask_span body, int parts, struct hookcask_span spans[5])
{
	const char *p = body.data;
	size_t third = body.len / 3, n = 0;

	if (parts == 1) {
		if (body.len == 0)
			return 0;
		spans[n++] = body;
		return n;
	}
	spans[n++] = (struct hookcask_span){ NULL, 0 };
	spans[n++] = (struct hookcask_span){ p, third };
	if (parts == 3) {
		spans[n++] = (struct hookcask_span){ p + third, third };
		third *= 2;
	}
	spans[n++] = (struct hookcask_span){ p + third, body.len - third };
	spans[n++] = (struct hookcask_span){ "", 0 };
	return n;
}

static struct hookcask_headers
headers_of(const struct vector *v, const char *family)
{
	struct hookcask_headers h;
	char key[32];

	snprintf(key, sizeof(key), "%s-id", family);
	h.id = vector_get(v, key, 0);
	snprintf(key, sizeof(key), "%s-timestamp", family);
	h.timestamp = vector_get(v, key, 0);
	snprintf(key, sizeof(key), "%s-signature", family);
	h.signature = vector_get(v, key, 0);
	return h;
}

static void
check_match(struct count *count, const struct vector *v,
    const struct hookcask_verdict *verdict)
{
	char text[8] = "";

	if (verdict->version.len < sizeof(text))
		memcpy(text, verdict->version.data, verdict->version.len);
	want_text(count, v, "match-version", text);
	want_number(count, v, "match-key", verdict->key);
	if (verdict->signature.len != (strcmp(text, "v1") == 0 ? 44 : 88))
		complain(count, v, "signature's length", "wrong");
}

static void
run_delivery(struct count *count, const struct vector *v, int parts,
    const struct hookcask_key *keys, size_t key_count)
{
	struct hookcask_span spans[5], body = vector_get(v, "body", 0);
	struct hookcask_delivery d = { .body = spans };
	struct hookcask_policy policy = { .keys = keys };
	struct hookcask_verdict verdict;
	enum hookcask_status status, early;

	d.svix = headers_of(v, "svix");
	d.webhook = headers_of(v, "webhook");
	d.body_count = split(body, parts, spans);
	if (d.body_count == 0)
		d.body = NULL;
	policy.now = vector_number(v, "now", -1);
	policy.tolerance = vector_number(v, "tolerance", HOOKCASK_TOLERANCE);
	policy.key_count = key_count;
	/* to the byte: a sanitizer sees the first one too many */
	policy.scratch_len = HOOKCASK_SCRATCH(body.len);
	policy.scratch = malloc(policy.scratch_len);
	early = hookcask_precheck(&d, &policy, &verdict);
	status = hookcask_verify(&d, &policy, &verdict);
	want_text(count, v, "expect", hookcask_status_name(status));
	want_number(count, v, "candidates", verdict.candidates);
	if (early != (status == HOOKCASK_NO_MATCH ? HOOKCASK_OK : status))
		complain(count, v, "precheck", hookcask_status_name(early));
	if (status == HOOKCASK_OK)
		check_match(count, v, &verdict);
	free(policy.scratch);
}

static void
each_delivery(const struct vector *v, void *ctx)
{
	struct count *count = ctx;
	struct hookcask_key keys[HOOKCASK_KEYS_MAX];
	enum hookcask_status status = HOOKCASK_OK;
	struct hookcask_span secret;
	size_t n = 0;

	if (vector_has(v, "secret-text"))
		return;
	count->seen++;
	while ((secret = vector_get(v, "secret", n)).data != NULL &&
	    status == HOOKCASK_OK) {
		ck_assert_uint_lt(n, HOOKCASK_KEYS_MAX);
		status = hookcask_key_init(&keys[n++], secret.data,
		    secret.len);
	}
	if (status != HOOKCASK_OK) {
		want_text(count, v, "expect", hookcask_status_name(status));
		return;
	}
	for (int parts = 1; parts <= 3; parts++)
		run_delivery(count, v, parts, keys, n);
}

static void
each_secret(const struct vector *v, void *ctx)
{
	static const struct hookcask_key zero;
	struct count *count = ctx;
	struct hookcask_span text = vector_get(v, "secret-text", 0);
	struct hookcask_key key;
	enum hookcask_status status;
	char print[HOOKCASK_FINGERPRINT_SIZE];

	if (text.data == NULL)
		return;
	count->seen++;
	memset(&key, 0xa5, sizeof(key));
	status = hookcask_key_init(&key, text.data, text.len);
	want_text(count, v, "expect", hookcask_status_name(status));
	if (status != HOOKCASK_OK) {
		if (memcmp(&key, &zero, sizeof(key)) != 0)
			complain(count, v, "the refused key", "not empty");
		return;
	}
	want_text(count, v, "kind", key.kind == HOOKCASK_KEY_HMAC ? "hmac" :
	    "ed25519");
	want_number(count, v, "length", key.len);
	hookcask_key_fingerprint(&key, print);
	want_text(count, v, "print", print);
}

static struct count
run(void (*each)(const struct vector *, void *))
{
	struct count count = { 0, 0 };
	const char *top = getenv("top_srcdir");
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/tests/vectors", top == NULL ? "." : top);
	vectors_read(dir, each, &count);
	return count;
}

START_TEST(deliveries_end_as_expected)
{
	struct count count = run(each_delivery);

	ck_assert_uint_ge(count.seen, 350);
	ck_assert_uint_eq(count.failed, 0);
}
END_TEST

START_TEST(secrets_end_as_expected)
{
	struct count count = run(each_secret);

	ck_assert_uint_ge(count.seen, 80);
	ck_assert_uint_eq(count.failed, 0);
}
END_TEST

UNIT_MAIN("vectors", deliveries_end_as_expected, secrets_end_as_expected)
