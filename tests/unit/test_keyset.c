/* SPDX-License-Identifier: ISC */
/* The text of a secret file: lines, expiry, doubles, and what is refused. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "config/keyset.h"
#include "unit.h"

#define ONE	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define TWO	"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define PUBLIC	"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
#define SHORT	"whsec_MDEyMzQ1Njc4OWFiY2RlZg=="	/* 16 bytes */

static struct keyset set;
static struct err err;

static bool
parse(const char *text)
{
	memset(&set, 0xAA, sizeof(set));
	err = (struct err)ERR_INIT;
	return keyset_parse(&set, "s", text, strlen(text), &err);
}

static void
ck_refused(const char *text, const char *says)
{
	static const struct keyset none;

	ck_assert_msg(!parse(text), "accepted: %s", text);
	ck_assert_int_eq(err.kind, OUTCOME_BAD_CONFIG);
	ck_assert_msg(strstr(err.text, says) != NULL, "\"%s\" not in \"%s\"",
	    says, err.text);
	/* no part of a secret in a message */
	ck_assert_ptr_null(strstr(err.text, "MfKQ"));
	ck_assert_ptr_null(strstr(err.text, "C2FV"));
	ck_assert_ptr_null(strstr(err.text, "hunter"));
	ck_assert_mem_eq(&set, &none, sizeof(set));
}

START_TEST(test_lines)
{
	ck_assert(parse(ONE));
	ck_assert_uint_eq(set.count, 1);
	ck_assert_int_eq(set.keys[0].not_after, HOOKCASK_NO_END);
	ck_assert_uint_eq(set.weak, 0);

	ck_assert(parse("# both\r\n\r\n \t" ONE "\t\r\n  # old\n" TWO
	    " # of the other machine\n"));
	ck_assert_uint_eq(set.count, 2);
	/* order is the file's: the second is the second */
	ck_assert_uint_eq(set.keys[1].bytes[0], 0x0b);
	ck_assert(parse(ONE "# note\n"));
	ck_assert(parse(PUBLIC "\n" SHORT "\n"));
	ck_assert_uint_eq(set.weak, 1);
}
END_TEST

START_TEST(test_until)
{
	ck_assert(parse(ONE "   # until 2027-01-31\n" TWO "#until 1999-12-31"
	    "\n"));
	/* that day included, UTC */
	ck_assert_int_eq(set.keys[0].not_after, INT64_C(1801439999));
	ck_assert_int_eq(set.keys[1].not_after, INT64_C(946684799));
	ck_assert(parse(ONE " # until 9999-12-31"));
	ck_assert_int_eq(set.keys[0].not_after, HOOKCASK_TIME_MAX);
	/* a comment of its own line says nothing about a key */
	ck_assert(parse("# until 2020-13-77\n" ONE));
	ck_assert_int_eq(set.keys[0].not_after, HOOKCASK_NO_END);
}
END_TEST

/* An expiry that is not understood must not make a key eternal. */
START_TEST(test_bad_until)
{
	static const char *const bad[] = { " # until 2027-02-29",
	    " # until 2027-1-31", " # until tomorrow", " # until",
	    " # until 2027-01-31 noon", " # Until 2027-01-31",
	    " # old, until 2027-01-31", " # until  2027-01-31",
	    " # until 2027-01-31T00:00:00Z", " # UNTIL 31.1.2027" };
	char text[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "\n" ONE "%s\n", bad[i]);
		ck_refused(text, "s:2: the expiry is not understood");
	}
}
END_TEST

