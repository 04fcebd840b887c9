/* SPDX-License-Identifier: ISC */
/* The table of outcomes, and errors as values. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "base/err.h"
#include "base/outcome.h"
#include "unit.h"

/* The client's answer: 2xx only for events that are kept or not wanted. */
START_TEST(test_http)
{
	static const struct {
		enum outcome	 outcome;
		const char	*name;
		int		 http;
	} rows[] = {
		{ OUTCOME_STORED, "stored", 200 },
		{ OUTCOME_DUPLICATE, "duplicate", 200 },
		{ OUTCOME_IGNORED, "ignored", 200 },
		{ OUTCOME_PROBED, "probed", 200 },
		{ OUTCOME_MISSING_HEADER, "missing-header", 400 },
		{ OUTCOME_BAD_ID, "bad-id", 400 },
		{ OUTCOME_BAD_TIMESTAMP, "bad-timestamp", 400 },
		{ OUTCOME_TOO_OLD, "too-old", 401 },
		{ OUTCOME_TOO_NEW, "too-new", 401 },
		{ OUTCOME_BAD_SIGNATURE_HEADER, "bad-signature-header", 400 },
		{ OUTCOME_NO_MATCH, "no-match", 401 },
		{ OUTCOME_BAD_METHOD, "bad-method", 405 },
		{ OUTCOME_UNKNOWN_PATH, "unknown-path", 404 },
		{ OUTCOME_TOO_LARGE, "too-large", 413 },
		{ OUTCOME_DOUBLED_HEADER, "doubled-header", 400 },
		{ OUTCOME_SHORT_BODY, "short-body", 400 },
		{ OUTCOME_BODY_TIMEOUT, "body-timeout", 400 },
		{ OUTCOME_STORE_ERROR, "store-error", 503 },
		{ OUTCOME_BAD_CONFIG, "bad-config", 503 },
		{ OUTCOME_OTHER_BODY, "other-body", 200 }
	};
	size_t count = sizeof(rows) / sizeof(*rows);

	ck_assert_uint_eq(count, OUTCOME_DELIVERY_END);
	for (size_t i = 0; i < count; i++) {
		enum outcome o = rows[i].outcome;

		ck_assert_str_eq(outcome_name(o), rows[i].name);
		ck_assert_int_eq(outcome_http(o), rows[i].http);
		ck_assert_int_eq(outcome_is_temporary(o),
		    rows[i].http == 503);
		/* a refusal says what to try */
		if (rows[i].http >= 400)
			ck_assert_str_ne(outcome_hint(o), "");
	}
}
END_TEST

START_TEST(test_exit)
{
	ck_assert_int_eq(outcome_exit(OUTCOME_STORED), EX_OK);
	ck_assert_int_eq(outcome_exit(OUTCOME_NO_MATCH), EX_DATAERR);
	ck_assert_int_eq(outcome_exit(OUTCOME_STORE_ERROR), EX_TEMPFAIL);
	ck_assert_int_eq(outcome_exit(OUTCOME_BAD_CONFIG), EX_CONFIG);
	ck_assert_int_eq(outcome_exit(OUTCOME_USAGE), EX_USAGE);
	ck_assert_int_eq(outcome_exit(OUTCOME_NO_INPUT), EX_NOINPUT);
	ck_assert_int_eq(outcome_exit(OUTCOME_NO_PERMISSION), EX_NOPERM);
	for (int o = OUTCOME_DELIVERY_END; o < OUTCOME_END; o++) {
		ck_assert_str_ne(outcome_name((enum outcome)o), "unknown");
		ck_assert_int_ne(outcome_exit((enum outcome)o), EX_OK);
	}
	ck_assert_str_eq(outcome_name(OUTCOME_END), "unknown");
	ck_assert_int_eq(outcome_exit((enum outcome)-1), EX_SOFTWARE);
}
END_TEST

/* The library's names are the operator's names. */
START_TEST(test_of_status)
{
	for (int s = HOOKCASK_MISSING_HEADER; s <= HOOKCASK_NO_MATCH; s++)
		ck_assert_str_eq(
		    outcome_name(outcome_of_status((enum hookcask_status)s)),
		    hookcask_status_name((enum hookcask_status)s));
	ck_assert_int_eq(outcome_of_status(HOOKCASK_OK), OUTCOME_STORED);
	ck_assert_int_eq(outcome_of_status(HOOKCASK_SECRET_SHORT),
	    OUTCOME_BAD_CONFIG);
	ck_assert_int_eq(outcome_of_status(HOOKCASK_BAD_ARGUMENT),
	    OUTCOME_BAD_CONFIG);
}
END_TEST

START_TEST(test_first_error_wins)
{
	struct err err = ERR_INIT;

	ck_assert(!err_set(&err, OUTCOME_BAD_CONFIG, "%s:%d", "file", 7));
	ck_assert(!err_set(&err, OUTCOME_STORE_ERROR, "second"));
	ck_assert(!err_sys(&err, OUTCOME_IO_ERROR, ENOSPC, "third"));
	ck_assert_int_eq(err.kind, OUTCOME_BAD_CONFIG);
	ck_assert_str_eq(err.text, "file:7");
	ck_assert(!err_set(NULL, OUTCOME_BAD_CONFIG, "nobody listens"));
}
END_TEST

START_TEST(test_err_sys)
{
	struct err err = ERR_INIT;
	char name[2000];

	errno = EINTR;
	ck_assert(!err_sys(&err, OUTCOME_STORE_ERROR, ENOSPC, "/x"));
	ck_assert_int_eq(errno, EINTR);
	ck_assert_str_eq(err.text, "/x: No space left on device");

	/* a long name is cut, not overrun */
	err = (struct err)ERR_INIT;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	err_sys(&err, OUTCOME_STORE_ERROR, ENOSPC, "%s", name);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

UNIT_MAIN("outcome", test_http, test_exit, test_of_status,
    test_first_error_wins, test_err_sys)
