/* SPDX-License-Identifier: ISC */
/*
 * Small operations on borrowed bytes (struct hookcask_span).
 *
 * No .c: inline functions only.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <string.h>

#include "hookcask.h"

static inline struct hookcask_span
span_make(const void *data, size_t len)
{
	struct hookcask_span s = { data, len };

	return s;
}

/* The bytes of a C string; NULL gives an empty span. */
static inline struct hookcask_span
span_text(const char *text)
{
	return span_make(text, text == NULL ? 0 : strlen(text));
}

static inline bool
span_is(struct hookcask_span s, const char *text)
{
	size_t len = strlen(text);

	return s.len == len && (len == 0 || memcmp(s.data, text, len) == 0);
}

static inline bool
span_same(struct hookcask_span a, struct hookcask_span b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* A blank within a line, of a header or a file. */
static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

#endif
