/* SPDX-License-Identifier: ISC */
/*
 * The whole verifier.  The input is a signature header, a line feed and a
 * body; "%" in the header stands for the one right signature.  Accepted is
 * only what carries it, whole; whatever else is done to the header, the body
 * or the key is refused.  Of v1a one signature is known, that of a published
 * vector: any other would be a forgery.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "fuzz.h"
#include "vectors.h"

#define ID	"msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME	1614265330
#define TIME_TEXT "1614265330"
#define OTHER	"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define RIGHT	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define PUBLIC	"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
#define V1A_BODY "{\"test\": 2432232314}"
#define V1A	"hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJa" \
		"A7AZdpXwVLPo3mNl8EM+m7TBAg=="

static struct hookcask_key keys[3];

static void
make_keys(void)
{
	static const char *const texts[] = { OTHER, RIGHT, PUBLIC };

	for (size_t i = 0; i < 3 && keys[i].kind == HOOKCASK_KEY_NONE; i++)
		FUZZ_HOLDS(hookcask_key_init(&keys[i], texts[i],
		    strlen(texts[i])) == HOOKCASK_OK);
}

/* The header with the signature in the place of each "%": free(3). */
static char *
fill_in(struct hookcask_span header, const char *signature, size_t *len)
{
	const char *text = header.data;
	char *filled = malloc(header.len * 44 + 1);

	FUZZ_HOLDS(filled != NULL);
	*len = 0;
	for (size_t i = 0; i < header.len; i++) {
		if (text[i] != '%') {
			filled[(*len)++] = text[i];
			continue;
		}
		memcpy(filled + *len, signature, 44);
		*len += 44;
	}
	return filled;
}

static bool
holds(struct hookcask_span text, const char *what, size_t len)
{
	const char *p = text.data;

	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(p + i, what, len) == 0)
			return true;
	return false;
}

static void
judge_match(const struct hookcask_delivery *d, struct hookcask_span body,
    const struct hookcask_verdict *v, const char *signature)
{
	if (v->key == 2) {
		FUZZ_HOLDS(span_is(v->version, "v1a"));
		FUZZ_HOLDS(span_is(v->signature, V1A));
		FUZZ_HOLDS(span_is(body, V1A_BODY));
		return;
	}
	FUZZ_HOLDS(v->key == 1);
	FUZZ_HOLDS(span_is(v->version, "v1"));
	FUZZ_HOLDS(v->signature.len == 44);
	FUZZ_HOLDS(memcmp(v->signature.data, signature, 44) == 0);
	FUZZ_HOLDS(holds(d->svix.signature, signature, 44));
}

static void
judge(const struct hookcask_delivery *d, const struct hookcask_policy *policy,
    struct hookcask_span body, const char *signature)
{
	struct hookcask_verdict verdict, early;
	enum hookcask_status status, first;

	status = hookcask_verify(d, policy, &verdict);
	first = hookcask_precheck(d, policy, &early);
	FUZZ_HOLDS(status != HOOKCASK_BAD_ARGUMENT);
	FUZZ_HOLDS(first == HOOKCASK_OK || first == status);
	if (status == HOOKCASK_OK) {
		FUZZ_HOLDS(first == HOOKCASK_OK);
		judge_match(d, body, &verdict, signature);
	} else {
		FUZZ_HOLDS(verdict.signature.len == 0);
	}
}

static void
run(const uint8_t *data, size_t len)
{
	struct hookcask_span body = span_make(data, len), header, parts[2];
	char signature[HOOKCASK_SIGNATURE_SIZE], *filled, *scratch, c;
	struct hookcask_delivery d;
	struct hookcask_policy policy;
	struct hookcask_verdict verdict;
	size_t filled_len;

	make_keys();
	header = fuzz_cut(&body, '\n');
	FUZZ_HOLDS(hookcask_sign(&keys[1], span_text(ID), TIME, &body, 1,
	    signature) == HOOKCASK_OK);
	filled = fill_in(header, signature + 3, &filled_len);
	scratch = malloc(HOOKCASK_SCRATCH(body.len));
	FUZZ_HOLDS(scratch != NULL);
	memset(&d, 0, sizeof(d));
	d.svix.id = span_text(ID);
	d.svix.timestamp = span_text(TIME_TEXT);
	d.svix.signature = span_make(filled, filled_len);
	/* how the body is cut into parts does not matter */
	parts[0] = span_make(body.data, body.len / 2);
	parts[1] = span_make((const char *)body.data + body.len / 2,
	    body.len - body.len / 2);
	d.body = parts;
	d.body_count = 2;
	memset(&policy, 0, sizeof(policy));
	policy.now = TIME + HOOKCASK_TOLERANCE;
	policy.tolerance = HOOKCASK_TOLERANCE;
	policy.keys = keys;
	policy.key_count = 3;
	policy.scratch = scratch;
	policy.scratch_len = HOOKCASK_SCRATCH(body.len);
	judge(&d, &policy, body, signature + 3);

	/* each bit of the right entry counts, and nothing beside it */
	d.svix.signature = span_make(signature, 47);
	FUZZ_HOLDS(hookcask_verify(&d, &policy, &verdict) == HOOKCASK_OK);
	c = (char)(1 << len % 7);
	signature[3 + len % 44] ^= c;
	FUZZ_HOLDS(hookcask_verify(&d, &policy, &verdict) != HOOKCASK_OK);
	signature[3 + len % 44] ^= c;
	policy.key_count = 1;
	FUZZ_HOLDS(hookcask_verify(&d, &policy, &verdict) ==
	    HOOKCASK_NO_MATCH);
	policy.key_count = 3;
	policy.now++;
	FUZZ_HOLDS(hookcask_verify(&d, &policy, &verdict) ==
	    HOOKCASK_TOO_OLD);
	policy.now--;
	d.body_count = 1;
	FUZZ_HOLDS(body.len == 0 ||
	    hookcask_verify(&d, &policy, &verdict) == HOOKCASK_NO_MATCH);
	free(scratch);
	free(filled);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	struct hookcask_span body = vector_get(v, "body", 0);
	size_t len = 0;

	if (body.len > 4096 || !vector_has(v, "svix-signature"))
		return 0;
	fuzz_put(buf, size, &len, vector_get(v, "svix-signature", 0));
	fuzz_put_text(buf, size, &len, "\n");
	fuzz_put(buf, size, &len, body);
	return len;
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	static const char *const texts[] = {
		"v1,%\n{}", "v2,x v1,%,y\n", "t=" TIME_TEXT ",v1=%\n{}",
		"v1a,% v1,% v1,%\n[]", ",v1,%\tv1,\n1", "v1,%= %\n", NULL
	};

	return fuzz_own(texts, n, buf, size);
}

const struct fuzz_driver fuzz_verify = { "verify", run, seed, own, 5000 };
