/* SPDX-License-Identifier: ISC */
/* The strict scanner: what is JSON. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "unit.h"

struct text {
	const char *text;
	size_t len;
};

#define T(s) { s, sizeof(s) - 1 }

static const struct text valid[] = {
	T("null"), T("true"), T("false"), T("0"), T("-0"), T("-0.0e-0"),
	T("1e999999"), T("123456789012345678901234567890.5E+10"), T("\"\""),
	T("[]"), T("{}"), T(" \t\r\n[ 1 , 2 ]\r\n"), T("{\"a\":{\"b\":[{}]}}"),
	T("{\"a\":1,\"a\":2}"), T("\"\\u0000\\b\\f\\n\\r\\t\\/\\\\\\\"\""),
	T("\"\\uD83D\\uDE00\""), T("\"\\ud83d\\ude00\""), T("\"\\uFFFF\""),
	T("\"\xE2\x80\xA8\xE2\x80\xA9\""), T("\"\xC2\x80\xDF\xBF\""),
	T("\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\""),
	T("\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""), T("\"\xEF\xBB\xBF\""),
	T("\"\x7F\""), T("[[],{},\"\",0,null]"), T("{\"\":0}"),
	T("\"0123456789abcdef0123456789\""),
};

static const struct text invalid[] = {
	T(""), T(" "), T("{'a':0}"), T("NaN"), T("Infinity"), T("-"),
	T("-01"), T("01"), T("1."), T(".1"), T("1e"), T("1e+"), T("+1"),
	T("0x1"), T("1 2"), T("tru"), T("True"), T("nulll"), T("\""),
	T("\"a"), T("\"\n\""), T("\"\t\""), T("\"\0\""), T("\"\x1F\""),
	T("\"\\x\""), T("\"\\\""), T("\"\\u12\""), T("\"\\u12G4\""),
	T("\"\\\0\""), T("\"\\uD800\""), T("\"\\uDC00\""),
	T("\"\\uD800\\u0041\""), T("\"\\uD800x\""), T("\"\\uD800\\uD800\""),
	T("\"\\uDBFF\\uE000\""), T("\xEF\xBB\xBF{}"), T("["), T("]"), T("{"),
	T("}"), T("[1,]"), T("[,1]"), T("[1 2]"), T("{\"a\"}"),
	T("{\"a\":}"), T("{\"a\":1,}"), T("{,}"), T("{a:1}"), T("{1:1}"),
	T("{\"a\" 1}"), T("{\"a\":1 \"b\":2}"), T("[}"), T("{]"), T("[1}"),
	T("{\"a\":1]"), T("[]]"), T("{}}"), T("[]\0"), T("\0[]"),
	T("//\n1"), T("/**/1"), T("[1]x"), T("\"\x80\""), T("\"\xBF\""),
	T("\"\xC0\x80\""), T("\"\xC1\xBF\""), T("\"\xC2\""), T("\"\xC2\x41\""),
	T("\"\xE0\x80\x80\""), T("\"\xE0\x9F\xBF\""), T("\"\xE2\x80\""),
	T("\"\xED\xA0\x80\""), T("\"\xED\xBF\xBF\""), T("\"\xF0\x80\x80\x80\""),
	T("\"\xF0\x8F\xBF\xBF\""), T("\"\xF4\x90\x80\x80\""),
	T("\"\xF5\x80\x80\x80\""), T("\"\xFF\""), T("\"\xFE\""), T("\xA0" "1"),
	T("\f1"), T("\v1"), T("\"12345678\x80" "123456\""),
	T("\"1234567\x1f" "123456\""),
};

/* Each text is in memory of its own size, so that reading past shows. */
static bool
scan(struct json_scan *s, const char *text, size_t len, unsigned depth)
{
	char *copy = malloc(len == 0 ? 1 : len);
	bool ok;

	memcpy(copy, text, len);
	ok = json_scan(s, copy, len, depth);
	free(copy);
	return ok;
}

START_TEST(test_valid)
{
	struct json_scan s;

	for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++)
		ck_assert_msg(scan(&s, valid[i].text, valid[i].len, 64),
		    "refused: %s", valid[i].text);
}
END_TEST

