/* SPDX-License-Identifier: ISC */
/*
 * A line that is read back.  What is taken for a record is one that
 * record_init() makes: made again from what was read, it is the same line.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "event/record.h"
#include "events.h"
#include "fuzz.h"
#include "vectors.h"

static void
run(const uint8_t *data, size_t len)
{
	struct hookcask_span body;
	struct record_view view;
	struct event event;
	unsigned char *room;
	char *line;
	size_t line_len;

	if (!record_parse(&view, (const char *)data, len))
		return;
	FUZZ_HOLDS(memchr(data, '\n', len) == NULL);
	room = malloc(view.body_len + 3);
	FUZZ_HOLDS(room != NULL);
	FUZZ_HOLDS(record_body(&view, room, &body));
	FUZZ_HOLDS(body.len == view.body_len);
	event_from_view(&event, &view, body);
	line = event_line(&event, &line_len);
	FUZZ_HOLDS(line_len == len + 1);
	FUZZ_HOLDS(memcmp(line, data, len) == 0);
	FUZZ_HOLDS(line[len] == '\n');
	free(line);
	free(event.body);
	free(room);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	struct event event;
	size_t len = 0, line_len;
	char *line;

	if (!event_from_vector(&event, v))
		return 0;
	line = event_line(&event, &line_len);
	if (line_len <= 4096)
		fuzz_put(buf, size, &len, span_make(line, line_len - 1));
	free(line);
	free(event.body);
	return len;
}

/* A body that needs base64, longer than what is decoded at a time. */
static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	struct event event;
	char body[3200], *line, *base64;
	size_t len = 0, line_len;

	if (n > 1)
		return 0;
	memset(body, 0xFF, sizeof(body));
	event_make(&event, span_text("msg_1"), span_make(body, sizeof(body)));
	line = event_line(&event, &line_len);
	base64 = memmem(line, line_len, "////", 4);
	FUZZ_HOLDS(base64 != NULL);
	/* padding where more follows */
	if (n == 1)
		memcpy(base64 + 4092, "/w==", 4);
	fuzz_put(buf, size, &len, span_make(line, line_len - 1));
	free(line);
	free(event.body);
	return len;
}

const struct fuzz_driver fuzz_record = { "record", run, seed, own, 20000 };
