/* SPDX-License-Identifier: ISC */
/* Times as people write them, also when clocks change. */
#include <config.h>

#include <stdlib.h>
#include <time.h>

#include "cli/term/when.h"
#include "cli/term/zone.h"
#include "unit.h"

#define NOW INT64_C(1614265330000000)	/* 2021-02-25T15:02:10Z */
#define DAY INT64_C(86400000000)

START_TEST(test_times)
{
	static const struct {
		const char	*text;
		int64_t		 us;
	} rows[] = {
		{ "2021-02-25T15:02:10Z", NOW },
		{ "2021-02-25t15:02:10z", NOW },
		{ "2021-02-25 15:02:10", NOW },
		{ "2021-02-25T15:02:10.5Z", NOW + 500000 },
		{ "2021-02-25T15:02:10,1234567", NOW + 123456 },
		{ "2021-02-25T16:02:10+01:00", NOW },
		{ "2021-02-25T09:32:10-05:30", NOW },
		{ "2021-02-25 15:02", NOW - 10000000 },
		{ "2021-02-25T16:02+01:00", NOW - 10000000 },
		{ "15:02", NOW - 10000000 },
		{ "15:02:10", NOW },
		{ "15:03", NOW + 50000000 - DAY },
		{ "today", NOW - (15 * 3600 + 130) * INT64_C(1000000) },
		{ "yesterday", NOW - (15 * 3600 + 130) * INT64_C(1000000) -
		    DAY },
		{ "yesterday 15:02", NOW - 10000000 - DAY },
		{ "today 15:03", NOW + 50000000 },
		{ "2021-02-25", NOW - (15 * 3600 + 130) * INT64_C(1000000) },
		{ "1970-01-01", 0 },
		{ "@1614265330", NOW },
		{ "@0", 0 },
		{ "0s", NOW },
		{ "90s", NOW - 90000000 },
		{ "2h", NOW - 7200000000 },
		{ "7d", NOW - 604800000000 },
		{ "1d12h", NOW - 129600000000 },
		{ "2w", NOW - 1209600000000 },
		{ "5m", NOW - 300000000 },
	};
	int64_t us;

	zone_use_utc();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(when_parse(rows[i].text, NOW, &us), "%s",
		    rows[i].text);
		ck_assert_msg(us == rows[i].us, "%s: %lld", rows[i].text,
		    (long long)us);
	}
}
END_TEST

START_TEST(test_what_is_no_time)
{
	static const char *const texts[] = {
		"", "h", "2", "2x", "-2h", "2h ", " 2h", "1.5h", "@", "@-1",
		"@12x", "@999999999999999999999", "99999999999999999999d",
		"253402300799w", "tomorrow", "yesterday ", "yesterday 1d",
		"today 2021-01-01", "24:00", "15:60", "1:02", "15:02Z",
		"2021", "2021-02", "2021-02-30", "2021-13-01", "21-02-25",
		"2021-02-25T",
		"2021-02-25T1", "2021-02-25T24:00", "2021-02-25T15:60",
		"2021-02-25T15:02:61Z", "2021-02-25T15:02:10.Z",
		"2021-02-25T15:02:10+1", "2021-02-25T15:02:10+24:00",
		"2021-02-25T15:02:10+01:60", "2021-02-25T15:02:10+0100",
		"2021-02-25T15:02:10Zx", "2021-02-25Z", "2021-02-25T15:02:",
		"2021/02/25", "1969-12-31", "\xC3\xA9",
	};
	int64_t us;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_msg(!when_parse(texts[i], NOW, &us), "%s",
		    texts[i]);
}
END_TEST

static void
be_in(const char *zone)
{
	ck_assert_int_eq(setenv("TZ", zone, 1), 0);
	tzset();
}

