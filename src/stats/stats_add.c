/* SPDX-License-Identifier: ISC */
/*
 * Adds one delivery to the file: a counter, a gap, a key, the row of its hour
 * and, if it was refused, the ring.
 */
#include <config.h>

#include "stats/stats_add.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MINUTE_US	INT64_C(60000000)
#define HOUR_US		(60 * MINUTE_US)
/* A shorter interval without a put is kept only if a put failed in it. */
#define GAP_MIN_US	(10 * MINUTE_US)

const int64_t stats_skew_from[STATS_BUCKETS - 1] = {
	-86400, -3600, -300, -60, -10, -2, 0, 2, 6, 11, 31, 61, 301, 3601,
	86401
};

static bool
read_at(int fd, void *buf, size_t len, size_t at)
{
	return pread(fd, buf, len, (off_t)at) == (ssize_t)len;
}

static bool
write_at(int fd, const void *buf, size_t len, size_t at)
{
	return pwrite(fd, buf, len, (off_t)at) == (ssize_t)len;
}

static bool
is_refusal(enum outcome o)
{
	return o >= OUTCOME_MISSING_HEADER && o < OUTCOME_STORE_ERROR;
}

/* The clock may step back: a start in the future makes no interval. */
static void
count_gap(struct stats_head *h, enum outcome o, int64_t now_us)
{
	struct stats_gap *gap;

	/* senders only POST: no event was lost with a refused GET */
	if (o == OUTCOME_BAD_METHOD)
		return;
	if (is_refusal(o)) {
		h->open_refused++;
		return;
	}
	if (o == OUTCOME_STORE_ERROR || o == OUTCOME_BAD_CONFIG) {
		h->open_errors++;
		return;
	}
	if (o != OUTCOME_STORED && o != OUTCOME_DUPLICATE &&
	    o != OUTCOME_OTHER_BODY)
		return;
	if (h->last_put_us > 0 && now_us > h->last_put_us &&
	    (now_us - h->last_put_us >= GAP_MIN_US || h->open_errors > 0)) {
		gap = &h->gap[h->gap_total++ % STATS_GAPS];
		gap->from_us = h->last_put_us;
		gap->to_us = now_us;
		gap->refused = h->open_refused;
		gap->errors = h->open_errors;
	}
	h->last_put_us = now_us;
	h->open_refused = h->open_errors = 0;
}

/* A new key takes a free place, or that of the key longest unused. */
static void
count_key(struct stats_head *h, const char *print, int64_t now_us)
{
	struct stats_key *key = NULL;

	for (size_t i = 0; i < STATS_KEYS; i++) {
		struct stats_key *k = &h->key[i];

		if (strncmp(k->print, print, sizeof(k->print) - 1) == 0) {
			key = k;
			break;
		}
		if (key == NULL || k->last_us < key->last_us)
			key = k;
	}
	if (strncmp(key->print, print, sizeof(key->print) - 1) != 0) {
		memset(key, 0, sizeof(*key));
		memcpy(key->print, print,
		    strnlen(print, sizeof(key->print) - 1));
	}
	key->count++;
	key->last_us = now_us;
}

static void
row_count(struct stats_row *row, const struct stats_entry *e)
{
	unsigned bucket = 0;

	if (e->outcome == OUTCOME_STORED)
		row->stored++;
	else if (e->outcome == OUTCOME_DUPLICATE)
		row->duplicate++;
	else if (e->outcome == OUTCOME_IGNORED)
		row->ignored++;
	else if (e->outcome == OUTCOME_PROBED)
		row->probed++;
	else if (e->outcome == OUTCOME_OTHER_BODY)
		row->other_body++;
	else if (is_refusal(e->outcome))
		row->refused++;
	else
		row->error++;
	if (!e->has_skew)
		return;
	while (bucket < STATS_BUCKETS - 1 &&
	    e->skew >= stats_skew_from[bucket])
		bucket++;
	row->skew[bucket]++;
}

