/* SPDX-License-Identifier: ISC */
/*
 * Duty: write JSON that is ASCII whatever it is made of, since a terminal
 * may be what reads it.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "cli/jsonl.h"
#include "core/span.h"

static void
put_string(struct hookcask_span s)
{
	const unsigned char *p = s.data;

	putchar('"');
	for (size_t i = 0; i < s.len; i++)
		if (p[i] == '"' || p[i] == '\\')
			printf("\\%c", p[i]);
		else if (p[i] >= 0x20 && p[i] <= 0x7E)
			putchar(p[i]);
		else
			printf("\\u%04x", p[i]);
	putchar('"');
}

static void
put_key(struct jsonl *j, const char *key)
{
	if (j->more)
		putchar(',');
	j->more = true;
	if (key == NULL)
		return;
	put_string(span_text(key));
	putchar(':');
}

void
jsonl_open(struct jsonl *j, const char *key)
{
	put_key(j, key);
	putchar('{');
	j->more = false;
}

void
jsonl_text(struct jsonl *j, const char *key, struct hookcask_span text)
{
	put_key(j, key);
	put_string(text);
}

void
jsonl_string(struct jsonl *j, const char *key, const char *text)
{
	jsonl_text(j, key, span_text(text));
}

void
jsonl_number(struct jsonl *j, const char *key, int64_t number)
{
	put_key(j, key);
	printf("%" PRId64, number);
}

void
jsonl_flag(struct jsonl *j, const char *key, bool flag)
{
	put_key(j, key);
	fputs(flag ? "true" : "false", stdout);
}

void
jsonl_list(struct jsonl *j, const char *key)
{
	put_key(j, key);
	putchar('[');
	j->more = false;
}

void
jsonl_list_end(struct jsonl *j)
{
	putchar(']');
	j->more = true;
}

void
jsonl_close(struct jsonl *j)
{
	putchar('}');
	j->more = true;
}

void
jsonl_end(struct jsonl *j)
{
	puts("}");
	j->more = false;
}
