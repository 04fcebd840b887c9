/* SPDX-License-Identifier: ISC */
/*
 * A secret file, and HOOKCASK_SECRET.  Whatever is wrong with it, the
 * message says where, and shows nothing of a secret.
 */
#include <config.h>

#include <string.h>

#include "config/keyset.h"
#include "fuzz.h"
#include "vectors.h"

#define SHOWN_MAX	20	/* bytes together that a message may repeat */

/* By hand, so that no engine learns the message from a comparison. */
static bool
repeats(const char *message, const uint8_t *data, size_t len)
{
	size_t n = strlen(message);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < len; j++) {
			size_t k = 0;

			while (k < SHOWN_MAX && i + k < n && j + k < len &&
			    (unsigned char)message[i + k] == data[j + k])
				k++;
			if (k == SHOWN_MAX)
				return true;
		}
	return false;
}

static bool
is_zero(const struct keyset *keys)
{
	static const struct keyset none;

	return memcmp(keys, &none, sizeof(none)) == 0;
}

static void
judge(struct keyset *keys, bool good, const struct err *err,
    const uint8_t *data, size_t len)
{
	if (!good) {
		FUZZ_HOLDS(is_zero(keys));
		FUZZ_HOLDS(err->kind != OUTCOME_STORED);
		FUZZ_HOLDS(err->text[0] != '\0');
		FUZZ_HOLDS(len > 4096 || !repeats(err->text, data, len));
		return;
	}
	FUZZ_HOLDS(keys->count > 0 && keys->count <= HOOKCASK_KEYS_MAX);
	FUZZ_HOLDS(keys->weak <= keys->count);
	for (size_t i = 0; i < keys->count; i++)
		for (size_t j = 0; j < i; j++)
			FUZZ_HOLDS(keys->keys[i].kind != keys->keys[j].kind ||
			    memcmp(keys->keys[i].bytes, keys->keys[j].bytes,
			    sizeof(keys->keys[i].bytes)) != 0 ||
			    keys->keys[i].len != keys->keys[j].len);
	keyset_wipe(keys);
	FUZZ_HOLDS(is_zero(keys));
}

static void
run(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct err err = ERR_INIT;
	struct keyset keys;
	bool good;

	good = keyset_parse(&keys, "f", text, len, &err);
	judge(&keys, good, &err, data, len);
	memset(&err, 0, sizeof(err));
	good = keyset_parse_words(&keys, "v", text, len, &err);
	judge(&keys, good, &err, data, len);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; vector_get(v, "secret", i).len > 0; i++) {
		fuzz_put(buf, size, &len, vector_get(v, "secret", i));
		fuzz_put_text(buf, size, &len, i % 2 == 0 ?
		    " # until 2027-01-31\n" : "\n# old\n");
	}
	return len;
}

/* Secrets that differ in their last characters. */
static size_t
many(uint8_t *buf, size_t size, const char *text, const char *end,
    unsigned count)
{
	size_t len = 0;

	for (unsigned i = 0; i < count; i++) {
		const char last[] = { (char)('a' + i), 'S', 'w', '\0' };

		fuzz_put_text(buf, size, &len, text);
		fuzz_put_text(buf, size, &len, end[0] == '\0' ? last :
		    (char[]){ (char)('a' + i), '\0' });
		fuzz_put_text(buf, size, &len, end);
		fuzz_put_text(buf, size, &len, "\n");
	}
	return len;
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	static const char *const texts[] = {
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw "
		"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
		"# a comment\n\n\twhsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\r\n",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
		NULL
	};

	switch (n) {
	case 0:
		return many(buf, size, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaL",
		    "", 17);
	case 1:
		return many(buf, size,
		    "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOi", "4=", 5);
	default:
		return fuzz_own(texts, n - 2, buf, size);
	}
}

const struct fuzz_driver fuzz_keyset = { "keyset", run, seed, own, 5000 };
