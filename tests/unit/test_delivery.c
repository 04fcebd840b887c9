/* SPDX-License-Identifier: ISC */
/* A delivery from a request's entries: doubled, blank, cut and unknown ones. */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "base/span.h"
#include "event/delivery.h"
#include "unit.h"

/* Entries as an array that ends in NULL; keeps the words as they are. */
#define ENTRIES(...)	((char *[]){ __VA_ARGS__, NULL })
#define E(text)		((char[]){ text })

static struct delivery d;

static void
make(char *const *entries)
{
	/* nothing of the last one may shine through */
	memset(&d, 0xAA, sizeof(d));
	delivery_init(&d, entries);
}

static void
ck_span(struct hookcask_span s, const char *text)
{
	ck_assert_msg(span_is(s, text), "\"%.*s\", not \"%s\"", (int)s.len,
	    (const char *)s.data, text);
}

START_TEST(test_empty)
{
	char *none[] = { NULL };

	make(none);
	ck_assert_str_eq(d.method, "");
	ck_assert_str_eq(delivery_path(&d), "");
	ck_assert_ptr_null(d.remote);
	ck_assert_ptr_null(d.docroots[0]);
	ck_assert_ptr_null(d.docroots[1]);
	ck_assert_int_eq(d.length_kind, LENGTH_UNKNOWN);
	ck_assert(!d.is_chunked);
	ck_assert_int_eq(delivery_family(&d), HOOKCASK_FAMILY_NONE);
	ck_assert(!delivery_is_doubled(&d));
	ck_assert_uint_eq(delivery_view(&d, NULL).body_count, 0);
}
END_TEST

START_TEST(test_fields)
{
	make(ENTRIES(E("REQUEST_METHOD=POST"), E("SCRIPT_NAME=/hooks"),
	    E("PATH_INFO=/t1"), E("REMOTE_ADDR=::1"), E("DOCUMENT_ROOT=/srv"),
	    E("CONTEXT_DOCUMENT_ROOT=/home/u/public_html"),
	    E("CONTENT_LENGTH=12"), E("HTTP_TRANSFER_ENCODING=chunked"),
	    E("NOEQUALS"), E("="), E("")));
	ck_assert_str_eq(d.method, "POST");
	ck_assert_str_eq(delivery_path(&d), "/hooks/t1");
	ck_assert_str_eq(d.remote, "::1");
	ck_assert_str_eq(d.docroots[0], "/srv");
	ck_assert_str_eq(d.docroots[1], "/home/u/public_html");
	ck_assert_int_eq(d.length_kind, LENGTH_KNOWN);
	ck_assert_uint_eq(d.length, 12);
	ck_assert(d.is_chunked);
}
END_TEST

/* As getenv(3) and FCGX_GetParam() would have it. */
START_TEST(test_first_wins)
{
	make(ENTRIES(E("REQUEST_METHOD=GET"), E("REQUEST_METHOD=POST"),
	    E("CONTENT_LENGTH=1"), E("CONTENT_LENGTH=2"),
	    E("HTTP_CONTENT_LENGTH=3")));
	ck_assert_str_eq(d.method, "GET");
	ck_assert_uint_eq(d.length, 1);
}
END_TEST

START_TEST(test_only_exact_names)
{
	make(ENTRIES(E("HTTP_SVIX_IDX=a"), E("HTTP_SVIX_=b"),
	    E("HTTP_SVIX_I=c"), E("http_svix_id=d"), E("HTTP_HTTP_SVIX_ID=e"),
	    E("XHTTP_SVIX_ID=f"), E("REQUEST_METHODS=g"), E("PATH_INF=h"),
	    E("HTTP_SVIX_"), E("HTTP_SVIX_ID")));
	for (size_t i = 0; i < DELIVERY_HEADERS; i++)
		ck_assert_uint_eq(d.svix[i].count, 0);
	ck_assert_str_eq(d.method, "");
	ck_assert_str_eq(delivery_path(&d), "");
}
END_TEST

START_TEST(test_length)
{
	static const struct {
		const char *text;
		enum delivery_length kind;
		size_t length;
	} rows[] = {
		{ "", LENGTH_UNKNOWN, 0 },
		{ "0", LENGTH_KNOWN, 0 },
		{ "007", LENGTH_KNOWN, 7 },
		{ "2097152", LENGTH_KNOWN, 2097152 },
		{ "-1", LENGTH_UNKNOWN, 0 },	/* of Caddy 2.6 */
		{ "-2", LENGTH_BAD, 0 },
		{ "-10", LENGTH_BAD, 0 },
		{ "+1", LENGTH_BAD, 0 },
		{ " 1", LENGTH_BAD, 0 },
		{ "1 ", LENGTH_BAD, 0 },
		{ "1,1", LENGTH_BAD, 0 },
		{ "0x10", LENGTH_BAD, 0 },
		{ "1e3", LENGTH_BAD, 0 },
		{ "1\n", LENGTH_BAD, 0 },
		{ "99999999999999999999999", LENGTH_BAD, 0 },
#if SIZE_MAX == UINT64_MAX
		{ "18446744073709551615", LENGTH_KNOWN, SIZE_MAX },
		{ "18446744073709551616", LENGTH_BAD, 0 },
		{ "18446744073709551620", LENGTH_BAD, 0 },
#endif
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char entry[64] = "CONTENT_LENGTH=";

		strcat(entry, rows[i].text);
		make(ENTRIES(entry));
		ck_assert_msg(d.length_kind == rows[i].kind, "%s", entry);
		if (rows[i].kind == LENGTH_KNOWN)
			ck_assert_uint_eq(d.length, rows[i].length);
	}
}
END_TEST

