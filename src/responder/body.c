/* SPDX-License-Identifier: ISC */
/*
 * Collects a body.  The declared length is a hint that must come true: memory
 * grows with what has arrived, not with what was announced.
 */
#include <config.h>

#include "responder/body.h"

#include <stdlib.h>
#include <string.h>

#define BODY_FIRST	((size_t)8 << 10)	/* most bodies are shorter */

void
body_init(struct body *b)
{
	if (b->size > BODY_KEEP)
		body_wipe(b);
	b->len = 0;
	b->seen = 0;
	b->is_over = false;
}

void
body_wipe(struct body *b)
{
	free(b->data);
	b->data = NULL;
	b->size = 0;
	b->len = 0;
}

/* Makes room for len more bytes, but never for more than most in all. */
static bool
body_grow(struct body *b, size_t len, size_t most)
{
	size_t size = b->size == 0 ? BODY_FIRST : b->size;
	unsigned char *data;

	while (size < b->len + len)
		size *= 2;
	if (size > most)
		size = most;
	if (size <= b->size)
		return true;
	data = realloc(b->data, size);
	if (data == NULL)
		return false;
	b->data = data;
	b->size = size;
	return true;
}

bool
body_add(struct body *b, const void *data, size_t len, size_t cap)
{
	b->seen += len;
	if (len > cap + 1 - b->len)
		len = cap + 1 - b->len;
	if (!body_grow(b, len, cap + 1))
		return false;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	return true;
}

enum outcome
body_check(const struct body *b, const struct delivery *d, size_t cap)
{
	if (b->len > cap)
		return OUTCOME_TOO_LARGE;
	if (d->length_kind == LENGTH_KNOWN && b->len != d->length)
		return OUTCOME_SHORT_BODY;
	return OUTCOME_STORED;
}

/* One read, counted. */
static ssize_t
body_fetch(struct body *b, struct body_source *source, void *buf, size_t len)
{
	ssize_t n = source->read(source, buf, len);

	if (n > 0)
		b->seen += (size_t)n;
	else
		b->is_over = true;
	return n;
}

enum outcome
body_read(struct body *b, struct body_source *source,
    const struct delivery *d, size_t cap)
{
	/* one byte past the cap shows that the body is too large */
	size_t most = d->length_kind == LENGTH_KNOWN ? d->length : cap + 1;

	for (;;) {
		size_t room;
		ssize_t n;

		/* even for an empty body, so that data is not NULL */
		if (b->len >= b->size && !body_grow(b, 1, cap + 1))
			return OUTCOME_STORE_ERROR;
		if (b->len >= most)
			break;
		room = b->size - b->len;
		if (room > most - b->len)
			room = most - b->len;
		n = body_fetch(b, source, b->data + b->len, room);
		if (n == BODY_LATE)
			return OUTCOME_BODY_TIMEOUT;
		if (n < 0)
			return OUTCOME_SHORT_BODY;
		if (n == 0)
			break;
		b->len += (size_t)n;
	}
	return body_check(b, d, cap);
}

void
body_drain(struct body *b, struct body_source *source,
    const struct delivery *d, size_t limit)
{
	char trash[8192];

	/* no length and no chunks: no body, and perhaps no end of file */
	if (d->length_kind != LENGTH_KNOWN && !d->is_chunked)
		return;
	if (d->length_kind == LENGTH_KNOWN && limit > d->length)
		limit = d->length;
	while (!b->is_over && b->seen < limit) {
		size_t len = limit - b->seen;

		if (len > sizeof(trash))
			len = sizeof(trash);
		body_fetch(b, source, trash, len);
	}
}
