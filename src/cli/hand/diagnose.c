/* SPDX-License-Identifier: ISC */
/*
 * Explains a signature that does not fit.  Each guess is a change that
 * programs on the way are known to make; the library verifies it, so a hit is
 * proof.  Nothing here makes a delivery genuine.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "base/wipe.h"
#include "cli/hand/bodies.h"
#include "cli/hand/diagnose.h"
#include "lib/base64.h"

static bool
fits(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy)
{
	struct hookcask_verdict verdict;

	return hookcask_verify(delivery, policy, &verdict) == HOOKCASK_OK;
}

static void
found(const char *text)
{
	printf("found: the signature fits %s\n", text);
}

/* Stops at the first that fits: two changes may give the same bytes. */
static unsigned
try_bodies(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy)
{
	struct hookcask_span body = delivery->body[0], changed;
	struct hookcask_delivery other = *delivery;
	struct hookcask_policy roomy = *policy;
	char *out = malloc(BODIES_SIZE(body.len));
	bool hit = false;

	roomy.scratch_len = HOOKCASK_SCRATCH(BODIES_SIZE(body.len));
	roomy.scratch = malloc(roomy.scratch_len);
	other.body = &changed;
	other.body_count = 1;
	for (size_t i = 0; out != NULL && roomy.scratch != NULL && !hit &&
	    i < bodies_count; i++) {
		const char *text;
		size_t len = bodies_change(i, out,
		    body.len == 0 ? "" : body.data, body.len, &text);

		if (len == BODIES_UNCHANGED)
			continue;
		changed = span_make(out, len);
		hit = fits(&other, &roomy);
		if (hit)
			found(text);
	}
	free(roomy.scratch);
	free(out);
	return hit;
}

/* The key made from the characters of the secret, not from its base64. */
static bool
fits_text(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy, const char *text, size_t len)
{
	char encoded[HKC_BASE64_SIZE(256)];
	struct hookcask_policy other = *policy;
	struct hookcask_key key;
	bool hit;

	if (len > 256)
		return false;
	hkc_base64_encode(encoded, text, len);
	if (hookcask_key_init(&key, encoded, HKC_BASE64_SIZE(len)) !=
	    HOOKCASK_OK)
		return false;
	other.keys = &key;
	other.key_count = 1;
	hit = fits(delivery, &other);
	hookcask_key_wipe(&key);
	wipe(encoded, sizeof(encoded));
	return hit;
}

static unsigned
try_secret_texts(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy, const struct secrets *secrets)
{
	const char *p = secrets->text.data;
	unsigned hits = 0;

	while (*p != '\0') {
		size_t len;

		p += strspn(p, " \t\r\n");
		if (*p == '#') {
			p += strcspn(p, "\n");
			continue;
		}
		len = strcspn(p, " \t\r\n#");
		if (len > 0 && (fits_text(delivery, policy, p, len) ||
		    (len > 6 && memcmp(p, "whsec_", 6) == 0 &&
		    fits_text(delivery, policy, p + 6, len - 6)))) {
			found("a key made of the secret's characters: the "
			    "sender must decode its base64 first");
			hits++;
		}
		p += len;
		p += strcspn(p, "\n");
	}
	return hits;
}

static unsigned
try_other_family(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy)
{
	struct hookcask_delivery other = *delivery;

	if (other.svix.id.len == 0 || other.webhook.id.len == 0)
		return 0;
	memset(&other.svix, 0, sizeof(other.svix));
	if (!fits(&other, policy))
		return 0;
	found("the webhook- headers, but the svix- headers count if both are "
	    "there: something on the way adds a family");
	return 1;
}

/* A key that had expired by the message's time. */
static unsigned
try_expired(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy)
{
	struct hookcask_key keys[HOOKCASK_KEYS_MAX];
	struct hookcask_policy other = *policy;
	unsigned hits = 0;

	memcpy(keys, policy->keys, policy->key_count * sizeof(*keys));
	for (size_t i = 0; i < policy->key_count; i++)
		keys[i].not_after = HOOKCASK_NO_END;
	other.keys = keys;
	if (fits(delivery, &other)) {
		found("a key that had expired (\"# until\") by the "
		    "message's time");
		hits = 1;
	}
	wipe(keys, sizeof(keys));
	return hits;
}

/* Blanks instead of plus signs: the header went through URL decoding. */
static unsigned
try_plus(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy)
{
	struct hookcask_delivery other = *delivery;
	struct hookcask_headers *h = delivery->svix.id.len > 0 ?
	    &other.svix : &other.webhook;
	char text[HOOKCASK_HEADER_MAX];

	if (h->signature.len > sizeof(text) ||
	    memchr(h->signature.data, ' ', h->signature.len) == NULL)
		return 0;
	memcpy(text, h->signature.data, h->signature.len);
	for (size_t i = 0; i < h->signature.len; i++)
		if (text[i] == ' ')
			text[i] = '+';
	h->signature.data = text;
	if (!fits(&other, policy))
		return 0;
	found("with + for the blanks in it: something decoded the header as "
	    "a URL");
	return 1;
}

unsigned
diagnose(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy, const struct secrets *secrets)
{
	return try_bodies(delivery, policy) +
	    try_secret_texts(delivery, policy, secrets) +
	    try_expired(delivery, policy) +
	    try_other_family(delivery, policy) + try_plus(delivery, policy);
}
