/* SPDX-License-Identifier: ISC */
/* FastCGI's bytes: parameters as strings, heads and short records. */
#include <config.h>

#include <string.h>

#include "responder/fcgi_params.h"
#include "responder/fcgi_record.h"
#include "unit.h"

static struct fcgi_params params;

/* As much of the bytes as there is room for, from a buffer that just fits. */
static bool
parse(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	fcgi_params_init(&params);
	while (len > 0) {
		size_t room;
		unsigned char *data = fcgi_params_room(&params, &room);

		ck_assert_ptr_nonnull(data);
		ck_assert_uint_gt(room, 0);
		if (room > len)
			room = len;
		memcpy(data, p, room);
		params.len += room;
		p += room;
		len -= room;
	}
	return fcgi_params_finish(&params);
}
#define PARSE(text)	parse(text, sizeof(text) - 1)

static size_t
count(void)
{
	size_t n = 0;

	while (params.env[n] != NULL)
		n++;
	return n;
}

START_TEST(test_pairs)
{
	ck_assert(PARSE(""));
	ck_assert_uint_eq(count(), 0);
	ck_assert(PARSE("\1\2Abc" "\3\0DEF" "\0\1x"));
	ck_assert_uint_eq(count(), 3);
	ck_assert_str_eq(params.env[0], "A=bc");
	ck_assert_str_eq(params.env[1], "DEF=");
	ck_assert_str_eq(params.env[2], "=x");
	/* four bytes of length where one would do */
	ck_assert(PARSE("\x80\0\0\1\x80\0\0\2Abc"));
	ck_assert_str_eq(params.env[0], "A=bc");
}
END_TEST

START_TEST(test_long_value)
{
	static unsigned char bytes[6 + 70000];

	memset(bytes, 'v', sizeof(bytes));
	memcpy(bytes, "\1\x80\x01\x11\x70N", 6);
	ck_assert(parse(bytes, sizeof(bytes)));
	ck_assert_uint_eq(count(), 1);
	ck_assert_uint_eq(strlen(params.env[0]), 2 + 70000);
	ck_assert_uint_gt(params.size, FCGI_PARAMS_KEEP);
	fcgi_params_init(&params);
	ck_assert_uint_le(params.size, FCGI_PARAMS_KEEP);
}
END_TEST

