/* SPDX-License-Identifier: ISC */
/* Bytes in units of 1024, to and from text. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/term/size.h"

void
size_format(char text[SIZE_TEXT], uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB",
	    "TiB" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit < sizeof(units) / sizeof(*units) - 1) {
		value /= 1024;
		unit++;
	}
	snprintf(text, SIZE_TEXT, "%.*f %s", unit == 0 ? 0 : 1, value,
	    units[unit]);
}

bool
size_parse(const char *text, int64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	long long number;
	char *end;
	int shift = 0;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9')
		return false;
	if (*end != '\0') {
		unit = strchr(units, *end);
		if (unit == NULL || end[1] != '\0')
			return false;
		shift = 10 * (int)(unit - units + 1);
	}
	if (number > INT64_MAX >> shift)
		return false;
	*bytes = (int64_t)number << shift;
	return true;
}
