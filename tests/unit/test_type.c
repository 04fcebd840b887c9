/* SPDX-License-Identifier: ISC */
/* The type of an event: known for certain, or unknown. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "event/type.h"
#include "unit.h"

/* Copied, so that a tool sees a byte too far. */
static bool
find(char type[EVENT_TYPE_MAX + 1], const char *text, size_t len,
    char *const *keys)
{
	char *copy = malloc(len);
	bool ok;

	ck_assert(copy != NULL || len == 0);
	if (len > 0)
		memcpy(copy, text, len);
	ok = type_find(type, span_make(copy, len), keys);
	free(copy);
	return ok;
}

static const struct {
	const char *text, *type;	/* NULL: unknown */
} rows[] = {
	{ "{\"type\":\"a.b\"}", "a.b" },
	{ "{ \"x\" : {\"type\":\"no\"} , \"type\" : \"yes\" }", "yes" },
	{ "\r\n{\"a\":[1,{\"b\":\"]}\"}],\"type\":\"t\"}\t", "t" },
	{ "{\"\\u0074ype\":\"escaped\"}", "escaped" },
	{ "{\"t\\u0079pe\":\"\\u0061\\/\\\"\"}", "a/\"" },
	/* what json_scan() refuses, and leaves no doubt */
	{ "\xEF\xBB\xBF{\"type\":\"a.b\"}", "a.b" },
	{ "{\"name\":\"\\ud83d\",\"type\":\"a.b\"}", "a.b" },
	{ "{\"type\":\"a.b\",\"name\":\"\xFF\xC0\"}", "a.b" },
	{ "{\"type\":\"a.b\",\"name\":\"\n\t\x01\"}", "a.b" },
	{ "{\"type\":\"a.b\",\"x\":NaN,\"y\":-01}", "a.b" },
	{ "{\"\\ud83d\":1,\"\xFF\":2,\"type\":\"a.b\"}", "a.b" },
	/* twice is once if they agree */
	{ "{\"type\":\"same\",\"type\":\"s\\u0061me\"}", "same" },
	{ "{\"type\":\"first\",\"type\":\"last\"}", NULL },
	{ "{\"type\":\"first\",\"type\":1}", NULL },
	{ "{\"type\":1,\"type\":\"last\"}", NULL },
	{ "{\"type\":\"a\",\"type\":1,\"type\":\"a\"}", NULL },
	{ "{\"type\":\"x\",\"t\\u0079pe\":[\"x\"]}", NULL },
	{ "{\"type\":{\"type\":\"x\"}}", NULL },
	/* not there, or not a type */
	{ "{\"Type\":\"x\",\"typ\":\"x\",\"types\":\"x\"}", NULL },
	{ "{}", NULL },
	{ "{\"type\":\"\"}", NULL },
	{ "{\"type\":\"a b\"}", NULL },
	{ "{\"type\":\"a\\nb\"}", NULL },
	{ "{\"type\":\"\xC3\xA9\"}", NULL },
	{ "{\"type\":\"\\u00e9\"}", NULL },
	{ "{\"type\":\"\\uD83D\"}", NULL },
	{ "{\"type\":\"\\q\"}", NULL },
	{ "{\"type\":\"\\u00\"}", NULL },
	{ "{\"type\":null}", NULL },
	{ "[{\"type\":\"x\"}]", NULL },
	{ "\"type\"", NULL },
	{ "type=x", NULL },
	{ "", NULL },
	/* not balanced to its end */
	{ "{\"type\":\"x\"", NULL },
	{ "{\"type\":\"x\"}}", NULL },
	{ "{\"type\":\"x\"}{\"type\":\"x\"}", NULL },
	{ "{\"type\":\"x\",}", NULL },
	{ "{\"type\":\"x\",\"a\":[}", NULL },
	{ "{\"type\":\"x\",\"a\":[[}]]}", NULL },
	{ "{\"type\":\"x\",\"a\":[{},{],}]}", NULL },
	{ "{\"type\":\"x\",\"a\":}", NULL },
	{ "{\"type\":\"x\" \"a\":1}", NULL },
	{ "{\"type\":\"x\",\"a\"}", NULL },
	{ "{\"type\":\"x\",\"a\":\"\\", NULL },
	{ "{\"type\":\"x\",\"a\":1 2}", NULL },
};

START_TEST(test_rows)
{
	char type[EVENT_TYPE_MAX + 1];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool known = find(type, rows[i].text, strlen(rows[i].text),
		    NULL);

		ck_assert_msg(known == (rows[i].type != NULL), "%s",
		    rows[i].text);
		ck_assert_str_eq(type, known ? rows[i].type :
		    EVENT_TYPE_NONE);
	}
}
END_TEST

START_TEST(test_length)
{
	char text[400], type[EVENT_TYPE_MAX + 1];

	for (int len = 254; len <= 257; len++) {
		snprintf(text, sizeof(text), "{\"type\":\"%0*d\"}", len, 7);
		ck_assert(find(type, text, strlen(text), NULL) ==
		    (len <= 255));
		ck_assert_int_eq((int)strlen(type), len <= 255 ? len : 12);
	}
}
END_TEST

/* Deep nesting hides no type; beyond the limit it is unknown. */
START_TEST(test_depth)
{
	static const char head[] = "{\"data\":", tail[] =
	    ",\"type\":\"a.b\"}";
	size_t levels[] = { 1, 8, 9, 64, 65, 1000, 4096, 4097 };
	char type[EVENT_TYPE_MAX + 1], *text = malloc(9000);

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		size_t n = levels[i], len = 0;

		memcpy(text, head, sizeof(head) - 1);
		len = sizeof(head) - 1;
		memset(text + len, '[', n);
		memset(text + len + n, ']', n);
		len += 2 * n;
		memcpy(text + len, tail, sizeof(tail) - 1);
		len += sizeof(tail) - 1;
		ck_assert(find(type, text, len, NULL) == (n <= 4096));
	}
	free(text);
}
END_TEST

START_TEST(test_keys)
{
	char first[] = "event_type", second[] = "type";
	char *const keys[] = { first, second, NULL };
	char type[EVENT_TYPE_MAX + 1];
	struct { const char *text, *type; } cases[] = {
		{ "{\"type\":\"b\",\"event_type\":\"a\"}", "a" },
		{ "{\"type\":\"b\"}", "b" },
		{ "{\"event_type\":7,\"type\":\"b\"}", NULL },
		{ "{\"other\":\"b\"}", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool known = find(type, cases[i].text,
		    strlen(cases[i].text), keys);

		ck_assert_str_eq(known ? type : "", cases[i].type == NULL ?
		    "" : cases[i].type);
	}
}
END_TEST

UNIT_MAIN("type", test_rows, test_length, test_depth, test_keys)