START_TEST(test_malformed)
{
	static const struct { const char *bytes; size_t len; } cases[] = {
		{ "\1", 1 },			/* no second length */
		{ "\1\1", 2 }, { "\1\1A", 3 },	/* less than was said */
		{ "\1\3Ab\1", 5 },
		{ "\x80\0\0", 3 }, { "\1\x80\0\0", 4 },	/* half a length */
		{ "\xff\xff\xff\xff\1A", 6 },
		{ "\1\xff\xff\xff\xff""A", 6 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
		{ "\1\1Ab\xff\xff\xff\xff\1", 9 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(!parse(cases[i].bytes, cases[i].len),
		    "case %zu", i);
}
END_TEST

START_TEST(test_other_strings)
{
	ck_assert(PARSE("\3\1A=Bx" "\2\1A\0x" "\1\3Ax\0y" "\1\1By"));
	ck_assert_uint_eq(count(), 1);
	ck_assert_str_eq(params.env[0], "B=y");
	/* but a value may hold "=" */
	ck_assert(PARSE("\1\3Ax=y"));
	ck_assert_str_eq(params.env[0], "A=x=y");
}
END_TEST

START_TEST(test_too_much)
{
	static unsigned char bytes[FCGI_PARAMS_MAX * 3];

	/* empty pairs: as many as fit */
	ck_assert(parse(bytes, FCGI_PARAMS_ENTRIES * 2));
	ck_assert(!params.is_over);
	ck_assert_uint_eq(count(), FCGI_PARAMS_ENTRIES);
	ck_assert(parse(bytes, FCGI_PARAMS_ENTRIES * 2 + 2));
	ck_assert(params.is_over);
	ck_assert_uint_eq(count(), 0);
	for (size_t len = FCGI_PARAMS_MAX; len <= sizeof(bytes);
	    len += FCGI_PARAMS_MAX) {
		memset(bytes, 'v', sizeof(bytes));
		bytes[0] = 1;
		bytes[1] = (unsigned char)(0x80 | (len - 6) >> 24);
		bytes[2] = (unsigned char)((len - 6) >> 16);
		bytes[3] = (unsigned char)((len - 6) >> 8);
		bytes[4] = (unsigned char)(len - 6);
		ck_assert(parse(bytes, len));
		ck_assert(params.is_over == (len > FCGI_PARAMS_MAX));
		ck_assert_uint_eq(count(), params.is_over ? 0 : 1);
		ck_assert_uint_le(params.size, FCGI_PARAMS_MAX);
	}
	fcgi_params_wipe(&params);
}
END_TEST

START_TEST(test_heads)
{
	unsigned char bytes[FCGI_HEADER_LEN];
	struct fcgi_head head;

	fcgi_head_format(bytes, FCGI_STDIN, 0xabcd, 0xfedc);
	ck_assert(fcgi_head_parse(&head, bytes));
	ck_assert_uint_eq(head.type, FCGI_STDIN);
	ck_assert_uint_eq(head.id, 0xabcd);
	ck_assert_uint_eq(head.content, 0xfedc);
	ck_assert_uint_eq(head.padding, 0);
	bytes[6] = 255;
	ck_assert(fcgi_head_parse(&head, bytes));
	ck_assert_uint_eq(head.padding, 255);
	bytes[0] = 2;
	ck_assert(!fcgi_head_parse(&head, bytes));
}
END_TEST

START_TEST(test_short_records)
{
	unsigned char record[FCGI_SHORT_RECORD];

	fcgi_end_format(record, 0x102, FCGI_CANT_MPX_CONN);
	ck_assert_mem_eq(record, "\1\3\1\2\0\10\0\0\0\0\0\0\1\0\0\0", 16);
	fcgi_unknown_format(record, 77);
	ck_assert_mem_eq(record, "\1\13\0\0\0\10\0\0M\0\0\0\0\0\0\0", 16);
}
END_TEST

#define CONNS	"\16\0FCGI_MAX_CONNS"
#define REQS	"\15\0FCGI_MAX_REQS"
#define MPXS	"\17\0FCGI_MPXS_CONNS"

START_TEST(test_values)
{
	unsigned char out[FCGI_VALUES_RECORD + 1];
	unsigned char question[FCGI_VALUES_MAX];
	size_t len = 0;

	ck_assert_uint_eq(fcgi_values_format(out, NULL, 0), 8);
	ck_assert_mem_eq(out, "\1\12\0\0\0\0\0\0", 8);
	/* what libfcgi 2.4.2 overruns its stack with */
	while (len + sizeof(MPXS) - 1 <= sizeof(question)) {
		memcpy(question + len, MPXS, sizeof(MPXS) - 1);
		len += sizeof(MPXS) - 1;
	}
	ck_assert_uint_eq(fcgi_values_format(out, question, len), 8 + 18);
	ck_assert_mem_eq(out + 8, "\17\1FCGI_MPXS_CONNS0", 18);
	out[FCGI_VALUES_RECORD] = 0xa5;
	ck_assert_uint_eq(fcgi_values_format(out, (const unsigned char *)
	    MPXS CONNS REQS CONNS "\1\0X", sizeof(MPXS CONNS REQS CONNS) + 2),
	    8 + 17 + 16 + 18);
	ck_assert_mem_eq(out + 8, "\16\1FCGI_MAX_CONNS1"
	    "\15\1FCGI_MAX_REQS1" "\17\1FCGI_MPXS_CONNS0", 51);
	ck_assert_uint_eq(out[FCGI_VALUES_RECORD], 0xa5);
	ck_assert_uint_eq(fcgi_values_format(out,
	    (const unsigned char *)"\377\377\377\377\0", 5), 0);
	ck_assert_uint_eq(fcgi_values_format(out,
	    (const unsigned char *)CONNS, sizeof(CONNS) - 2), 0);
}
END_TEST

UNIT_MAIN("fcgi", test_pairs, test_long_value, test_malformed,
    test_other_strings, test_too_much, test_heads, test_short_records,
    test_values)
