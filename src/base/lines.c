/* SPDX-License-Identifier: ISC */
/*
 * Cuts a file into lines at 0x0A.  Checks nothing: a line that is too long
 * is given in pieces of LINE_MAX_BYTES that are not whole.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"

#define FIRST_SIZE ((size_t)256 << 10)

void
lines_init(struct lines *l, const struct fileops *ops, int fd, int64_t from,
    int64_t to)
{
	memset(l, 0, sizeof(*l));
	l->ops = ops;
	l->fd = fd;
	l->at = from;
	l->end = to;
}

void
lines_wipe(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
	l->size = l->fill = l->used = 0;
}

/* Makes room after the bytes not used yet; false without memory. */
static bool
make_room(struct lines *l)
{
	size_t size;
	char *buf;

	if (l->used > 0) {
		memmove(l->buf, l->buf + l->used, l->fill - l->used);
		l->at += (int64_t)l->used;
		l->fill -= l->used;
		l->used = 0;
	}
	if (l->fill < l->size)
		return true;
	size = l->size == 0 ? FIRST_SIZE : l->size * 2;
	if (size > LINE_MAX_BYTES)
		size = LINE_MAX_BYTES;
	buf = realloc(l->buf, size);
	if (buf == NULL)
		return false;
	l->buf = buf;
	l->size = size;
	return true;
}

/* 1: more bytes, 0: no more before the end, -1: errno. */
static int
fetch(struct lines *l)
{
	int64_t offset;
	size_t want;
	ssize_t n;

	if (!make_room(l)) {
		errno = ENOMEM;
		return -1;
	}
	offset = l->at + (int64_t)l->fill;
	want = l->size - l->fill;
	if (offset >= l->end)
		return 0;
	if ((int64_t)want > l->end - offset)
		want = (size_t)(l->end - offset);
	n = l->ops->read(l->ops->ctx, l->fd, l->buf + l->fill, want, offset);
	if (n <= 0)
		return n < 0 ? -1 : 0;
	l->fill += (size_t)n;
	return 1;
}

static void
give(struct lines *l, struct line *line, size_t len, bool ended)
{
	line->text = l->buf + l->used;
	line->len = len;
	line->offset = l->at + (int64_t)l->used;
	line->whole = ended && !l->inside;
	l->inside = !ended;
	l->used += len + ended;
}

int
lines_next(struct lines *l, struct line *line)
{
	size_t looked = 0;

	for (;;) {
		const char *start = l->buf == NULL ? "" : l->buf + l->used;
		size_t have = l->fill - l->used;
		const char *lf;
		int rc;

		lf = have > looked ?
		    memchr(start + looked, '\n', have - looked) : NULL;
		if (lf != NULL) {
			give(l, line, (size_t)(lf - start), true);
			return 1;
		}
		looked = have;
		if (have == LINE_MAX_BYTES) {
			give(l, line, have, false);
			return 1;
		}
		rc = fetch(l);
		if (rc > 0)
			continue;
		if (rc < 0 || have == 0)
			return rc;
		give(l, line, have, false);
		return 1;
	}
}
