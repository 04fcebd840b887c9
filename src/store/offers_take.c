/* SPDX-License-Identifier: ISC */
/* The holder of the lock: takes records into its batch, and sends news. */
#include <config.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "store/offers_parts.h"

/* Is it whole?  Then it becomes a record. */
static bool
read_offer(struct offers *o, struct offer *f,
    const struct offers_entry *entry)
{
	struct record *r = &f->record;
	size_t len = (size_t)entry->len;
	struct offers_head head;

	if (!fileops_read_all(o->ledger->ops, o->fd, f->bytes, len,
	    offers_place(f->place)) ||
	    offers_hash(f->bytes, len) != entry->ticket ||
	    f->bytes[len - 1] != '\n')
		return false;
	memcpy(&head, f->bytes, sizeof(head));
	head.id[HOOKCASK_ID_MAX] = '\0';
	strcpy(r->id, head.id);
	r->time = head.time;
	r->received_us = head.received_us;
	r->body_hash = head.body_hash;
	r->base64 = NULL;
	r->len = len - sizeof(head);
	r->part[0] = (struct iovec){ f->bytes + sizeof(head), r->len };
	r->part_count = 1;
	f->ticket = entry->ticket;
	memset(&f->put, 0, sizeof(f->put));
	f->put.record = r;
	return true;
}

static bool
is_waiting(const struct offers_table *t, unsigned place)
{
	const struct offers_entry *e = &t->offered[place];

	return e->ticket != 0 && e->ticket != t->served[place].ticket &&
	    e->len > sizeof(struct offers_head) && e->len <= OFFERS_BYTES;
}

void
offers_take(struct offers *o, struct put **puts, size_t *count)
{
	struct offer *f;
	struct offers_table t;
	size_t bytes = 0;

	for (size_t i = 0; i < *count; i++)
		bytes += puts[i]->record->len;
	if (!offers_open(o, false) || !offers_read(o, &t))
		return;
	for (unsigned i = 0; i < OFFERS_MAX && *count < BATCH_RECORDS; i++) {
		if (!is_waiting(&t, i) ||
		    bytes + t.offered[i].len > BATCH_BYTES)
			continue;
		f = malloc(sizeof(*f) + (size_t)t.offered[i].len);
		if (f == NULL)
			return;
		f->place = i;
		if (!read_offer(o, f, &t.offered[i])) {
			free(f);
			continue;
		}
		f->next = o->taken;
		o->taken = f;
		puts[(*count)++] = &f->put;
		bytes += t.offered[i].len;
	}
}

/* No news of a record that was not kept: its process finds out why. */
static enum offers_told
told_of(const struct offer *f)
{
	return f->put.outcome == OUTCOME_STORED ? OFFERS_STORED :
	    f->put.outcome == OUTCOME_DUPLICATE ? OFFERS_DUPLICATE :
	    OFFERS_NOTHING;
}

void
offers_note(struct offers *o)
{
	struct offers_table t;

	if (o->taken == NULL || !offers_read(o, &t))
		return;
	for (const struct offer *f = o->taken; f != NULL; f = f->next)
		if (told_of(f) != OFFERS_NOTHING)
			t.served[f->place] = (struct offers_news){ f->ticket,
			    told_of(f) };
	offers_write(o, t.served, sizeof(t.served),
	    offsetof(struct offers_table, served));
}

/* False if no process waits there. */
static bool
tell(const struct offers *o, unsigned place, uint64_t ticket,
    enum offers_told told)
{
	const struct fileops *ops = o->ledger->ops;
	const struct offers_news news = { ticket, told };
	char name[16];
	bool ok;
	int fd;

	offers_name_fifo(name, place);
	fd = ops->open(ops->ctx, o->ledger->dir.fd, name,
	    O_WRONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return false;
	ok = ops->send(ops->ctx, fd, &news, sizeof(news)) ==
	    (ssize_t)sizeof(news);
	ops->close(ops->ctx, fd);
	return ok;
}

/* Tells one process that waits, not ourselves. */
static void
tell_next(struct offers *o)
{
	struct offers_table t;

	if (!offers_read(o, &t))
		return;
	for (unsigned i = 1; i <= OFFERS_MAX; i++) {
		unsigned place = (o->place + i) % OFFERS_MAX;

		if (is_waiting(&t, place) && tell(o, place,
		    t.offered[place].ticket, OFFERS_YOUR_TURN))
			return;
	}
}

void
offers_tell(struct offers *o)
{
	if (o->fd < 0)
		return;
	for (const struct offer *f = o->taken; f != NULL; f = f->next)
		if (told_of(f) != OFFERS_NOTHING)
			tell(o, f->place, f->ticket, told_of(f));
	offers_free(o);
	tell_next(o);
}
