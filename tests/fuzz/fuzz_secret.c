/* SPDX-License-Identifier: ISC */
/*
 * The text of a secret.  What is accepted is canonical: written back from
 * the key it is the same text, so that no second text means the same key.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "fuzz.h"
#include "lib/base64.h"
#include "vectors.h"

static bool
is_zero(const struct hookcask_key *key)
{
	static const struct hookcask_key none;

	return memcmp(key, &none, sizeof(none)) == 0;
}

static struct hookcask_span
trim(struct hookcask_span s)
{
	const char *text = s.data;

	while (s.len > 0 && memchr(" \t\r\n", *text, 4) != NULL) {
		text++;
		s.len--;
	}
	while (s.len > 0 && memchr(" \t\r\n", text[s.len - 1], 4) != NULL)
		s.len--;
	return span_make(text, s.len);
}

/* Keys up to 64 bytes are in the struct as they are. */
static void
write_back(const struct hookcask_key *key, struct hookcask_span text)
{
	char base64[HKC_BASE64_SIZE(64)];
	const char *p = text.data;
	size_t len = HKC_BASE64_SIZE(key->len), skip = 0;

	if (text.len > 5 && memcmp(p, "text:", 5) == 0) {
		FUZZ_HOLDS(text.len - 5 == key->len);
		FUZZ_HOLDS(memcmp(p + 5, key->bytes, key->len) == 0);
		return;
	}
	if (text.len > 4 && memcmp(p, "hex:", 4) == 0) {
		FUZZ_HOLDS(text.len - 4 == 2 * key->len);
		for (size_t i = 0; i < key->len; i++) {
			char digits[] = { p[4 + 2 * i], p[5 + 2 * i], '\0' };

			FUZZ_HOLDS(strtoul(digits, NULL, 16) == key->bytes[i]);
		}
		return;
	}
	if (text.len > 7 && memcmp(p, "base64:", 7) == 0)
		skip = 7;
	if (text.len > 6 && memcmp(p, "whsec_", 6) == 0)
		skip = 6;
	if (key->kind == HOOKCASK_KEY_ED25519)
		skip = 5;
	hkc_base64_encode(base64, key->bytes, key->len);
	/* padding may be wholly absent */
	if (text.len - skip < len)
		while (base64[len - 1] == '=')
			len--;
	FUZZ_HOLDS(text.len - skip == len);
	FUZZ_HOLDS(memcmp(p + skip, base64, len) == 0);
}

static void
run(const uint8_t *data, size_t len)
{
	struct hookcask_span text = trim(span_make(data, len));
	char print[HOOKCASK_FINGERPRINT_SIZE];
	struct hookcask_key key, again;
	char *padded;

	if (hookcask_key_init(&key, (const char *)data, len) != HOOKCASK_OK) {
		FUZZ_HOLDS(is_zero(&key));
		return;
	}
	FUZZ_HOLDS(key.kind == HOOKCASK_KEY_HMAC ||
	    (key.kind == HOOKCASK_KEY_ED25519 && key.len == 32 &&
	    memcmp(text.data, "whpk_", 5) == 0));
	FUZZ_HOLDS(key.len >= HOOKCASK_KEY_MIN);
	FUZZ_HOLDS(key.not_after == HOOKCASK_NO_END);
	if (key.len <= sizeof(key.bytes))
		write_back(&key, text);
	hookcask_key_fingerprint(&key, print);
	FUZZ_HOLDS(strspn(print, "0123456789abcdef") == 8);

	/* blanks around it do not count */
	padded = malloc(text.len + 3);
	FUZZ_HOLDS(padded != NULL);
	memcpy(padded + 1, text.data, text.len);
	padded[0] = '\t';
	memcpy(padded + 1 + text.len, "\r\n", 2);
	FUZZ_HOLDS(hookcask_key_init(&again, padded, text.len + 3) ==
	    HOOKCASK_OK);
	FUZZ_HOLDS(memcmp(&key, &again, sizeof(key)) == 0);
	free(padded);
	hookcask_key_wipe(&key);
	FUZZ_HOLDS(is_zero(&key));
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	size_t len = 0;

	fuzz_put(buf, size, &len, vector_get(v, vector_has(v, "secret-text") ?
	    "secret-text" : "secret", 0));
	return len;
}

const struct fuzz_driver fuzz_secret = { "secret", run, seed, NULL, 20000 };
