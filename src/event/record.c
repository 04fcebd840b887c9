/* SPDX-License-Identifier: ISC */
/*
 * Turns a verified event into its one line.  The line holds the body byte
 * for byte, or in base64 if the body does not fit in a line as it is.
 *
 * It takes only an event, so nothing unverified gets to the disk.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "event/record.h"
#include "lib/base64.h"
#include "lib/mac.h"

/* The id and the type, each with two quotes, and the rest of a head. */
_Static_assert(RECORD_HEAD_MAX >= 6 * (HOOKCASK_ID_MAX + EVENT_TYPE_MAX) + 512,
    "the longest head must fit, or its type would be left out");

/* Text under construction; its buffer is always large enough. */
struct text {
	char *buf;
	size_t size;
	size_t len;
};

static void
add(struct text *text, const char *s)
{
	size_t len = strlen(s);

	memcpy(text->buf + text->len, s, len);
	text->len += len;
}

static void
add_span(struct text *text, struct hookcask_span s)
{
	memcpy(text->buf + text->len, s.data, s.len);
	text->len += s.len;
}

static void
add_quoted(struct text *text, struct hookcask_span s)
{
	text->len += json_quote(text->buf + text->len,
	    text->size - text->len, s);
}

static void
add_part(struct record *r, const void *data, size_t len)
{
	/* an iovec knows no const; nobody writes through it */
	r->part[r->part_count].iov_base = (void *)(uintptr_t)data;
	r->part[r->part_count].iov_len = len;
	r->part_count++;
	r->len += len;
}

/* All members but the body's, up to the last comma. */
static void
format_head(struct text *text, const struct event *e)
{
	char time[CIVIL_SIZE];

	add(text, "{\"specversion\":\"1.0\",\"id\":");
	add_quoted(text, e->id);
	add(text, ",\"source\":\"");
	add(text, e->source);
	add(text, "\",\"type\":");
	add_quoted(text, span_text(e->type));
	civil_format(time, e->signed_at);
	add(text, ",\"time\":\"");
	add(text, time);
	civil_format_us(time, e->received_us);
	add(text, "\",\"received\":\"");
	add(text, time);
	add(text, "\",\"svixsignature\":\"");
	add_span(text, e->version);
	add(text, ",");
	add_span(text, e->signature);
	add(text, "\",\"svixkey\":\"");
	add(text, e->key);
	add(text, e->is_json ?
	    "\",\"datacontenttype\":\"application/json\"," :
	    "\",\"datacontenttype\":\"application/octet-stream\",");
}

/*
 * Line breaks in valid JSON are between tokens only: inside strings they are
 * escapes.  So all of them may become blanks.
 */
static void
blank_line_breaks(unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] == '\n' || p[i] == '\r')
			p[i] = ' ';
}

bool
record_init(struct record *r, struct event *e, struct err *err)
{
	struct hookcask_span body = { e->body, e->body_len };
	struct text head = { r->head, sizeof(r->head), 0 };
	size_t base64_len = HKC_BASE64_SIZE(e->body_len);
	bool keep_raw = e->is_json && e->scan.line_breaks;

	memcpy(r->id, e->id.data, e->id.len);
	r->id[e->id.len] = '\0';
	r->time = e->signed_at;
	r->received_us = e->received_us;
	r->body_hash = record_body_hash(body);
	r->part_count = 0;
	r->len = 0;
	r->base64 = NULL;
	if (keep_raw || !e->is_json) {
		r->base64 = malloc(base64_len + 1);
		if (r->base64 == NULL)
			return err_set(err, OUTCOME_NO_MEMORY,
			    "no memory for the base64 of %zu bytes",
			    e->body_len);
		hkc_base64_encode(r->base64, e->body, e->body_len);
	}
	format_head(&head, e);
	if (!e->is_json) {
		add(&head, "\"data_base64\":\"");
		add_part(r, head.buf, head.len);
		add_part(r, r->base64, base64_len);
		add_part(r, "\"}\n", 3);
		return true;
	}
	if (keep_raw) {
		add(&head, "\"raw\":\"");
		add_part(r, head.buf, head.len);
		add_part(r, r->base64, base64_len);
		add_part(r, "\",\"data\":", 9);
		blank_line_breaks(e->body, e->body_len);
	} else {
		add(&head, "\"data\":");
		add_part(r, head.buf, head.len);
	}
	add_part(r, e->body, e->body_len);
	add_part(r, "}\n", 2);
	return true;
}

void
record_wipe(struct record *r)
{
	free(r->base64);
	r->base64 = NULL;
	r->part_count = 0;
	r->len = 0;
}

uint64_t
record_body_hash(struct hookcask_span body)
{
	unsigned char digest[32];
	uint64_t hash = 0;

	hkc_sha256(&body, 1, digest);
	for (int i = 0; i < 8; i++)
		hash = hash << 8 | digest[i];
	return hash;
}