START_TEST(test_invalid)
{
	struct json_scan s;

	for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++)
		ck_assert_msg(!scan(&s, invalid[i].text, invalid[i].len, 64),
		    "accepted: %zu %s", i, invalid[i].text);
}
END_TEST

/* No proper beginning of an object, array or string is a text. */
START_TEST(test_cut_off)
{
	static const char text[] =
	    "{\"a\":[1.5e3,true,null,\"\\u00e9\xC3\xA9\",{}],\"b\":\"c\"}";
	struct json_scan s;

	ck_assert(scan(&s, text, sizeof(text) - 1, 64));
	for (size_t len = 0; len < sizeof(text) - 1; len++)
		ck_assert_msg(!scan(&s, text, len, 64), "%zu", len);
}
END_TEST

static bool
nest(unsigned depth, char open, char close)
{
	char *text = malloc(2 * (size_t)depth);
	struct json_scan s;
	bool ok;

	memset(text, open, depth);
	memset(text + depth, close, depth);
	ok = json_scan(&s, text, 2 * (size_t)depth, JSON_DEPTH_MAX);
	free(text);
	return ok;
}

START_TEST(test_depth)
{
	struct json_scan s;

	ck_assert(nest(64, '[', ']'));
	ck_assert(!nest(65, '[', ']'));
	ck_assert(!nest(100000, '[', ']'));
	ck_assert(!nest(100000, '{', '}'));
	ck_assert(scan(&s, "[[]]", 4, 2));
	ck_assert(!scan(&s, "[[]]", 4, 1));
	ck_assert(scan(&s, "1", 1, 0));
	ck_assert(!scan(&s, "[]", 2, 1000));
}
END_TEST

/* Brackets of both kinds, mixed over the border of a word of bits. */
START_TEST(test_depth_mixed)
{
	char text[1024] = "";
	struct json_scan s;
	size_t len;

	for (int i = 0; i < 60; i++)
		strcat(text, i % 3 == 0 ? "{\"k\":" : "[");
	strcat(text, "7");
	len = strlen(text);
	for (int i = 59; i >= 0; i--)
		strcat(text, i % 3 == 0 ? "}" : "]");
	ck_assert(scan(&s, text, strlen(text), 64));
	text[len] = text[len] == ']' ? '}' : ']';
	ck_assert(!scan(&s, text, strlen(text), 64));
}
END_TEST

START_TEST(test_long_string)
{
	size_t len = (size_t)1 << 20;
	char *text = malloc(len + 2);
	struct json_scan s;

	memset(text, 'x', len + 2);
	text[0] = text[len + 1] = '"';
	ck_assert(json_scan(&s, text, len + 2, 64));
	text[len / 2] = '\n';
	ck_assert(!json_scan(&s, text, len + 2, 64));
	free(text);
}
END_TEST

START_TEST(test_line_breaks)
{
	struct json_scan s;

	ck_assert(scan(&s, "{\"a\": 1}", 8, 64) && !s.line_breaks);
	ck_assert(scan(&s, "{\"a\":\n1}", 8, 64) && s.line_breaks);
	ck_assert(scan(&s, "{}\r", 3, 64) && s.line_breaks);
	ck_assert(scan(&s, "\n1", 2, 64) && s.line_breaks);
	ck_assert(scan(&s, "\"\\n\"", 4, 64) && !s.line_breaks);
}
END_TEST

START_TEST(test_quote)
{
	char buf[64];
	struct hookcask_span s = { "a\"b\\\x01\x7F", 6 };
	size_t len = json_quote(buf, sizeof(buf), s);

	ck_assert_uint_eq(len, 6 + 2 + 2 + 10);
	ck_assert_mem_eq(buf, "\"a\\\"b\\\\\\u0001\\u007f\"", len);
	ck_assert_uint_eq(json_quote(buf, 6 * 6 + 1, s), 0);
}
END_TEST

UNIT_MAIN("json", test_valid, test_invalid, test_cut_off, test_depth,
    test_depth_mixed, test_long_string, test_line_breaks, test_quote)
