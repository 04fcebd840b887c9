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
#include "cli/term/zone.h"

#define SECOND_US	INT64_C(1000000)
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

/* "Z" or "+01:00": seconds east of Greenwich. */
static bool
take_offset(const char *p, int64_t *seconds)
{
	static const char form[] = "+00:00";
	int64_t hours, minutes;

	*seconds = 0;
	if ((*p == 'Z' || *p == 'z') && p[1] == '\0')
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
	int64_t fraction = 0, offset, local;
	const char *p = text + 10;
	bool is_day;

	if (strlen(text) < 10)
		return false;
	memcpy(form, text, 10);
	is_day = *p == '\0';
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
	if (!civil_parse(form, 20, us))
		return false;
	if (*p == '\0') {
		local = *us / SECOND_US;
		if (!zone_to_utc(&local, is_day))
			return false;
		*us = local * SECOND_US + fraction;
		return *us >= 0;
	}
	if (!take_offset(p, &offset))
		return false;
	*us += fraction - offset * SECOND_US;
	return true;
}

/* Local time: this time of day ("": its start) that many days before today. */
static bool
parse_on_day(const char *time, int64_t days, int64_t now_us, int64_t *us)
{
	int64_t now = now_us / SECOND_US;
	char text[CIVIL_SIZE + 16];

	civil_format(text, now + zone_offset(now) - days * 86400);
	if (time[0] == '\0')
		text[10] = '\0';
	else
		snprintf(text + 11, sizeof(text) - 11, "%.10s", time);
	return parse_calendar(text, us);
}

/* "22:00": the last time it was that late, so that it works after midnight. */
static bool
parse_time_of_day(const char *text, int64_t now_us, int64_t *us)
{
	size_t len = strlen(text);

	return (len == 5 || len == 8) && text[2] == ':' &&
	    parse_on_day(text, 0, now_us, us) &&
	    (*us <= now_us || parse_on_day(text, 1, now_us, us));
}

/* "yesterday" or "yesterday 22:00"; likewise "today". */
static bool
parse_words(const char *text, int64_t now_us, int64_t *us)
{
	static const struct {
		const char	*name;
		int64_t		 days;
	} words[] = { { "today", 0 }, { "yesterday", 1 } };
	size_t len = strcspn(text, " ");
	const char *time = text[len] == ' ' ? text + len + 1 : "";

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].name) == len &&
		    memcmp(text, words[i].name, len) == 0 &&
		    (text[len] == '\0' || ((strlen(time) == 5 ||
		    strlen(time) == 8) && time[2] == ':')))
			return parse_on_day(time, words[i].days, now_us, us);
	return false;
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
		*us = seconds * SECOND_US;
		return true;
	}
	if (duration_parse(text, &seconds)) {
		*us = now_us - seconds * SECOND_US;
		return true;
	}
	return parse_calendar(text, us) ||
	    parse_time_of_day(text, now_us, us) ||
	    parse_words(text, now_us, us);
}

static void
add_offset(char *text, int64_t offset)
{
	int64_t minutes = (offset < 0 ? -offset : offset) / 60;

	if (zone_is_utc())
		strcpy(text, "Z");
	else
		snprintf(text, 7, "%c%02d:%02d", offset < 0 ? '-' : '+',
		    (int)(minutes / 60 % 100), (int)(minutes % 60));
}

void
when_format(char buf[WHEN_SIZE], int64_t seconds)
{
	int64_t offset = zone_offset(seconds);

	civil_format(buf, seconds + offset);
	/* in place of the Z */
	add_offset(buf + strlen(buf) - 1, offset);
}

void
when_format_us(char buf[WHEN_SIZE], int64_t us)
{
	int64_t offset = zone_offset(us / SECOND_US);

	civil_format_us(buf, us + offset * SECOND_US);
	add_offset(buf + strlen(buf) - 1, offset);
}

int
when_width(void)
{
	return zone_is_utc() ? 20 : 25;
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
