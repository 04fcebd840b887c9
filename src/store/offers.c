/* SPDX-License-Identifier: ISC */
/*
 * Records that processes leave for the one that has the lock.
 *
 * A ticket is a hash of all that is offered.  What is torn has another hash,
 * and is passed over.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/offers.h"

#define MAGIC	"hookcask offers 1"
#define PLACES	8192	/* offset of the first place */

/*
 * The table.  A process writes its own entry, the lock's holder served.  News
 * is also what is told.
 */
struct table {
	char magic[64];
	struct entry {
		uint64_t ticket;	/* 0: nothing is offered */
		uint64_t len;		/* of head and line */
	} offered[OFFERS_MAX];
	struct news {
		uint64_t ticket;	/* the last one that was taken */
		uint64_t told;		/* enum offers_told */
	} served[OFFERS_MAX];
};
_Static_assert(sizeof(struct table) <= PLACES, "the table is too long");

/* Of a place; the line follows. */
struct head {
	uint64_t serial;	/* of two offers no tickets are the same */
	int64_t time, received_us;
	uint64_t body_hash;
	char id[HOOKCASK_ID_MAX + 1];
};

struct offer {
	struct offer *next;
	unsigned place;
	uint64_t ticket;
	struct put put;
	struct record record;
	unsigned char bytes[];		/* head and line */
};

void
offers_init(struct offers *o, struct ledger *l)
{
	memset(o, 0, sizeof(*o));
	o->ledger = l;
	o->fd = o->fifo = -1;
}

static void
free_taken(struct offers *o)
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

	free_taken(o);
	if (o->fd < 0)
		return;
	ops = o->ledger->ops;
	if (o->fifo >= 0)
		ops->close(ops->ctx, o->fifo);
	ops->close(ops->ctx, o->fd);
	offers_init(o, o->ledger);
}

static off_t
place_of(unsigned place)
{
	return (off_t)(PLACES + place * OFFERS_BYTES);
}

static bool
write_at(struct offers *o, const void *data, size_t len, int64_t offset)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };

	return fileops_write_all(o->ledger->ops, o->fd, &iov, 1, offset);
}

static bool
read_table(struct offers *o, struct table *t)
{
	return fileops_read_all(o->ledger->ops, o->fd, t, sizeof(*t), 0) &&
	    strcmp(t->magic, MAGIC) == 0;
}

/* Opens the table of the state directory that is open. */
static bool
open_table(struct offers *o, bool make)
{
	const struct fileops *ops = o->ledger->ops;
	const struct statedir *dir = &o->ledger->dir;
	struct table t;

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
	if (read_table(o, &t))
		return true;
	/* two may do so at once: an entry that goes is one not taken */
	memset(&t, 0, sizeof(t));
	strcpy(t.magic, MAGIC);
	if (make && write_at(o, &t, sizeof(t), 0))
		return true;
	offers_close(o);
	return false;
}

static void
name_fifo(char name[16], unsigned place)
{
	snprintf(name, 16, OFFERS_FIFO "%03u", place % OFFERS_MAX);
}

/* Opens and locks the FIFO of a place that no living process has. */
static int
claim(const struct offers *o, unsigned place)
{
	const struct fileops *ops = o->ledger->ops;
	int fd, error, dir = o->ledger->dir.fd;
	struct stat st = { .st_mode = S_IFIFO };
	char name[16];

	name_fifo(name, place);
	/* with a writer of our own, it never ends */
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
	if (!open_table(o, true) || o->gave_up)
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
	struct head head;
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

static uint64_t
hash(const unsigned char *bytes, size_t len)
{
	uint64_t h = record_body_hash((struct hookcask_span){ bytes, len });

	return h == 0 ? 1 : h;
}

static bool
enter(struct offers *o, const struct entry *entry)
{
	return write_at(o, entry, sizeof(*entry),
	    (int64_t)(offsetof(struct table, offered) +
	    o->place * sizeof(*entry)));
}

bool
offers_leave(struct offers *o, const struct record *r)
{
	struct entry entry;
	unsigned char *bytes;
	size_t len;
	bool ok;

	if (!has_place(o) || (bytes = copy(++o->serial, r, &len)) == NULL)
		return false;
	entry.ticket = hash(bytes, len);
	entry.len = len;
	ok = write_at(o, bytes, len, place_of(o->place)) && enter(o, &entry);
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
	const struct entry nothing = { 0, 0 };
	uint64_t ticket = o->ticket;
	const struct news *news;
	struct table t;

	if (ticket == 0)
		return OFFERS_NOTHING;
	o->ticket = 0;
	/* an event that somebody removes from the log is not left here */
	if (!enter(o, &nothing) ||
	    !write_at(o, zeros, o->len, place_of(o->place)) ||
	    !read_table(o, &t)) {
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
	struct news news;
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
		/* others are of an offer that was taken back */
		if (news.ticket == o->ticket && news.told > OFFERS_NOTHING &&
		    news.told <= OFFERS_DUPLICATE)
			return (enum offers_told)news.told;
	}
}

/* Is it whole?  Then it becomes a record. */
static bool
read_offer(struct offers *o, struct offer *f, const struct entry *entry)
{
	struct record *r = &f->record;
	size_t len = (size_t)entry->len;
	struct head head;

	if (!fileops_read_all(o->ledger->ops, o->fd, f->bytes, len,
	    place_of(f->place)) || hash(f->bytes, len) != entry->ticket ||
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
is_waiting(const struct table *t, unsigned place)
{
	const struct entry *e = &t->offered[place];

	return e->ticket != 0 && e->ticket != t->served[place].ticket &&
	    e->len > sizeof(struct head) && e->len <= OFFERS_BYTES;
}

void
offers_take(struct offers *o, struct put **puts, size_t *count)
{
	struct offer *f;
	struct table t;
	size_t bytes = 0;

	for (size_t i = 0; i < *count; i++)
		bytes += puts[i]->record->len;
	if (!open_table(o, false) || !read_table(o, &t))
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

/* Nothing of what was not kept: its process finds out why. */
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
	struct table t;

	if (o->taken == NULL || !read_table(o, &t))
		return;
	for (const struct offer *f = o->taken; f != NULL; f = f->next)
		if (told_of(f) != OFFERS_NOTHING)
			t.served[f->place] = (struct news){ f->ticket,
			    told_of(f) };
	write_at(o, t.served, sizeof(t.served),
	    offsetof(struct table, served));
}

/* False if no process waits there. */
static bool
tell(const struct offers *o, unsigned place, uint64_t ticket,
    enum offers_told told)
{
	const struct fileops *ops = o->ledger->ops;
	const struct news news = { ticket, told };
	char name[16];
	bool ok;
	int fd;

	name_fifo(name, place);
	fd = ops->open(ops->ctx, o->ledger->dir.fd, name,
	    O_WRONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return false;
	ok = ops->send(ops->ctx, fd, &news, sizeof(news)) ==
	    (ssize_t)sizeof(news);
	ops->close(ops->ctx, fd);
	return ok;
}

/* One that waits; not ourselves. */
static void
tell_next(struct offers *o)
{
	struct table t;

	if (!read_table(o, &t))
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
	free_taken(o);
	tell_next(o);
}
