/* SPDX-License-Identifier: ISC */
/* The names that rotation makes of a log, and those that it does not. */
#include <config.h>

#include "store/log.h"
#include "unit.h"

START_TEST(test_what_rotation_makes)
{
	static const struct {
		const char	*pattern, *name;
	} rows[] = {
		{ "l.jsonl", "l.jsonl" }, { "l.jsonl", "l.jsonl.1" },
		{ "l.jsonl", "l.jsonl.12.gz" }, { "l.jsonl", "l.jsonl.gz" },
		{ "l.jsonl", "l.jsonl-20261125" },
		{ "l.jsonl", "l.jsonl-20261125.gz" },
		{ "l.jsonl", "l.jsonl-20261125-1764000000.gz" },
		{ "l.jsonl", "l.jsonl.2026-11-25T14:00:00Z.xz" },
		{ "l.jsonl", "l.jsonl_2026-11-25_14+0100.zst" },
		{ "l.jsonl", "l.jsonl.1.bz2" },
		{ "l.jsonl", "l.1.jsonl" }, { "l.jsonl", "l-20261125.jsonl" },
		{ "l.jsonl", "l-20261125.jsonl.gz" },
		{ "l", "l" }, { "l", "l.1" }, { "l", "l-20261125.gz" },
		{ "l-%Y%m%d.jsonl", "l-20261125.jsonl" },
		{ "l-%Y%m%d.jsonl", "l-20261125.jsonl.gz" },
		{ "l-%Y%m%d.jsonl", "l-20261125.jsonl.1" },
		{ "l-%Y%m%d.jsonl", "l-20261125-2.jsonl" },
		{ "l.%Y-%m-%dT%H", "l.2026-11-25T14" },
		{ "l.%Y-%m-%dT%H", "l.2026-11-25T14.gz" },
		{ "l%%%H.jsonl", "l%07.jsonl.1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(log_name_is_rotated(rows[i].pattern,
		    rows[i].name), "%s: %s", rows[i].pattern, rows[i].name);
}
END_TEST

START_TEST(test_what_it_does_not)
{
	static const struct {
		const char	*pattern, *name;
	} rows[] = {
		{ "l.jsonl", "" }, { "l.jsonl", "l" }, { "l.jsonl", "l.json" },
		{ "l.jsonl", "l.jsonl.md5" }, { "l.jsonl", "l.jsonl.lock" },
		{ "l.jsonl", "l.jsonl.swp" }, { "l.jsonl", "l.jsonl~" },
		{ "l.jsonl", "l.jsonl.1.sha256" },
		{ "l.jsonl", "l.jsonl.1.gz.tmp" }, { "l.jsonl", "l.jsonl." },
		{ "l.jsonl", "l.jsonl.old" }, { "l.jsonl", "l.notes" },
		{ "l.jsonl", "l.1" }, { "l.jsonl", "l-notes.jsonl" },
		{ "l.jsonl", "ll.jsonl.1" }, { "l.jsonl", "other.1" },
		{ "l", "l.secret" }, { "l", "levers.1" },
		{ "l-%Y%m%d.jsonl", "l-2026112.jsonl" },
		{ "l-%Y%m%d.jsonl", "l-notes.jsonl" },
		{ "l-%Y%m%d.jsonl", "l-20261125.jsonl.md5" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(!log_name_is_rotated(rows[i].pattern,
		    rows[i].name), "%s: %s", rows[i].pattern, rows[i].name);
}
END_TEST

/* Whatever time it is, a name of ours is one. */
START_TEST(test_what_we_make)
{
	static const char *const patterns[] = { "l.jsonl", "l-%Y%m%d.jsonl",
		"l.%H", "%Y-%m-%d", "%%%d%%.%m" };
	char name[INDEX_NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		for (int64_t at = 0; at < INT64_C(253402300800);
		    at += 86400 * 37 + 3601) {
			/* Check writes to a file at each assertion */
			if (!log_name(name, patterns[i], at) ||
			    !log_name_is_rotated(patterns[i], name))
				ck_abort_msg("%s: %s", patterns[i], name);
		}
}
END_TEST

UNIT_MAIN("log_name", test_what_rotation_makes, test_what_it_does_not,
    test_what_we_make)
