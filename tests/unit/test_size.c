/* SPDX-License-Identifier: ISC */
/* Sizes as people write them, and as they are shown. */
#include <config.h>

#include "cli/term/size.h"
#include "unit.h"

START_TEST(test_what_is_a_size)
{
	static const struct {
		const char	*text;
		int64_t		 bytes;
	} rows[] = {
		{ "0", 0 }, { "1000", 1000 }, { "1K", 1024 },
		{ "500M", INT64_C(524288000) }, { "2G", INT64_C(2147483648) },
		{ "3T", INT64_C(3298534883328) },
		{ "9223372036854775807", INT64_MAX },
	};
	int64_t bytes;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(size_parse(rows[i].text, &bytes), "%s",
		    rows[i].text);
		ck_assert_int_eq(bytes, rows[i].bytes);
	}
}
END_TEST

START_TEST(test_what_is_none)
{
	static const char *const rows[] = { "", "K", "-1", "+1", " 1", "1 K",
		"1k", "1KB", "1.5G", "0x10", "9223372036854775808",
		"9999999T" };
	int64_t bytes;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(!size_parse(rows[i], &bytes), "%s", rows[i]);
}
END_TEST

START_TEST(test_sizes_for_people)
{
	static const struct {
		uint64_t	 bytes;
		const char	*text;
	} rows[] = {
		{ 0, "0 bytes" }, { 1023, "1023 bytes" }, { 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" }, { 1048576, "1.0 MiB" },
		{ UINT64_C(20) << 30, "20.0 GiB" },
		{ UINT64_C(5000) << 40, "5000.0 TiB" },
	};
	char text[SIZE_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_format(text, rows[i].bytes);
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

UNIT_MAIN("size", test_what_is_a_size, test_what_is_none,
    test_sizes_for_people)
