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

#include "base/json.h"
#include "base/span.h"
#include "base/wipe.h"
#include "cli/hand/diagnose.h"
#include "lib/base64.h"

/* No change makes more than this of n bytes. */
#define CHANGED_SIZE(n)	(2 * (n) + 2)
#define UNCHANGED	((size_t)-1)

static size_t
without_end(char *out, const char *in, size_t len, const char *end)
{
	size_t n = strlen(end);

	if (len < n || memcmp(in + len - n, end, n) != 0)
		return UNCHANGED;
	memcpy(out, in, len - n);
	return len - n;
}

static size_t
without_lf(char *out, const char *in, size_t len)
{
	return without_end(out, in, len, "\n");
}

static size_t
without_crlf(char *out, const char *in, size_t len)
{
	return without_end(out, in, len, "\r\n");
}

static size_t
with_lf(char *out, const char *in, size_t len)
{
	if (len > 0)
		memcpy(out, in, len);
	out[len] = '\n';
	return len + 1;
}

static size_t
with_crlf(char *out, const char *in, size_t len)
{
	if (len > 0)
		memcpy(out, in, len);
	memcpy(out + len, "\r\n", 2);
	return len + 2;
}

static size_t
crlf_to_lf(char *out, const char *in, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (in[i] != '\r' || i + 1 == len || in[i + 1] != '\n')
			out[n++] = in[i];
	return n == len ? UNCHANGED : n;
}

static size_t
lf_to_crlf(char *out, const char *in, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (in[i] == '\n' && (i == 0 || in[i - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = in[i];
	}
	return n == len ? UNCHANGED : n;
}

static size_t
without_bom(char *out, const char *in, size_t len)
{
	if (len < 3 || memcmp(in, "\xEF\xBB\xBF", 3) != 0)
		return UNCHANGED;
	memcpy(out, in + 3, len - 3);
	return len - 3;
}

static size_t
empty(char *out, const char *in, size_t len)
{
	(void)out;
	(void)in;
	return len == 0 ? UNCHANGED : 0;
}

/* JSON printed again: no blanks between tokens, or one after , and :. */
static size_t
print_again(char *out, const char *in, size_t len, bool blanks)
{
	struct json_scan scan;
	bool in_string = false;
	size_t n = 0;

	if (!json_scan(&scan, in, len, JSON_DEPTH_MAX))
		return UNCHANGED;
	for (size_t i = 0; i < len; i++) {
		if (!in_string && strchr(" \t\r\n", in[i]) != NULL)
			continue;
		out[n++] = in[i];
		if (in_string && in[i] == '\\')
			out[n++] = in[++i];
		else if (in[i] == '"')
			in_string = !in_string;
		else if (blanks && !in_string &&
		    (in[i] == ',' || in[i] == ':'))
			out[n++] = ' ';
	}
	return n == len && memcmp(out, in, n) == 0 ? UNCHANGED : n;
}

static size_t
compact(char *out, const char *in, size_t len)
{
	return print_again(out, in, len, false);
}

static size_t
spaced(char *out, const char *in, size_t len)
{
	return print_again(out, in, len, true);
}

static const struct {
	size_t		(*change)(char *, const char *, size_t);
	const char	*text;
} changes[] = {
	{ without_lf, "the body without its last line feed: it was added "
	    "when the body was saved, or on the way" },
	{ without_crlf, "the body without its last CR LF: it was added when "
	    "the body was saved, or on the way" },
	{ with_lf, "the body with a line feed at its end: it was lost" },
	{ with_crlf, "the body with CR LF at its end: it was lost" },
	{ crlf_to_lf, "the body with LF for CR LF: line ends were changed" },
	{ lf_to_crlf, "the body with CR LF for LF: line ends were changed" },
	{ without_bom, "the body without its byte order mark: it was added" },
	{ compact, "the same JSON without blanks: something parsed the body "
	    "and printed it again; keep the raw bytes" },
	{ spaced, "the same JSON with a blank after each comma and colon: "
	    "something parsed the body and printed it again; keep the raw "
	    "bytes" },
	{ empty, "an empty body: the sender signed none" },
};

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

/* Stops at the first that fits: two can leave the same bytes. */
static unsigned
try_bodies(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy)
{
	struct hookcask_span body = delivery->body[0], changed;
	struct hookcask_delivery other = *delivery;
	struct hookcask_policy roomy = *policy;
	char *out = malloc(CHANGED_SIZE(body.len));
	bool hit = false;

	roomy.scratch_len = HOOKCASK_SCRATCH(CHANGED_SIZE(body.len));
	roomy.scratch = malloc(roomy.scratch_len);
	other.body = &changed;
	other.body_count = 1;
	for (size_t i = 0; out != NULL && roomy.scratch != NULL && !hit &&
	    i < sizeof(changes) / sizeof(*changes); i++) {
		size_t len = changes[i].change(out,
		    body.len == 0 ? "" : body.data, body.len);

		if (len == UNCHANGED)
			continue;
		changed = span_make(out, len);
		hit = fits(&other, &roomy);
		if (hit)
			found(changes[i].text);
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
