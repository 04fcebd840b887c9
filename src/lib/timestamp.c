/* SPDX-License-Identifier: ISC */
/*
 * Timestamps.  A number has exactly one text here, so that what is checked
 * against the clock is what was signed.
 */
#include <config.h>

#include "lib/timestamp.h"

bool
hkc_timestamp_parse(struct hookcask_span text, int64_t *seconds)
{
	const char *p = text.data;
	int64_t n = 0;

	if (text.len == 0 || text.len > HKC_TIMESTAMP_MAX || *p == '0')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		n = n * 10 + (p[i] - '0');
	}
	if (n > HOOKCASK_TIME_MAX)
		return false;
	*seconds = n;
	return true;
}

size_t
hkc_timestamp_format(char digits[HKC_TIMESTAMP_MAX], int64_t seconds)
{
	char reversed[HKC_TIMESTAMP_MAX];
	size_t n = 0;

	do {
		reversed[n++] = (char)('0' + seconds % 10);
		seconds /= 10;
	} while (seconds != 0 && n < sizeof(reversed));
	for (size_t i = 0; i < n; i++)
		digits[i] = reversed[n - 1 - i];
	return n;
}
