/* SPDX-License-Identifier: ISC */
/*
 * Reads times and durations of a command line.  Strict: text that could mean
 * two things is refused.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "cli/term/when.h"

#define LAST_SECOND	INT64_C(253402300799)	/* of the year 9999 */

/* Digits up to a sum of LAST_SECOND; NULL: none, or too many. */
static const char *
take_number(const char *p, int64_t *number)
{
	const char *start = p;

	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		*number = *number * 10 + (*p - '0');
		if (*number > LAST_SECOND)
			return NULL;
	}
	return p == start ? NULL : p;
}

static int64_t
unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	default:
		return 0;
	}
}

bool
duration_parse(const char *text, int64_t *seconds)
{
	int64_t number, unit;

	*seconds = 0;
	do {
		text = take_number(text, &number);
		if (text == NULL)
			return false;
		unit = unit_seconds(*text);
		if (unit == 0 || number > (LAST_SECOND - *seconds) / unit)
			return false;
		*seconds += number * unit;
	} while (*++text != '\0');
	return true;
}

/* "Z", "+01:00", or nothing: seconds east of Greenwich. */
static bool
take_offset(const char *p, int64_t *seconds)
{
	static const char form[] = "+00:00";
	int64_t hours, minutes;

	*seconds = 0;
	if (*p == '\0' || ((*p == 'Z' || *p == 'z') && p[1] == '\0'))
		return true;
	if (strlen(p) != sizeof(form) - 1 || (*p != '+' && *p != '-') ||
	    p[3] != ':' || take_number(p + 1, &hours) != p + 3 ||
	    take_number(p + 4, &minutes) != p + 6 || hours > 23 ||
	    minutes > 59)
		return false;
	*seconds = (hours * 60 + minutes) * (*p == '-' ? -60 : 60);
	return true;
}

/* Microseconds of ".5"; more than six digits are cut. */
static bool
take_fraction(const char **p, int64_t *us)
{
	int64_t unit = 100000;

	*us = 0;
	if (**p != '.' && **p != ',')
		return true;
	if (*++*p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; ++*p, unit /= 10)
		*us += (**p - '0') * unit;
	return true;
}

static bool
parse_calendar(const char *text, int64_t *us)
{
	char form[] = "0000-00-00T00:00:00Z";
	int64_t fraction = 0, offset;
	const char *p = text + 10;

	if (strlen(text) < 10)
		return false;
	memcpy(form, text, 10);
	if (*p == 'T' || *p == 't' || *p == ' ') {
		if (strlen(++p) < 5)
			return false;
		memcpy(form + 11, p, 5);
		p += 5;
		if (*p == ':' && strlen(p) >= 3) {
			memcpy(form + 16, p, 3);
			p += 3;
			if (!take_fraction(&p, &fraction))
				return false;
		}
	} else if (*p != '\0') {
		return false;
	}
	if (!take_offset(p, &offset) || !civil_parse(form, 20, us))
		return false;
	*us += fraction - offset * 1000000;
	return true;
}

bool
when_parse(const char *text, int64_t now_us, int64_t *us)
{
	const char *end;
	int64_t seconds;

	if (text[0] == '@') {
		end = take_number(text + 1, &seconds);
		if (end == NULL || *end != '\0')
			return false;
		*us = seconds * 1000000;
		return true;
	}
	if (duration_parse(text, &seconds)) {
		*us = now_us - seconds * 1000000;
		return true;
	}
	return parse_calendar(text, us);
}

void
duration_format(char buf[DURATION_SIZE], int64_t seconds)
{
	static const struct {
		int64_t		 below, unit;
		const char	*name;
	} steps[] = {
		{ 120, 1, "s" }, { 7200, 60, "min" }, { 172800, 3600, "h" },
		{ INT64_MAX, 86400, "d" },
	};
	size_t i = 0;

	if (seconds < 0)
		seconds = 0;
	if (seconds > LAST_SECOND)
		seconds = LAST_SECOND;
	while (seconds >= steps[i].below)
		i++;
	snprintf(buf, DURATION_SIZE, "%" PRId64 " %s",
	    seconds / steps[i].unit, steps[i].name);
}
