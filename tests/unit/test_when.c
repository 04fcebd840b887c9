/* SPDX-License-Identifier: ISC */
#include <config.h>

#include "cli/term/when.h"
#include "unit.h"

#define NOW INT64_C(1614265330000000)	/* 2021-02-25T15:02:10Z */

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
		"253402300799w", "yesterday", "2021", "2021-02",
		"2021-02-30", "2021-13-01", "21-02-25", "2021-02-25T",
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

UNIT_MAIN("when", test_times, test_what_is_no_time,
    test_durations_for_people)
