/* SPDX-License-Identifier: ISC */
/*
 * Makes JSON with json-c.  JSON that was received is never printed from here,
 * but byte for byte.
 */
#include <config.h>

#include <json-c/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/term/escape.h"
#include "cli/term/jsonl.h"

static bool is_lost;

/* Adds a value, which it takes over, to the innermost open one. */
static void
add(struct jsonl *j, const char *key, struct json_object *value)
{
	struct json_object *to = j->depth == 0 ? NULL : j->at[j->depth - 1];
	int rc = 0;

	if (to == NULL)
		rc = -1;
	else if (key == NULL)
		rc = json_object_array_add(to, value);
	else
		rc = json_object_object_add(to, key, value);
	if (rc == 0)
		return;
	json_object_put(value);
	is_lost = true;
}

static void
add_made(struct jsonl *j, const char *key, struct json_object *value)
{
	if (value == NULL)
		is_lost = true;
	else
		add(j, key, value);
}

/* Without memory, NULL is opened, and what is added to it is dropped. */
static void
enter(struct jsonl *j, const char *key, struct json_object *value)
{
	if (j->depth == JSONL_DEPTH)
		abort();
	if (value == NULL)
		is_lost = true;
	else if (j->depth > 0)
		add(j, key, json_object_get(value));
	j->at[j->depth++] = value;
}

void
jsonl_open(struct jsonl *j, const char *key)
{
	enter(j, key, json_object_new_object());
}

void
jsonl_list(struct jsonl *j, const char *key)
{
	enter(j, key, json_object_new_array());
}

void
jsonl_text(struct jsonl *j, const char *key, struct hookcask_span text)
{
	static const char unknown[] = "\xEF\xBF\xBD";
	const char *p = text.data;
	char *utf8 = malloc(3 * text.len + 1);
	size_t len = 0;

	if (utf8 == NULL) {
		is_lost = true;
		return;
	}
	for (size_t i = 0, n; i < text.len; i += n == 0 ? 1 : n) {
		n = text_character(p + i, text.len - i);
		memcpy(utf8 + len, n == 0 ? unknown : p + i, n == 0 ? 3 : n);
		len += n == 0 ? 3 : n;
	}
	/* json-c counts in int */
	add_made(j, key, len > INT32_MAX ? NULL :
	    json_object_new_string_len(utf8, (int)len));
	free(utf8);
}

void
jsonl_string(struct jsonl *j, const char *key, const char *text)
{
	if (text == NULL)
		jsonl_null(j, key);
	else
		jsonl_text(j, key, span_text(text));
}

void
jsonl_number(struct jsonl *j, const char *key, int64_t number)
{
	add_made(j, key, json_object_new_int64(number));
}

void
jsonl_time(struct jsonl *j, const char *key, int64_t us)
{
	char time[CIVIL_SIZE];

	if (us <= 0) {
		jsonl_null(j, key);
		return;
	}
	civil_format(time, us / 1000000);
	jsonl_string(j, key, time);
}

void
jsonl_flag(struct jsonl *j, const char *key, bool flag)
{
	add_made(j, key, json_object_new_boolean(flag));
}

void
jsonl_null(struct jsonl *j, const char *key)
{
	add(j, key, NULL);
}

void
jsonl_close(struct jsonl *j)
{
	json_object_put(j->at[--j->depth]);
}

/* json-c escapes only below 0x20; some terminals also obey DEL and C1. */
static void
print(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0';
	    p++)
		if (*p == 0x7F)
			fputs("\\u007f", stdout);
		else if (p[0] == 0xC2 && p[1] < 0xA0)
			printf("\\u%04x", *++p);
		else
			putchar(*p);
	putchar('\n');
}

void
jsonl_end(struct jsonl *j)
{
	const char *text;

	while (j->depth > 1)
		jsonl_close(j);
	text = is_lost ? NULL : json_object_to_json_string_ext(j->at[0],
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text != NULL)
		print(text);
	else
		is_lost = true;
	jsonl_close(j);
}

bool
jsonl_is_lost(void)
{
	return is_lost;
}
