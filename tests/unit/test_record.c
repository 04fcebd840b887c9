/* SPDX-License-Identifier: ISC */
/* Records: written, read back, and nothing else taken for one. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/record.h"
#include "scratch.h"
#include "unit.h"

/* The line of a record without its LF, in memory of its own. */
static char *
join(const struct record *r, size_t *len)
{
	char *line = malloc(r->len + 1);
	size_t at = 0;

	for (int i = 0; i < r->part_count; i++) {
		memcpy(line + at, r->part[i].iov_base, r->part[i].iov_len);
		at += r->part[i].iov_len;
	}
	ck_assert_uint_eq(at, r->len);
	ck_assert_int_eq(line[at - 1], '\n');
	line[at - 1] = '\0';
	*len = at - 1;
	return line;
}

static char *
make_line(const char *id, const char *body, size_t body_len, size_t *len)
{
	char *copy = malloc(body_len + 1);
	struct event event;
	struct record record;
	char *line;

	memcpy(copy, body, body_len);
	copy[body_len] = '\0';
	scratch_event(&event, id, copy, 1614265330);
	event.body_len = body_len;
	event.is_json = json_scan(&event.scan, copy, body_len, 64);
	event.has_type = type_find(event.type, (struct hookcask_span){ copy,
	    body_len }, NULL);
	ck_assert(record_init(&record, &event, NULL));
	line = join(&record, len);
	record_wipe(&record);
	free(copy);
	return line;
}

START_TEST(test_documented)
{
	static const char body[] = "{\"type\":\"phone_call.ended\",\"n\": 1}";
	size_t len;
	char *line = make_line("msg_p5j", body, strlen(body), &len);

	ck_assert_str_eq(line, "{\"specversion\":\"1.0\",\"id\":\"msg_p5j\","
	    "\"source\":\"test\",\"type\":\"phone_call.ended\","
	    "\"time\":\"2021-02-25T15:02:10Z\","
	    "\"received\":\"2021-02-25T15:02:10.123456Z\","
	    "\"svixsignature\":"
	    "\"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\","
	    "\"svixkey\":\"1f3a9c04\",\"datacontenttype\":"
	    "\"application/json\",\"data\":"
	    "{\"type\":\"phone_call.ended\",\"n\": 1}}");
	free(line);
}
END_TEST

static const struct {
	const char *body;
	size_t len;
	bool json, raw;
} bodies[] = {
#define B(s, json, raw) { s, sizeof(s) - 1, json, raw }
	B("{\"a\":1}", true, false),
	B(" 1e999999 ", true, false),
	B("{\"a\":1,\"a\":123456789012345678901234567890}", true, false),
	B("{\r\n  \"type\": \"x\",\r\n  \"b\": [\n1]\r\n}\r\n", true, true),
	B("\"\xE2\x80\xA8\\n\"", true, false),
	B("", false, false),
	B("a", false, false),
	B("ab", false, false),
	B("abc", false, false),
	B("\0\xFF\n\r\"\\", false, false),
	B("\xEF\xBB\xBF{}", false, false),
	B("{\"a\":\"\\uD800\"}", false, false),
};

START_TEST(test_round_trip)
{
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct hookcask_span body;
		struct record_view v;
		unsigned char buf[256];
		size_t len;
		char *line = make_line("m\"\\x", bodies[i].body,
		    bodies[i].len, &len);

		ck_assert_ptr_null(memchr(line, '\n', len));
		ck_assert_ptr_null(memchr(line, '\r', len));
		ck_assert_msg(record_parse(&v, line, len), "%s", line);
		ck_assert_str_eq(v.id, "m\"\\x");
		ck_assert_str_eq(v.source, "test");
		ck_assert_int_eq(v.time, 1614265330);
		ck_assert_int_eq(v.received_us, 1614265330123456);
		ck_assert_int_eq(v.is_json, bodies[i].json);
		ck_assert_int_eq(v.is_json && v.base64.len > 0,
		    bodies[i].raw);
		ck_assert_uint_eq(v.body_len, bodies[i].len);
		ck_assert(record_body(&v, buf, &body));
		ck_assert_uint_eq(body.len, bodies[i].len);
		ck_assert(body.len == 0 || memcmp(body.data, bodies[i].body,
		    body.len) == 0);
		free(line);
	}
}
END_TEST

/* What a reader must not take: each byte of a line counts. */
START_TEST(test_strict)
{
	struct record_view v;
	size_t len;
	char *line = make_line("m1", "{\n\"type\":\"t\"}", 13, &len);

	ck_assert(record_parse(&v, line, len));
	for (size_t cut = 0; cut < len; cut++)
		ck_assert(!record_parse(&v, line, cut));
	ck_assert(!record_parse(&v, line, len + 1));
	for (size_t i = 0; i < len; i++) {
		char was = line[i];

		line[i] = '\0';
		ck_assert_msg(!record_parse(&v, line, len), "NUL at %zu", i);
		line[i] = '\n';
		ck_assert_msg(!record_parse(&v, line, len), "LF at %zu", i);
		line[i] = was;
	}
	free(line);
}
END_TEST

static void
assert_refused(const char *from, const char *to)
{
	struct record_view v;
	char changed[1024], *at;
	size_t len;
	char *line = make_line("m1", "{\n\"type\":\"t\"}", 13, &len);

	at = strstr(line, from);
	ck_assert_msg(at != NULL, "%s", from);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - line), line,
	    to, at + strlen(from));
	ck_assert_msg(!record_parse(&v, changed, strlen(changed)), "%s",
	    changed);
	free(line);
}

