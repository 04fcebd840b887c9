/* SPDX-License-Identifier: ISC */
/* Names are an interface; every status has one, and a sentence. */
#include <config.h>

#include <string.h>

#include "hookcask.h"
#include "unit.h"

static const char *const names[] = {
	[HOOKCASK_OK] = "ok",
	[HOOKCASK_MISSING_HEADER] = "missing-header",
	[HOOKCASK_BAD_ID] = "bad-id",
	[HOOKCASK_BAD_TIMESTAMP] = "bad-timestamp",
	[HOOKCASK_TOO_OLD] = "too-old",
	[HOOKCASK_TOO_NEW] = "too-new",
	[HOOKCASK_BAD_SIGNATURE_HEADER] = "bad-signature-header",
	[HOOKCASK_NO_MATCH] = "no-match",
	[HOOKCASK_SECRET_EMPTY] = "secret-empty",
	[HOOKCASK_SECRET_PRIVATE] = "secret-private",
	[HOOKCASK_SECRET_VERSION] = "secret-version",
	[HOOKCASK_SECRET_PREFIX] = "secret-prefix",
	[HOOKCASK_SECRET_BASE64] = "secret-base64",
	[HOOKCASK_SECRET_SHORT] = "secret-short",
	[HOOKCASK_SECRET_LENGTH] = "secret-length",
	[HOOKCASK_SECRET_WEAK] = "secret-weak",
	[HOOKCASK_BAD_ARGUMENT] = "bad-argument",
};
#define COUNT	(sizeof(names) / sizeof(*names))

START_TEST(each_status_has_its_name)
{
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_ptr_nonnull(names[i]);
		ck_assert_str_eq(hookcask_status_name((enum hookcask_status)i),
		    names[i]);
	}
	ck_assert_str_eq(hookcask_status_name((enum hookcask_status)COUNT),
	    "unknown");
}
END_TEST

START_TEST(each_status_has_a_sentence_of_its_own)
{
	for (size_t i = 0; i < COUNT; i++) {
		const char *text =
		    hookcask_status_text((enum hookcask_status)i);

		ck_assert_str_ne(text, "");
		ck_assert_str_ne(text, "unknown status");
		ck_assert_ptr_null(strchr(text, '\n'));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(text,
			    hookcask_status_text((enum hookcask_status)j));
	}
	ck_assert_str_eq(hookcask_status_text((enum hookcask_status)COUNT),
	    "unknown status");
}
END_TEST

UNIT_MAIN("status", each_status_has_its_name,
    each_status_has_a_sentence_of_its_own)
