/* SPDX-License-Identifier: ISC */
/*
 * Lays out JSON without reading its values: numbers keep their digits, strings
 * their escapes, members their order and their duplicates.
 */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "cli/term/escape.h"
#include "cli/term/pretty.h"

#define STEP 2			/* columns for each level */

static void
break_line(int depth)
{
	printf("\n%*s", depth * STEP, "");
}

static size_t
blanks(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && strchr(" \t\r\n", p[n]) != NULL)
		n++;
	return n;
}

/* The length of a string with its quotes, or of another plain token. */
static size_t
token(const char *p, const char *end)
{
	size_t n = 1;

	if (*p != '"') {
		while (p + n < end && strchr("{}[]:,\" \t\r\n", p[n]) == NULL)
			n++;
		return n;
	}
	for (; p + n < end && p[n] != '"'; n++)
		if (p[n] == '\\')
			n++;
	return n + 1;
}

void
pretty_print(struct hookcask_span text)
{
	const char *p = text.data, *end = p + text.len;
	int depth = 0;

	for (p += blanks(p, end); p < end; p += blanks(p, end)) {
		size_t len = 1;

		if (*p == '{' || *p == '[') {
			putchar(*p);
			len += blanks(p + 1, end);
			if (p[len] == '}' || p[len] == ']')
				putchar(p[len++]);
			else
				break_line(++depth);
		} else if (*p == '}' || *p == ']') {
			break_line(--depth);
			putchar(*p);
		} else if (*p == ',') {
			putchar(',');
			break_line(depth);
		} else if (*p == ':') {
			fputs(": ", stdout);
		} else {
			len = token(p, end);
			print_data(span_make(p, len));
		}
		p += len;
	}
	putchar('\n');
}