START_TEST(test_refused)
{
	assert_refused("\"1.0\"", "\"1.1\"");
	assert_refused("\"m1\"", "\"\"");
	assert_refused("\"m1\"", "\"m.1\"");
	assert_refused("\"m1\"", "\"m 1\"");
	assert_refused("\"m1\"", "\"m\\u0031\"");
	assert_refused("\"test\"", "\"Test\"");
	assert_refused("\"test\"", "\"-test\"");
	assert_refused("\"type\":\"t\",", "\"type\":\"\",");
	assert_refused("\"type\":\"t\",", "\"type\":\"t t\",");
	assert_refused("02-25T", "02-29T");
	assert_refused("15:02:10Z", "24:02:10Z");
	assert_refused("15:02:10.123456Z", "15:02:10Z");
	assert_refused("\"v1,", "\"v2,");
	assert_refused("1OE=", "1OF=");
	assert_refused("1f3a9c04", "1F3a9c04");
	assert_refused("\"raw\":\"e", "\"raw\":\"f");
	assert_refused(",\"raw\"", ", \"raw\"");
	assert_refused("}}", "}");
	assert_refused("}}", "}} ");
	assert_refused("json\"", "octet-stream\"");
}
END_TEST

START_TEST(test_raw_must_break_lines)
{
	struct record_view v;
	size_t len;
	char *line = make_line("m1", "[1,\n2]", 6, &len);
	char *raw = strstr(line, "WzEsCjJd");

	ck_assert_ptr_nonnull(raw);
	ck_assert(record_parse(&v, line, len));
	memcpy(raw, "WzEsIDJd", 8); /* the same with a blank */
	ck_assert(!record_parse(&v, line, len));
	free(line);
}
END_TEST

/* Longer than one step of comparing base64 with the bytes it encodes. */
START_TEST(test_long_raw)
{
	size_t len, size = 100000;
	struct record_view v;
	char *body = malloc(size), *line;
	unsigned char *buf = malloc(size + 3);
	struct hookcask_span exact;

	memset(body, 'x', size);
	memcpy(body, "[\n\"", 3);
	memcpy(body + size - 3, "\"\n]", 3);
	line = make_line("m1", body, size, &len);
	ck_assert(record_parse(&v, line, len));
	ck_assert(record_body(&v, buf, &exact));
	ck_assert_uint_eq(exact.len, size);
	ck_assert_mem_eq(exact.data, body, size);
	strstr(line, "xxxx")[2] = 'y';
	ck_assert(!record_parse(&v, line, len));
	free(line);
	free(buf);
	free(body);
}
END_TEST

START_TEST(test_longest_head)
{
	char id[257], body[600], type[2 * EVENT_TYPE_MAX + 1];
	struct record_view v;
	size_t len;
	char *line;

	memset(id, '"', 256);
	id[256] = '\0';
	memset(type, '\\', sizeof(type) - 1);
	type[sizeof(type) - 1] = '\0';
	snprintf(body, sizeof(body), "{\"type\":\"%s\"}", type);
	line = make_line(id, body, strlen(body), &len);
	ck_assert(record_parse(&v, line, len));
	ck_assert_str_eq(v.id, id);
	ck_assert_uint_eq(strlen(v.type), EVENT_TYPE_MAX);
	free(line);
}
END_TEST

static const struct {
	int64_t seconds;
	const char *text;
} times[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ 951782399, "2000-02-28T23:59:59Z" },
	{ 951782400, "2000-02-29T00:00:00Z" },
	{ 2147483648, "2038-01-19T03:14:08Z" },
	{ 4102444800, "2100-01-01T00:00:00Z" },
	{ 4107542400, "2100-03-01T00:00:00Z" },
	{ 4294967296, "2106-02-07T06:28:16Z" },
	{ 253402300799, "9999-12-31T23:59:59Z" },
};

START_TEST(test_civil)
{
	char text[CIVIL_SIZE];
	int64_t us;

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		civil_format(text, times[i].seconds);
		ck_assert_str_eq(text, times[i].text);
		ck_assert(civil_parse(text, strlen(text), &us));
		ck_assert_int_eq(us, times[i].seconds * 1000000);
	}
	for (int64_t s = 0; s < HOOKCASK_TIME_MAX; s += 86399 * 7 + 3) {
		civil_format_us(text, s * 1000000 + 999999);
		/* Check writes to a file at each assertion */
		if (!civil_parse(text, strlen(text), &us) ||
		    us != s * 1000000 + 999999)
			ck_abort_msg("%s", text);
	}
	ck_assert(!civil_parse("2100-02-29T00:00:00Z", 20, &us));
	ck_assert(!civil_parse("1969-12-31T00:00:00Z", 20, &us));
	ck_assert(!civil_parse("2001-00-01T00:00:00Z", 20, &us));
	ck_assert(!civil_parse("2001-01-01T00:00:60Z", 20, &us));
	ck_assert(!civil_parse("2001-01-01 00:00:00Z", 20, &us));
	ck_assert(!civil_parse("2001-01-01T00:00:00+", 20, &us));
}
END_TEST

UNIT_MAIN("record", test_documented, test_round_trip, test_strict,
    test_refused, test_raw_must_break_lines, test_long_raw,
    test_longest_head, test_civil)