/* A new type takes a free place, or that of the rarest. */
static void
count_type(int fd, const struct stats_entry *e)
{
	struct stats_type types[STATS_TYPES], *type = NULL;
	char name[STATS_TYPE_SIZE] = "";
	size_t at = offsetof(struct stats_file, type);

	snprintf(name, sizeof(name), "%s", e->type);
	if (!read_at(fd, types, sizeof(types), at))
		return;
	for (size_t i = 0; i < STATS_TYPES; i++) {
		struct stats_type *t = &types[i];

		if (memcmp(t->name, name, sizeof(name)) == 0) {
			type = t;
			break;
		}
		if (type == NULL || t->count < type->count)
			type = t;
	}
	memcpy(type->name, name, sizeof(name));
	type->count++;
	type->last_us = e->now_us;
	(void)write_at(fd, type, sizeof(*type), at +
	    (size_t)(type - types) * sizeof(*type));
}

/* Copies printable text, NUL-padded; anything else leaves it empty. */
static void
copy_text(char *dst, size_t size, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len >= size)
		return;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x21 || text[i] > 0x7e)
			return;
	if (len > 0)
		memcpy(dst, text, len);
}

/* Text that strangers chose: cut to fit; "?" for what is not printable. */
static void
copy_foreign(char *dst, size_t size, const char *text)
{
	for (size_t i = 0; text != NULL && i + 1 < size && text[i] != '\0';
	    i++)
		dst[i] = text[i] >= 0x21 && text[i] <= 0x7e ? text[i] : '?';
}

static size_t
row_place(int64_t hour)
{
	return offsetof(struct stats_file, row) +
	    (size_t)(hour % STATS_ROWS) * sizeof(struct stats_row);
}

static void
row_leave(struct stats_adding *a)
{
	if (a->has_row)
		(void)write_at(a->fd, &a->row, sizeof(a->row),
		    row_place(a->hour));
	a->has_row = false;
}

static void
row_take(struct stats_adding *a, int64_t hour)
{
	struct stats_row row;

	if (!read_at(a->fd, &row, sizeof(row), row_place(hour)) ||
	    row.hour != hour) {
		memset(&row, 0, sizeof(row));
		row.hour = hour;
	}
	a->row = row;
	a->hour = hour;
	a->has_row = true;
}

static void
row_add(struct stats_adding *a, const struct stats_entry *e)
{
	int64_t hour = e->now_us / HOUR_US;

	if (a->has_row && a->hour != hour)
		row_leave(a);
	if (!a->has_row)
		row_take(a, hour);
	row_count(&a->row, e);
}

static void
write_refusal(struct stats_adding *a, const struct stats_entry *e)
{
	size_t at = offsetof(struct stats_file, refusal) +
	    (size_t)(a->head->refusal_total % STATS_REFUSALS) *
	    sizeof(struct stats_refusal);
	struct stats_refusal r;

	memset(&r, 0, sizeof(r));
	r.time_us = e->now_us;
	r.outcome = (uint32_t)e->outcome;
	r.has_skew = e->has_skew;
	r.skew = e->has_skew ? e->skew : 0;
	copy_text(r.remote, sizeof(r.remote), e->remote);
	copy_text(r.id, sizeof(r.id), e->id);
	copy_foreign(r.detail, sizeof(r.detail), e->detail);
	if (write_at(a->fd, &r, sizeof(r), at))
		a->head->refusal_total++;
}

void
stats_add_begin(struct stats_adding *a, struct stats_head *head, int fd)
{
	a->head = head;
	a->fd = fd;
	a->has_row = false;
}

void
stats_add(struct stats_adding *a, const struct stats_entry *e)
{
	struct stats_head *h = a->head;

	h->counter[e->outcome].count++;
	h->counter[e->outcome].last_us = e->now_us;
	count_gap(h, e->outcome, e->now_us);
	if (e->key != NULL && e->key[0] != '\0')
		count_key(h, e->key, e->now_us);
	row_add(a, e);
	if (e->type != NULL && e->type[0] != '\0')
		count_type(a->fd, e);
	if (e->outcome >= OUTCOME_MISSING_HEADER)
		write_refusal(a, e);
}

void
stats_add_end(struct stats_adding *a)
{
	row_leave(a);
}
