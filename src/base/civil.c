/* SPDX-License-Identifier: ISC */
/*
 * Civil time in UTC by 64-bit arithmetic of our own: gmtime(3) ends in 2038
 * where time_t has 32 bits.  No locale, no clock.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/civil.h"

#define DAY 86400

struct civil
civil_of(int64_t seconds)
{
	struct civil c;
	int64_t days = seconds / DAY, rest = seconds % DAY;
	int64_t era, of_era, year, of_year, month;

	/* Days since 0000-03-01: a leap day is then the last of its year. */
	days += 719468;
	era = days / 146097;
	of_era = days % 146097;
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
	    365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	c.day = (int)(of_year - (153 * month + 2) / 5 + 1);
	c.month = (int)(month < 10 ? month + 3 : month - 9);
	c.year = (int)(year + era * 400 + (c.month <= 2));
	c.hour = (int)(rest / 3600);
	c.minute = (int)(rest / 60 % 60);
	c.second = (int)(rest % 60);
	return c;
}

static int64_t
seconds_of(const struct civil *c)
{
	int64_t year = c->year - (c->month <= 2);
	int64_t month = c->month > 2 ? c->month - 3 : c->month + 9;
	int64_t of_era = year % 400;
	int64_t days;

	days = year / 400 * 146097 + of_era * 365 + of_era / 4 -
	    of_era / 100 + (153 * month + 2) / 5 + c->day - 1 - 719468;
	return ((days * 24 + c->hour) * 60 + c->minute) * 60 + c->second;
}

static void
put(char *p, int value, int digits)
{
	while (digits-- > 0) {
		p[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* The 19 characters that both forms begin with. */
static void
format(char *buf, int64_t seconds)
{
	struct civil c = civil_of(seconds);

	memcpy(buf, "0000-00-00T00:00:00", 19);
	put(buf, c.year, 4);
	put(buf + 5, c.month, 2);
	put(buf + 8, c.day, 2);
	put(buf + 11, c.hour, 2);
	put(buf + 14, c.minute, 2);
	put(buf + 17, c.second, 2);
}

void
civil_format(char buf[CIVIL_SIZE], int64_t seconds)
{
	format(buf, seconds);
	memcpy(buf + 19, "Z", 2);
}

void
civil_format_us(char buf[CIVIL_SIZE], int64_t microseconds)
{
	format(buf, microseconds / 1000000);
	buf[19] = '.';
	put(buf + 20, (int)(microseconds % 1000000), 6);
	memcpy(buf + 26, "Z", 2);
}

static bool
take(const char *p, int digits, int *value)
{
	*value = 0;
	for (; digits > 0; digits--, p++) {
		if (*p < '0' || *p > '9')
			return false;
		*value = *value * 10 + (*p - '0');
	}
	return true;
}

bool
civil_parse(const char *text, size_t len, int64_t *microseconds)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	struct civil c;
	int fraction = 0, last;

	if ((len != 20 && len != 27) || text[len - 1] != 'Z')
		return false;
	if (text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
	    text[13] != ':' || text[16] != ':')
		return false;
	if (!take(text, 4, &c.year) || !take(text + 5, 2, &c.month) ||
	    !take(text + 8, 2, &c.day) || !take(text + 11, 2, &c.hour) ||
	    !take(text + 14, 2, &c.minute) || !take(text + 17, 2, &c.second))
		return false;
	if (len == 27 && (text[19] != '.' || !take(text + 20, 6, &fraction)))
		return false;
	if (c.year < 1970 || c.month < 1 || c.month > 12 || c.hour > 23 ||
	    c.minute > 59 || c.second > 59)
		return false;
	last = days[c.month - 1];
	if (c.month == 2 && c.year % 4 == 0 &&
	    (c.year % 100 != 0 || c.year % 400 == 0))
		last = 29;
	if (c.day < 1 || c.day > last)
		return false;
	*microseconds = seconds_of(&c) * 1000000 + fraction;
	return true;
}
