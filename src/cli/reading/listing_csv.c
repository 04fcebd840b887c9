/* SPDX-License-Identifier: ISC */
/*
 * Prints records as CSV (RFC 4180, but with LF): id, received, type, and the
 * members of the body that were asked for.  A value is written as it is in the
 * body, a string without its quotes; one that is not there is empty.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/json.h"
#include "base/json_find.h"
#include "base/span.h"
#include "cli/reading/listing.h"
#include "cli/term/escape.h"

static void
print_field(const char *text, size_t len)
{
	bool is_quoted = false;
	const char *quote;

	for (size_t i = 0; i < len; i++)
		is_quoted |= strchr("\",\r\n", text[i]) != NULL;
	if (is_quoted)
		putchar('"');
	while (is_quoted && (quote = memchr(text, '"', len)) != NULL) {
		size_t n = (size_t)(quote - text) + 1;

		print_data(span_make(text, n));
		putchar('"');
		text += n;
		len -= n;
	}
	print_data(span_make(text, len));
	if (is_quoted)
		putchar('"');
}

static bool
print_value(struct hookcask_span body, struct hookcask_span pointer,
    struct err *err)
{
	struct hookcask_span value;
	bool found = body.len > 0;
	char *text;

	if (found)
		json_find(body, pointer, &value, &found);
	if (!found)
		return true;
	text = malloc(value.len + 1);
	if (text == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	print_field(text, json_plain(text, value));
	free(text);
	return true;
}

bool
listing_csv_row(struct listing *l, const struct record_view *v,
    struct err *err)
{
	struct hookcask_span body;
	struct json_scan scan;
	char time[CIVIL_SIZE];
	const char *p = l->csv;

	if (!stored_body_read(&l->body, v, &body, err))
		return false;
	if (!json_scan(&scan, body.data, body.len, JSON_DEPTH_MAX))
		body.len = 0;
	if (!l->headed)
		printf("id,received,type,%s\n", l->csv);
	l->headed = true;
	civil_format_us(time, v->received_us);
	print_field(v->id, strlen(v->id));
	printf(",%s,", time);
	print_field(v->type, strlen(v->type));
	do {
		size_t len = strcspn(p, ",");

		putchar(',');
		if (!print_value(body, span_make(p, len), err))
			return false;
		p += len;
	} while (*p++ == ',');
	putchar('\n');
	return true;
}
