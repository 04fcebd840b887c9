/* SPDX-License-Identifier: ISC */
/*
 * Converts between local time and UTC.  The C library knows the offset at a
 * time; the other direction is searched here, because mktime(3) guesses.
 */
#include <config.h>

#include <time.h>

#include "cli/term/zone.h"

#define DAY	INT64_C(86400)

static bool is_utc;

void
zone_use_utc(void)
{
	is_utc = true;
}

int64_t
zone_offset(int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	return is_utc || localtime_r(&t, &tm) == NULL ? 0 : tm.tm_gmtoff;
}

bool
zone_is_utc(void)
{
	int64_t now = (int64_t)time(NULL);

	return zone_offset(now) == 0 && zone_offset(now + 182 * DAY) == 0;
}

bool
zone_to_utc(int64_t *seconds, bool is_day)
{
	/* the offsets on either side of a change */
	int64_t before = zone_offset(*seconds - DAY);
	int64_t after = zone_offset(*seconds + DAY);
	int64_t first = *seconds - before, second = *seconds - after;
	bool is_first = zone_offset(first) == before;
	bool is_second = zone_offset(second) == after;

	/* none: a day that lacks its first hour begins with the change */
	if (!is_first && !is_second && !is_day)
		return false;
	if (is_first && is_second && first != second && !is_day)
		return false;
	*seconds = is_first || !is_second ? first : second;
	return true;
}
