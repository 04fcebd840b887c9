/* SPDX-License-Identifier: ISC */
/*
 * Answers for the differential tests.  Fields come on standard input, each
 * with its length before it, four bytes, the highest first; a line of answer
 * goes out for each case:
 *
 *	verdict json	TEXT: the scanner's verdict, json-c's, the type
 *	verdict verify	SECRET NOW SVIX-ID SVIX-TIMESTAMP SVIX-SIGNATURE
 *			WEBHOOK-ID WEBHOOK-TIMESTAMP WEBHOOK-SIGNATURE BODY:
 *			the status by its name
 */
#include <config.h>

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/span.h"
#include "event/type.h"

enum { SECRET, NOW, SVIX, WEBHOOK = SVIX + 3, BODY = WEBHOOK + 3, FIELDS };

/* Owned by the caller; false at the end of the input. */
static bool
read_field(struct hookcask_span *field)
{
	unsigned char head[4];
	size_t len;
	char *data;

	if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
		return false;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	    (size_t)head[2] << 8 | head[3];
	data = malloc(len + 1);
	if (data == NULL || fread(data, 1, len, stdin) != len)
		abort();
	data[len] = '\0';
	*field = span_make(data, len);
	return true;
}

static void
wipe_field(struct hookcask_span *field)
{
	free((void *)(uintptr_t)field->data);
}

/* As a careful user of json-c would ask it. */
static bool
ask_json_c(struct hookcask_span text)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
	struct json_object *object;
	bool good;

	if (tokener == NULL)
		abort();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
	    JSON_TOKENER_VALIDATE_UTF8);
	/* with its NUL: a number at the end has no other end */
	object = json_tokener_parse_ex(tokener, text.data,
	    (int)text.len + 1);
	good = json_tokener_get_error(tokener) == json_tokener_success &&
	    json_tokener_get_parse_end(tokener) >= text.len;
	json_object_put(object);
	json_tokener_free(tokener);
	return good;
}

static void
answer_json(void)
{
	struct hookcask_span text;
	char type[EVENT_TYPE_MAX + 1];
	struct json_scan scan;

	while (read_field(&text)) {
		bool good = json_scan(&scan, text.data, text.len,
		    JSON_DEPTH_MAX);

		printf("%d %d %s\n", good, ask_json_c(text),
		    type_find(type, text, NULL) ? type : "");
		wipe_field(&text);
	}
}

static enum hookcask_status
judge(const struct hookcask_span field[FIELDS])
{
	struct hookcask_delivery d;
	struct hookcask_policy policy;
	struct hookcask_verdict verdict;
	struct hookcask_key key;
	enum hookcask_status status;

	status = hookcask_key_init(&key, field[SECRET].data,
	    field[SECRET].len);
	if (status != HOOKCASK_OK)
		return status;
	memset(&policy, 0, sizeof(policy));
	policy.now = atoll(field[NOW].data);
	policy.tolerance = HOOKCASK_TOLERANCE;
	policy.keys = &key;
	policy.key_count = 1;
	d.svix = (struct hookcask_headers){ field[SVIX], field[SVIX + 1],
		field[SVIX + 2] };
	d.webhook = (struct hookcask_headers){ field[WEBHOOK],
		field[WEBHOOK + 1], field[WEBHOOK + 2] };
	d.body = &field[BODY];
	d.body_count = 1;
	return hookcask_verify(&d, &policy, &verdict);
}

static void
answer_verify(void)
{
	struct hookcask_span field[FIELDS];

	while (read_field(&field[0])) {
		for (int i = 1; i < FIELDS; i++)
			if (!read_field(&field[i]))
				abort();
		puts(hookcask_status_name(judge(field)));
		for (int i = 0; i < FIELDS; i++)
			wipe_field(&field[i]);
	}
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "json") == 0) {
		answer_json();
	} else if (argc == 2 && strcmp(argv[1], "verify") == 0) {
		answer_verify();
	} else {
		fputs("usage: verdict json|verify\n", stderr);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
