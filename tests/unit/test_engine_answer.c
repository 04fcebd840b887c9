/* SPDX-License-Identifier: ISC */
/* The answers of an engine: what is one, and what is not. */
#include <config.h>

#include <string.h>

#include "base/span.h"
#include "cli/engine/engine.h"
#include "unit.h"

START_TEST(test_answers)
{
	static const struct {
		const char		*line;
		enum engine_word	 word;
		int64_t			 from, to;
		const char		*token, *why;
	} rows[] = {
		{ "ok 7", ENGINE_OK, 7, 7, "", "" },
		{ "ok 7-12", ENGINE_OK, 7, 12, "", "" },
		{ "ok 7-7 a/b:1", ENGINE_OK, 7, 7, "a/b:1", "" },
		{ "ok 999999999999999 t", ENGINE_OK, 999999999999999,
		    999999999999999, "t", "" },
		{ "later 1", ENGINE_LATER, 1, 1, "", "" },
		{ "later 1-3", ENGINE_LATER, 1, 3, "", "" },
		{ "failed 3 no  such: row ", ENGINE_FAILED, 3, 3, "",
		    "no  such: row " },
		{ "failed 3", ENGINE_FAILED, 3, 3, "", "" },
		{ "resume", ENGINE_RESUME, 0, 0, "", "" },
		{ "resume -", ENGINE_RESUME, 0, 0, ENGINE_FIRST, "" },
		{ "resume 12", ENGINE_RESUME, 0, 0, "12", "" },
		{ "lost 3", ENGINE_LOST, 3, 3, "", "" },
	};
	struct engine_answer a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(engine_answer_parse(&a, rows[i].line,
		    strlen(rows[i].line)), "%s", rows[i].line);
		ck_assert_int_eq(a.word, rows[i].word);
		ck_assert_int_eq(a.from, rows[i].from);
		ck_assert_int_eq(a.to, rows[i].to);
		ck_assert_str_eq(a.token, rows[i].token);
		ck_assert_msg(span_is(a.why, rows[i].why), "%s",
		    rows[i].line);
	}
}
END_TEST

START_TEST(test_what_is_none)
{
	static const char *const rows[] = { "", "o", "ok", "ok ", "ok 0",
		"ok 07", "ok -1", "ok 1 ", "ok 1  t", "ok 1 t u", "ok 1-",
		"ok 2-1", "ok 1-2-3", "ok 1\r", "ok\t1", "OK 1", "okay 1",
		" ok 1", "ok 9999999999999999", "ok 99999999999999999999",
		"ok 1 \303\244", "later 1 t", "later", "failed", "failed x",
		"failed 1-2 why", "failed 1why", "resume ", "resume a b",
		"lost", "lost 1-2", "lost 1 t", "lost -", "{}" };
	char longest[STATE_TOKEN_MAX + 16];
	struct engine_answer a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(!engine_answer_parse(&a, rows[i],
		    strlen(rows[i])), "%s", rows[i]);
	memset(longest, 't', sizeof(longest));
	memcpy(longest, "ok 1 ", 5);
	ck_assert(engine_answer_parse(&a, longest, 5 + STATE_TOKEN_MAX));
	ck_assert_uint_eq(strlen(a.token), STATE_TOKEN_MAX);
	ck_assert(!engine_answer_parse(&a, longest, 6 + STATE_TOKEN_MAX));
	ck_assert(!engine_answer_parse(&a, "ok 1 t\0u", 8));
}
END_TEST

UNIT_MAIN("engine_answer", test_answers, test_what_is_none)
