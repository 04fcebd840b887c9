/* SPDX-License-Identifier: ISC */
/*
 * Reads a body as far as it is to be trusted: the declared length is a hint
 * that must come true.  Memory grows with what came, not with what was said.
 */
#include <config.h>

#include "responder/body.h"

#include <stdlib.h>

#include "responder/gateway.h"

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

static bool
body_grow(struct body *b, size_t most)
{
	size_t size = b->size == 0 ? BODY_KEEP : b->size * 2;
	unsigned char *data;

	if (size > most)
		size = most;
	data = realloc(b->data, size);
	if (data == NULL)
		return false;
	b->data = data;
	b->size = size;
	return true;
}

/* One read; keeps the books. */
static ssize_t
body_fetch(struct gateway *gw, void *buf, size_t len)
{
	ssize_t n = gw->read(gw, buf, len);

	if (n > 0)
		gw->body->seen += (size_t)n;
	else
		gw->body->is_over = true;
	return n;
}

enum outcome
body_read(struct gateway *gw, const struct delivery *d, size_t cap,
    struct err *err)
{
	struct body *b = gw->body;
	bool is_known = d->length_kind == LENGTH_KNOWN;
	/* one byte over the cap tells that it is over the cap */
	size_t most = is_known && !gw->has_end ? d->length : cap + 1;

	for (;;) {
		size_t room;
		ssize_t n;

		/* also for an empty one, so that data is never NULL */
		if (b->len >= b->size && !body_grow(b, cap + 1)) {
			err_set(err, OUTCOME_STORE_ERROR,
			    "no memory for a body over %zu bytes", b->len);
			return OUTCOME_STORE_ERROR;
		}
		if (b->len >= most)
			break;
		room = b->size - b->len;
		if (room > most - b->len)
			room = most - b->len;
		n = body_fetch(gw, b->data + b->len, room);
		if (n == GATEWAY_LATE)
			return OUTCOME_BODY_TIMEOUT;
		if (n < 0)
			return OUTCOME_SHORT_BODY;
		if (n == 0)
			break;
		b->len += (size_t)n;
	}
	if (b->len > cap)
		return OUTCOME_TOO_LARGE;
	if (is_known && b->len != d->length)
		return OUTCOME_SHORT_BODY;
	return OUTCOME_STORED;
}

void
body_drain(struct gateway *gw, const struct delivery *d, size_t limit)
{
	struct body *b = gw->body;
	char trash[8192];

	if (!gw->has_end) {
		/* no length and no chunks: no body, and perhaps no end */
		if (d->length_kind != LENGTH_KNOWN && !d->is_chunked)
			return;
		if (d->length_kind == LENGTH_KNOWN && limit > d->length)
			limit = d->length;
	}
	while (!b->is_over && b->seen < limit) {
		size_t len = limit - b->seen;

		if (len > sizeof(trash))
			len = sizeof(trash);
		body_fetch(gw, trash, len);
	}
}