/* Central Europe, by a rule that needs no data base. */
START_TEST(test_summer_time)
{
	static const struct {
		const char	*text, *same;	/* NULL: refused */
	} rows[] = {
		{ "2026-07-01T12:00", "2026-07-01T10:00Z" },
		{ "2026-01-01T12:00:00.5", "2026-01-01T11:00:00.5Z" },
		{ "2026-07-01", "2026-06-30T22:00Z" },
		/* forward, from 2 to 3 */
		{ "2026-03-29T01:59:59", "2026-03-29T00:59:59Z" },
		{ "2026-03-29T02:00", NULL },
		{ "2026-03-29T02:59:59", NULL },
		{ "2026-03-29T03:00", "2026-03-29T01:00Z" },
		/* back, from 3 to 2 */
		{ "2026-10-25T01:59:59", "2026-10-24T23:59:59Z" },
		{ "2026-10-25T02:00", NULL },
		{ "2026-10-25T02:59:59", NULL },
		{ "2026-10-25T02:30+02:00", "2026-10-25T00:30Z" },
		{ "2026-10-25T02:30+01:00", "2026-10-25T01:30Z" },
		{ "2026-10-25T03:00", "2026-10-25T02:00Z" },
		/* the day of 25 hours, before and after noon of the next */
		{ "yesterday", "2026-10-24T22:00Z" },
		{ "today", "2026-10-25T23:00Z" },
		{ "11:00", "2026-10-26T10:00Z" },
		{ "13:01", "2026-10-25T12:01Z" },
	};
	int64_t now, us, same;

	be_in("CET-1CEST,M3.5.0,M10.5.0/3");
	ck_assert(when_parse("2026-10-26T12:00Z", 0, &now));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool is = when_parse(rows[i].text, now, &us);

		ck_assert_msg(is == (rows[i].same != NULL), "%s",
		    rows[i].text);
		if (!is)
			continue;
		ck_assert(when_parse(rows[i].same, now, &same));
		ck_assert_msg(us == same, "%s: %lld", rows[i].text,
		    (long long)us);
	}
}
END_TEST

/* Where it is midnight that is left out, a day begins at 1. */
START_TEST(test_day_without_midnight)
{
	int64_t us, same;

	be_in("EET-2EEST,M3.5.0/0,M10.5.0/0");
	ck_assert(when_parse("2026-03-29", 0, &us));
	ck_assert(when_parse("2026-03-28T22:00Z", 0, &same));
	ck_assert_int_eq(us, same);
	ck_assert(!when_parse("2026-03-29T00:30", 0, &us));
	/* here 23:00 is there twice, the day before */
	ck_assert(when_parse("2026-10-25", 0, &us));
	ck_assert(when_parse("2026-10-24T22:00Z", 0, &same));
	ck_assert_int_eq(us, same);
	ck_assert(!when_parse("2026-10-24T23:30", 0, &us));
	/* midnight twice: the day begins with the first */
	be_in("EET-2EEST,M3.5.0/0,M10.5.0/1");
	ck_assert(when_parse("2026-10-25", 0, &us));
	ck_assert(when_parse("2026-10-24T21:00Z", 0, &same));
	ck_assert_int_eq(us, same);
}
END_TEST

START_TEST(test_printed)
{
	char buf[WHEN_SIZE];

	be_in("CET-1CEST,M3.5.0,M10.5.0/3");
	when_format(buf, NOW / 1000000);
	ck_assert_str_eq(buf, "2021-02-25T16:02:10+01:00");
	ck_assert_int_eq(when_width(), 25);
	when_format_us(buf, NOW + 1);
	ck_assert_str_eq(buf, "2021-02-25T16:02:10.000001+01:00");
	when_format(buf, NOW / 1000000 + 180 * 86400);
	ck_assert_str_eq(buf, "2021-08-24T17:02:10+02:00");
	be_in("NST3:30");
	when_format(buf, NOW / 1000000);
	ck_assert_str_eq(buf, "2021-02-25T11:32:10-03:30");
	be_in("GMT0BST,M3.5.0/1,M10.5.0");
	when_format(buf, NOW / 1000000);
	ck_assert_str_eq(buf, "2021-02-25T15:02:10+00:00");
	zone_use_utc();
	when_format(buf, NOW / 1000000);
	ck_assert_str_eq(buf, "2021-02-25T15:02:10Z");
	ck_assert_int_eq(when_width(), 20);
}
END_TEST

START_TEST(test_durations_for_people)
{
	static const struct {
		int64_t		 seconds;
		const char	*text;
	} rows[] = {
		{ -5, "0 s" }, { 0, "0 s" }, { 119, "119 s" },
		{ 120, "2 min" }, { 7199, "119 min" }, { 7200, "2 h" },
		{ 172799, "47 h" }, { 172800, "2 d" },
		{ 86400 * INT64_C(400), "400 d" },
		{ INT64_MAX, "2932896 d" },
	};
	char buf[DURATION_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		duration_format(buf, rows[i].seconds);
		ck_assert_str_eq(buf, rows[i].text);
	}
}
END_TEST

UNIT_MAIN("when", test_times, test_what_is_no_time, test_summer_time,
    test_day_without_midnight, test_printed,
    test_durations_for_people)
