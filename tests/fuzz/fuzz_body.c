/* SPDX-License-Identifier: ISC */
/*
 * A signed body of any bytes: its record is one line, is read back, and
 * gives exactly that body again.  The input's first line is the id.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "event/record.h"
#include "events.h"
#include "fuzz.h"
#include "json_reference.h"
#include "lib/message.h"
#include "vectors.h"

static void
run(const uint8_t *data, size_t len)
{
	struct hookcask_span body = span_make(data, len), id, again;
	struct record_view view;
	struct json_scan scan;
	char type[EVENT_TYPE_MAX + 1];
	struct event event;
	unsigned char *room;
	size_t line_len;
	char *line;

	id = fuzz_cut(&body, '\n');
	if (!hkc_id_is_good(id))
		id = span_text("msg_1");
	event_make(&event, id, body);
	line = event_line(&event, &line_len);
	FUZZ_HOLDS(memchr(line, '\n', line_len) == line + line_len - 1);
	FUZZ_HOLDS(memchr(line, '\r', line_len) == NULL);
	/* the whole line is JSON, too: one level deeper than its body */
	FUZZ_HOLDS(json_reference(&scan, type, line, line_len,
	    JSON_DEPTH_MAX + 1));
	FUZZ_HOLDS(record_parse(&view, line, line_len - 1));
	FUZZ_HOLDS(span_is(id, view.id));
	FUZZ_HOLDS(view.body_len == body.len);
	FUZZ_HOLDS(strcmp(view.type, event.type) == 0);
	room = malloc(view.body_len + 3);
	FUZZ_HOLDS(room != NULL);
	FUZZ_HOLDS(record_body(&view, room, &again));
	FUZZ_HOLDS(span_same(again, body));
	free(room);
	free(line);
	free(event.body);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	struct hookcask_span body = vector_get(v, "body", 0);
	size_t len = 0;

	if (body.len > 4096)
		return 0;
	fuzz_put(buf, size, &len, vector_get(v, "svix-id", 0));
	fuzz_put_text(buf, size, &len, "\n");
	fuzz_put(buf, size, &len, body);
	return len;
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	static const char *const texts[] = {
		"msg_\"\\\n{\"type\":\"a\\\"b\\\\\",\r\n\"data\":1}",
		"a\n \r\n", "a\n\t{} ", "a\n\xFF\xFE", "a\n[1,\n2]\n", NULL
	};

	return fuzz_own(texts, n, buf, size);
}

const struct fuzz_driver fuzz_body = { "body", run, seed, own, 10000 };