/* A path that was cut must not be taken for a configured one. */
START_TEST(test_long_path)
{
	static char script[DELIVERY_PATH_MAX + 64], info[64];
	size_t room;

	strcpy(script, "SCRIPT_NAME=");
	room = strlen(script);
	memset(script + room, 's', DELIVERY_PATH_MAX - 1);
	strcpy(info, "PATH_INFO=");
	make(ENTRIES(script, info));
	ck_assert(!d.path_is_cut);
	ck_assert_uint_eq(strlen(delivery_path(&d)), DELIVERY_PATH_MAX - 1);
	strcpy(info, "PATH_INFO=x");
	make(ENTRIES(script, info));
	ck_assert(d.path_is_cut);
	ck_assert_str_eq(delivery_path(&d), "");
	memset(script + room, 's', DELIVERY_PATH_MAX);
	strcpy(info, "PATH_INFO=");
	make(ENTRIES(script, info));
	ck_assert(d.path_is_cut);
	ck_assert_str_eq(delivery_path(&d), "");
}
END_TEST

START_TEST(test_blanks)
{
	make(ENTRIES(E("HTTP_SVIX_ID= \t a b \t "), E("HTTP_SVIX_TIMESTAMP=\t"),
	    E("HTTP_SVIX_SIGNATURE=v1,x\n")));
	ck_span(d.svix[DELIVERY_ID].value, "a b");
	ck_span(d.svix[DELIVERY_TIMESTAMP].value, "");
	/* no other white space is a blank */
	ck_span(d.svix[DELIVERY_SIGNATURE].value, "v1,x\n");
	ck_assert_int_eq(delivery_family(&d), HOOKCASK_FAMILY_NONE);
}
END_TEST

START_TEST(test_family)
{
	struct hookcask_delivery view;
	struct hookcask_span body = span_text("body");

	make(ENTRIES(E("HTTP_SVIX_ID=a"), E("HTTP_SVIX_TIMESTAMP=1"),
	    E("HTTP_SVIX_SIGNATURE=  "), E("HTTP_WEBHOOK_ID=b"),
	    E("HTTP_WEBHOOK_TIMESTAMP=2"), E("HTTP_WEBHOOK_SIGNATURE=v1,x")));
	ck_assert_int_eq(delivery_family(&d), HOOKCASK_FAMILY_WEBHOOK);
	view = delivery_view(&d, &body);
	ck_span(view.svix.id, "a");
	ck_span(view.webhook.id, "b");
	ck_span(view.webhook.timestamp, "2");
	ck_span(view.webhook.signature, "v1,x");
	ck_assert_uint_eq(view.body_count, 1);
	ck_span(view.body[0], "body");
	make(ENTRIES(E("HTTP_SVIX_ID=a"), E("HTTP_SVIX_TIMESTAMP=1"),
	    E("HTTP_SVIX_SIGNATURE=v1,x"), E("HTTP_WEBHOOK_ID=b"),
	    E("HTTP_WEBHOOK_TIMESTAMP=2"), E("HTTP_WEBHOOK_SIGNATURE=v1,x")));
	ck_assert_int_eq(delivery_family(&d), HOOKCASK_FAMILY_SVIX);
}
END_TEST

/* nginx passes both lines; under lighttpd Svix_Id becomes HTTP_SVIX_ID. */
START_TEST(test_two_entries)
{
	char *const names[] = { E("HTTP_SVIX_ID="),
		E("HTTP_SVIX_TIMESTAMP="), E("HTTP_SVIX_SIGNATURE=") };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make(ENTRIES(E("HTTP_SVIX_ID=a"), E("HTTP_SVIX_TIMESTAMP=1"),
		    E("HTTP_SVIX_SIGNATURE=v1,x"), names[i]));
		ck_assert(delivery_is_doubled(&d));
		/* before or after the real one */
		make(ENTRIES(names[i], E("HTTP_WEBHOOK_ID=b"),
		    E("HTTP_WEBHOOK_TIMESTAMP=2"),
		    E("HTTP_WEBHOOK_SIGNATURE=v1,x"), names[i]));
		/* of the family that does not count */
		ck_assert(!delivery_is_doubled(&d));
	}
}
END_TEST

START_TEST(test_joined)
{
	static const struct {
		const char *id, *timestamp, *signature;
		bool is_doubled;
	} rows[] = {
		{ "a, a", "1", "v1,x", true },
		{ "a,\ta", "1", "v1,x", true },
		{ "a", "1, 1", "v1,x", true },
		{ "a,a", "1", "v1,x", false },
		{ "a,", "1", "v1,x", false },
		{ ",", "1", "v1,x", false },
		{ "a a", "1", "v1,x", false },
		{ "a", "1", "v1,x, v1,y", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char id[64] = "HTTP_SVIX_ID=";
		char timestamp[64] = "HTTP_SVIX_TIMESTAMP=";
		char signature[64] = "HTTP_SVIX_SIGNATURE=";

		strcat(id, rows[i].id);
		strcat(timestamp, rows[i].timestamp);
		strcat(signature, rows[i].signature);
		make(ENTRIES(id, timestamp, signature));
		ck_assert_msg(delivery_is_doubled(&d) == rows[i].is_doubled,
		    "row %zu", i);
	}
}
END_TEST

UNIT_MAIN("delivery", test_empty, test_fields, test_first_wins,
    test_only_exact_names, test_length, test_long_path, test_blanks,
    test_family, test_two_entries, test_joined)
