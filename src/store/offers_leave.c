/* SPDX-License-Identifier: ISC */
/* The process that waits: its place, its record, and the news that it gets. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "store/offers_parts.h"

/* Opens and locks the FIFO of a place that no living process has. */
static int
claim(const struct offers *o, unsigned place)
{
	const struct fileops *ops = o->ledger->ops;
	int fd, error, dir = o->ledger->dir.fd;
	struct stat st = { .st_mode = S_IFIFO };
	char name[16];

	offers_name_fifo(name, place);
	/* O_RDWR: with a writer, ourselves, it never comes to its end */
	fd = ops->open(ops->ctx, dir, name, O_RDWR | O_NONBLOCK, 0);
	if (fd < 0 && errno == ENOENT &&
	    ops->mkfifo(ops->ctx, dir, name, 0600) == 0)
		fd = ops->open(ops->ctx, dir, name, O_RDWR | O_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (ops->stat(ops->ctx, fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    ops->lock(ops->ctx, fd, 0) == 0)
		return fd;
	error = S_ISFIFO(st.st_mode) ? errno : EEXIST;
	ops->close(ops->ctx, fd);
	errno = error;
	return -1;
}

static bool
has_place(struct offers *o)
{
	if (!offers_open(o, true) || o->gave_up)
		return false;
	for (unsigned i = 0; o->fifo < 0 && i < OFFERS_MAX; i++) {
		o->place = i;
		o->fifo = claim(o, i);
		if (o->fifo < 0 && errno != ETIMEDOUT)
			break;	/* FIFOs are forbidden here */
	}
	o->gave_up = o->fifo < 0;
	return !o->gave_up;
}

/* Head and line in one piece; NULL if that is too long, or without memory. */
static unsigned char *
copy(uint64_t serial, const struct record *r, size_t *len)
{
	unsigned char *bytes;
	struct offers_head head;
	size_t at = sizeof(head);

	*len = sizeof(head) + r->len;
	if (*len > OFFERS_BYTES || (bytes = malloc(*len)) == NULL)
		return NULL;
	memset(&head, 0, sizeof(head));
	head.serial = serial;
	head.time = r->time;
	head.received_us = r->received_us;
	head.body_hash = r->body_hash;
	strcpy(head.id, r->id);
	memcpy(bytes, &head, sizeof(head));
	for (int i = 0; i < r->part_count; i++) {
		memcpy(bytes + at, r->part[i].iov_base, r->part[i].iov_len);
		at += r->part[i].iov_len;
	}
	return bytes;
}

static bool
enter(struct offers *o, const struct offers_entry *entry)
{
	return offers_write(o, entry, sizeof(*entry),
	    (int64_t)(offsetof(struct offers_table, offered) +
	    o->place * sizeof(*entry)));
}

bool
offers_leave(struct offers *o, const struct record *r)
{
	struct offers_entry entry;
	unsigned char *bytes;
	size_t len;
	bool ok;

	if (!has_place(o) || (bytes = copy(++o->serial, r, &len)) == NULL)
		return false;
	entry.ticket = offers_hash(bytes, len);
	entry.len = len;
	ok = offers_write(o, bytes, len, offers_place(o->place)) &&
	    enter(o, &entry);
	free(bytes);
	o->ticket = entry.ticket;
	o->len = len;
	if (!ok)
		offers_end(o);
	return ok;
}

enum offers_told
offers_end(struct offers *o)
{
	static const char zeros[OFFERS_BYTES];
	const struct offers_entry nothing = { 0, 0 };
	uint64_t ticket = o->ticket;
	const struct offers_news *news;
	struct offers_table t;

	if (ticket == 0)
		return OFFERS_NOTHING;
	o->ticket = 0;
	/* no copy of an event stays: it may be removed from the log later */
	if (!enter(o, &nothing) ||
	    !offers_write(o, zeros, o->len, offers_place(o->place)) ||
	    !offers_read(o, &t)) {
		offers_close(o);
		return OFFERS_NOTHING;
	}
	news = &t.served[o->place];
	return news->ticket == ticket && news->told == OFFERS_STORED ?
	    OFFERS_STORED : OFFERS_NOTHING;
}

enum offers_told
offers_wait(struct offers *o, int64_t deadline_ms)
{
	const struct fileops *ops = o->ledger->ops;
	struct offers_news news;
	ssize_t n;

	for (;;) {
		n = ops->receive(ops->ctx, o->fifo, &news, sizeof(news),
		    deadline_ms);
		if (n < 0 && errno == ETIMEDOUT)
			return OFFERS_NOTHING;
		if (n != (ssize_t)sizeof(news)) {
			offers_close(o);
			return OFFERS_NOTHING;
		}
		/* other news is of an offer that was taken back */
		if (news.ticket == o->ticket && news.told > OFFERS_NOTHING &&
		    news.told <= OFFERS_DUPLICATE)
			return (enum offers_told)news.told;
	}
}
