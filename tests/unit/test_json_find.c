/* SPDX-License-Identifier: ISC */
/* Pointers of RFC 6901 into valid texts. */
#include <config.h>

#include <string.h>

#include "base/json.h"
#include "base/json_find.h"
#include "base/span.h"
#include "unit.h"

static const char text[] = " { \"foo\": [\"bar\", \"baz\", [ 1 , {\"x\":2}]], "
    "\"\": 0, \"a/b\": 1, \"m~n\": 8, \"n\": 12345678901234567890123,"
    "\"q\\\"}\": \"}]\\\"\\\\\", \"caf\\u00e9\": \"\\ud83d\\ude00\\n\\/\","
    "\"twice\": 1, \"twice\": {\"a\":[]}, \"t\":true , \"e\": [ ], "
    "\"deep\":{\"data\":{\"id\":-1.50e3 }} } ";

static const struct {
	const char	*pointer, *value;	/* NULL: not there */
} rows[] = {
	{ "/foo/0", "\"bar\"" }, { "/foo/2/0", "1" }, { "/foo/2/1/x", "2" },
	{ "/foo/2", "[ 1 , {\"x\":2}]" }, { "/foo/3", NULL },
	{ "/foo/-", NULL }, { "/foo/00", NULL }, { "/foo/01", NULL },
	{ "/foo/x", NULL }, { "/foo/", NULL }, { "/foo/0/0", NULL },
	{ "/", "0" }, { "/a~1b", "1" }, { "/m~0n", "8" }, { "/a", NULL },
	{ "/n", "12345678901234567890123" }, { "/n/0", NULL },
	{ "/q\"}", "\"}]\\\"\\\\\"" },
	{ "/caf\xC3\xA9", "\"\\ud83d\\ude00\\n\\/\"" },
	{ "/twice", "{\"a\":[]}" }, { "/twice/a", "[]" },
	{ "/twice/a/0", NULL }, { "/t", "true" }, { "/e", "[ ]" },
	{ "/deep/data/id", "-1.50e3" }, { "/deep/data", "{\"id\":-1.50e3 }" },
	{ "/fo", NULL }, { "/fooo", NULL },
};

START_TEST(test_find)
{
	struct json_scan scan;

	ck_assert(json_scan(&scan, text, strlen(text), JSON_DEPTH_MAX));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hookcask_span value;
		bool found;

		json_find(span_text(text), span_text(rows[i].pointer), &value,
		    &found);
		ck_assert_msg(found == (rows[i].value != NULL), "%s",
		    rows[i].pointer);
		ck_assert_msg(!found || span_is(value, rows[i].value),
		    "%s: %.*s", rows[i].pointer, (int)value.len,
		    (const char *)value.data);
	}
}
END_TEST

/* At the end of its memory, so that a sanitizer sees what goes too far. */
START_TEST(test_alone)
{
	static const char *const texts[] = { "1", "\"a\"", "{}", "[]", "null",
		" 12 ", "[{\"a\":\"\\\\\"}]" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size_t len = strlen(texts[i]);
		char *copy = malloc(len);
		struct hookcask_span value;
		bool found;

		memcpy(copy, texts[i], len);
		json_find(span_make(copy, len), span_text(""), &value, &found);
		ck_assert(found);
		json_find(span_make(copy, len), span_text("/0/b"), &value,
		    &found);
		ck_assert(!found);
		free(copy);
	}
}
END_TEST

START_TEST(test_plain)
{
	static const struct {
		const char	*value, *plain;
	} words[] = {
		{ "\"\"", "" }, { "\"a\\/b\\\"\\\\\"", "a/b\"\\" },
		{ "\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t" },
		{ "\"\\u0041\\u00E9\\u20ac\\uD83D\\uDE00\"",
		    "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80" },
		{ "1.0", "1.0" }, { "[1, 2]", "[1, 2]" }, { "true", "true" },
	};
	char buf[64];

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t len = json_plain(buf, span_text(words[i].value));

		ck_assert_uint_eq(len, strlen(words[i].plain));
		ck_assert_mem_eq(buf, words[i].plain, len);
	}
}
END_TEST

START_TEST(test_pointers)
{
	ck_assert(json_pointer_is_good("", 0));
	ck_assert(json_pointer_is_good("/", 1));
	ck_assert(json_pointer_is_good("/a~0~1b/", 8));
	ck_assert(!json_pointer_is_good("a", 1));
	ck_assert(!json_pointer_is_good("/~", 2));
	ck_assert(!json_pointer_is_good("/~2", 3));
}
END_TEST

UNIT_MAIN("json_find", test_find, test_alone, test_plain, test_pointers)
