/* SPDX-License-Identifier: ISC */
/* A line of a file that is longer than any of ours can be. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "unit.h"

#define REST	10
#define LONG	(LINE_MAX_BYTES + REST)
#define END	((int64_t)LONG + 3)	/* "\na\n" */

static unsigned turns;

/* Many "x", and then a good line. */
static ssize_t
read_source(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	char *p = buf;

	(void)ctx;
	(void)fd;
	ck_assert_int_ge(offset, 0);
	if (len > (size_t)(END - offset))
		len = (size_t)(END - offset);
	memset(p, 'x', len);
	for (size_t i = 0; i < len; i++)
		if (offset + (int64_t)i >= (int64_t)LONG)
			p[i] = "\na\n"[offset + (int64_t)i - (int64_t)LONG];
	turns++;
	return (ssize_t)len;
}

START_TEST(test_too_long)
{
	const struct fileops ops = { .read = read_source };
	struct lines lines;
	struct line line;

	lines_init(&lines, &ops, -1, 0, END);
	ck_assert_int_eq(lines_next(&lines, &line), 1);
	ck_assert(!line.whole);
	ck_assert_uint_eq(line.len, LINE_MAX_BYTES);
	ck_assert_int_eq(line.offset, 0);
	/* its rest is no line either */
	ck_assert_int_eq(lines_next(&lines, &line), 1);
	ck_assert(!line.whole);
	ck_assert_uint_eq(line.len, REST);
	ck_assert_int_eq(line.offset, (int64_t)LINE_MAX_BYTES);
	/* and what follows is */
	ck_assert_int_eq(lines_next(&lines, &line), 1);
	ck_assert(line.whole);
	ck_assert_uint_eq(line.len, 1);
	ck_assert_int_eq(line.text[0], 'a');
	ck_assert_int_eq(lines_next(&lines, &line), 0);
	ck_assert_uint_lt(turns, 40);
	lines_wipe(&lines);
}
END_TEST

UNIT_MAIN("lines", test_too_long)
