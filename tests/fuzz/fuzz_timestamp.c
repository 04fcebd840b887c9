/* SPDX-License-Identifier: ISC */
/* The timestamp header: its grammar read a second time, and written back. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "fuzz.h"
#include "lib/timestamp.h"
#include "vectors.h"

static bool
is_good(const uint8_t *data, size_t len, int64_t *seconds)
{
	char text[32];

	if (len == 0 || len > 15 || memchr(data, '\0', len) != NULL)
		return false;
	memcpy(text, data, len);
	text[len] = '\0';
	if (text[0] == '0' || strspn(text, "0123456789") != len)
		return false;
	*seconds = strtoll(text, NULL, 10);
	return *seconds <= HOOKCASK_TIME_MAX;
}

static void
run(const uint8_t *data, size_t len)
{
	int64_t seconds = -1, expected = -1;
	char digits[HKC_TIMESTAMP_MAX];
	bool good = hkc_timestamp_parse(span_make(data, len), &seconds);

	FUZZ_HOLDS(good == is_good(data, len, &expected));
	FUZZ_HOLDS(seconds == expected || !good);
	if (!good)
		return;
	FUZZ_HOLDS(hkc_timestamp_format(digits, seconds) == len);
	FUZZ_HOLDS(memcmp(digits, data, len) == 0);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	size_t len = 0;

	fuzz_put(buf, size, &len, vector_get(v, "svix-timestamp", 0));
	return len;
}

const struct fuzz_driver fuzz_timestamp = {
	"timestamp", run, seed, NULL, 20000
};
