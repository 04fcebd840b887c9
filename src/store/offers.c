/* SPDX-License-Identifier: ISC */
/*
 * Records that processes leave for the one that has the lock.
 *
 * A ticket is a hash of all that is offered.  A torn offer has another hash and
 * is passed over.
 */
#include <config.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/offers_parts.h"

#define MAGIC	"hookcask offers 1"

void
offers_init(struct offers *o, struct ledger *l)
{
	memset(o, 0, sizeof(*o));
	o->ledger = l;
	o->fd = o->fifo = -1;
}

void
offers_free(struct offers *o)
{
	while (o->taken != NULL) {
		struct offer *next = o->taken->next;

		free(o->taken);
		o->taken = next;
	}
}

void
offers_close(struct offers *o)
{
	const struct fileops *ops;

	offers_free(o);
	if (o->fd < 0)
		return;
	ops = o->ledger->ops;
	if (o->fifo >= 0)
		ops->close(ops->ctx, o->fifo);
	ops->close(ops->ctx, o->fd);
	offers_init(o, o->ledger);
}

int64_t
offers_place(unsigned place)
{
	return (int64_t)(PLACES + place * OFFERS_BYTES);
}

bool
offers_write(struct offers *o, const void *data, size_t len, int64_t offset)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };

	return fileops_write_all(o->ledger->ops, o->fd, &iov, 1, offset);
}

bool
offers_read(struct offers *o, struct offers_table *t)
{
	return fileops_read_all(o->ledger->ops, o->fd, t, sizeof(*t), 0) &&
	    strcmp(t->magic, MAGIC) == 0;
}

bool
offers_open(struct offers *o, bool make)
{
	const struct fileops *ops = o->ledger->ops;
	const struct statedir *dir = &o->ledger->dir;
	struct offers_table t;

	if (o->fd >= 0 && o->dir == dir->ino)
		return true;
	offers_close(o);
	if (dir->fd < 0)
		return false;
	o->fd = ops->open(ops->ctx, dir->fd, OFFERS_FILE, O_RDWR |
	    (make ? O_CREAT : 0), 0600);
	if (o->fd < 0)
		return false;
	o->dir = dir->ino;
	if (offers_read(o, &t))
		return true;
	/* two may do so at once: an offer whose entry is lost is not taken */
	memset(&t, 0, sizeof(t));
	strcpy(t.magic, MAGIC);
	if (make && offers_write(o, &t, sizeof(t), 0))
		return true;
	offers_close(o);
	return false;
}

void
offers_name_fifo(char name[16], unsigned place)
{
	snprintf(name, 16, OFFERS_FIFO "%03u", place % OFFERS_MAX);
}

uint64_t
offers_hash(const unsigned char *bytes, size_t len)
{
	uint64_t h = record_body_hash((struct hookcask_span){ bytes, len });

	return h == 0 ? 1 : h;
}