START_TEST(test_refused)
{
	ck_refused("", "no secret in it");
	ck_refused("# nothing\n\n", "no secret in it");
	ck_refused("\n\nhunter2\n", "s:3: ");
	ck_refused(ONE " " TWO, "s:1: something follows");
	ck_refused(ONE "," TWO, "s:1: ");
	ck_refused("v1," ONE, "drop the version");
	ck_refused("whsk_" "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "private");
	ck_refused("whsec_aHVudGVy", "16 bytes");
	ck_refused("\"" ONE "\"", "s:1: the secret is in quotes");
	ck_refused("'" ONE "'", "s:1: the secret is in quotes");
	ck_refused("polar_whs_0123456789abcdef", "write text: in front");
	ck_refused("text:0123456789abcde", "s:1: the secret has fewer");
	ck_refused("hex:0123456789abcdef0123456789abcdeg", "hex: takes");
	ck_refused("\xef\xbb\xbf" ONE, "byte order mark");
	/* one bad entry refuses the lot */
	ck_refused(ONE "\nhunter2\n" TWO "\n", "s:2: ");
}
END_TEST

/* Each line lets the key pass, so the later end counts. */
START_TEST(test_twice)
{
	ck_assert(parse(ONE " # until 2030-01-01\n" TWO "\n\n" ONE
	    " # until 2031-01-01\n" ONE " # until 2029-01-01\n"));
	ck_assert_uint_eq(set.count, 2);
	ck_assert_uint_eq(set.twice, 2);
	ck_assert_int_eq(set.keys[0].not_after, 1925078399);
	/* the same key without its prefix */
	ck_assert(parse(ONE "\nbase64:MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"));
	ck_assert_uint_eq(set.count, 1);
	ck_assert(set.keys[0].not_after == HOOKCASK_NO_END);
}
END_TEST

/* What is accepted and was perhaps not meant so. */
START_TEST(test_doubtful)
{
	ck_assert(parse("text:whsec_MfKQ9r8GKYqrTwjU\n"));
	ck_assert_uint_eq(set.text_like, 1);
	ck_assert(parse("text:polar_whs_0123#456789\n"));
	ck_assert_uint_eq(set.text_like, 0);
	ck_assert_uint_eq(set.keys[0].len, 21);
	for (int i = 0; i < 2; i++) {
		ck_assert(parse(i == 0 ?
		    "0123456789abcdef0123456789abcdef\n" :
		    "whsec_0123456789abcdef0123456789abcdef\n"));
		ck_assert_uint_eq(set.hex_like, 1);
	}
	ck_assert(parse("hex:0123456789abcdef0123456789abcdef\n" ONE "\n"));
	ck_assert_uint_eq(set.hex_like, 0);
	ck_assert_uint_eq(set.keys[0].len, 16);
}
END_TEST

START_TEST(test_nul)
{
	static const char text[] = ONE "\0\n" TWO "\n";

	err = (struct err)ERR_INIT;
	ck_assert(!keyset_parse(&set, "s", text, sizeof(text) - 1, &err));
}
END_TEST

START_TEST(test_too_many)
{
	char text[4000] = "", line[80];

	for (int i = 0; i < 16; i++) {
		snprintf(line, sizeof(line),
		    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0N%c%c4\n", 'A' + i,
		    'A' + i);
		strcat(text, line);
	}
	ck_assert(parse(text));
	ck_assert_uint_eq(set.count, 16);
	strcat(text, ONE "\n");
	ck_refused(text, "s:17: more than 16");

	text[0] = '\0';
	for (int i = 0; i < 5; i++) {
		snprintf(line, sizeof(line), "whpk_%cSiA4o9hyqTCpIqC5V9HUak"
		    "iiaeACeqfZTInDBbOir4=\n", '1' + i);
		strcat(text, line);
	}
	ck_refused(text, "s:5: more than 4 public keys");
}
END_TEST

START_TEST(test_words)
{
	const char text[] = "  " ONE "\t" TWO " \n";

	err = (struct err)ERR_INIT;
	ck_assert(keyset_parse_words(&set, "HOOKCASK_SECRET", text,
	    strlen(text), &err));
	ck_assert_uint_eq(set.count, 2);
	ck_assert(!keyset_parse_words(&set, "V", " ", 1, &err));
	ck_assert_msg(strncmp(err.text, "V: it is empty", 14) == 0, "%s",
	    err.text);
	ck_assert(keyset_parse_words(&set, "V", ONE " " ONE,
	    2 * strlen(ONE) + 1, NULL));
	ck_assert_uint_eq(set.count, 1);
	ck_assert_uint_eq(set.twice, 1);
	/* no comments here: they would be taken for secrets */
	ck_assert(!keyset_parse_words(&set, "V", ONE " # x",
	    strlen(ONE) + 4, NULL));
	ck_assert_uint_eq(set.count, 0);
}
END_TEST

UNIT_MAIN("keyset", test_lines, test_until, test_bad_until, test_refused,
    test_twice, test_doubtful, test_nul, test_too_many, test_words)
