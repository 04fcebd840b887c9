/* SPDX-License-Identifier: ISC */
/* Reads one answer of a program; what is not exactly one is refused. */
#include <config.h>

#include <string.h>

#include "base/span.h"
#include "cli/engine/engine.h"

#define NUMBER_MAX	INT64_C(999999999999999)

/* "7" from 1 on; moves *p after it. */
static bool
take_number(const char **p, const char *end, int64_t *number)
{
	const char *from = *p;

	*number = 0;
	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		if (*number > NUMBER_MAX / 10)
			return false;
		*number = *number * 10 + (**p - '0');
	}
	return *p > from && *from != '0';
}

/* The rest of the line after a blank: a token, or nothing at all. */
static bool
take_token(const char *p, const char *end, char token[STATE_TOKEN_MAX + 1])
{
	size_t len = (size_t)(end - p);

	token[0] = '\0';
	if (len == 0)
		return true;
	if (*p != ' ' || len < 2 || len - 1 > STATE_TOKEN_MAX)
		return false;
	for (size_t i = 1; i < len; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f)
			return false;
	memcpy(token, p + 1, len - 1);
	token[len - 1] = '\0';
	return true;
}

bool
engine_answer_parse(struct engine_answer *a, const char *line, size_t len)
{
	static const char *const words[] = { [ENGINE_OK] = "ok",
		[ENGINE_LATER] = "later", [ENGINE_FAILED] = "failed",
		[ENGINE_RESUME] = "resume", [ENGINE_LOST] = "lost" };
	const char *end = line + len, *p = memchr(line, ' ', len);
	struct hookcask_span word;
	size_t i = 0;

	memset(a, 0, sizeof(*a));
	if (p == NULL)
		p = end;
	word = span_make(line, (size_t)(p - line));
	while (!span_is(word, words[i]))
		if (++i == sizeof(words) / sizeof(*words))
			return false;
	a->word = (enum engine_word)i;
	if (a->word == ENGINE_RESUME)
		return take_token(p, end, a->token);
	if (p++ == end || !take_number(&p, end, &a->from))
		return false;
	a->to = a->from;
	if (a->word == ENGINE_FAILED) {
		if (p < end && *p++ != ' ')
			return false;
		a->why = span_make(p, (size_t)(end - p));
		return true;
	}
	if (a->word != ENGINE_LOST && p < end && *p == '-') {
		p++;
		if (!take_number(&p, end, &a->to) || a->to < a->from)
			return false;
	}
	return a->word == ENGINE_OK ? take_token(p, end, a->token) : p == end;
}
