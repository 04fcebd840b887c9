/* SPDX-License-Identifier: ISC */
/* Follows the check sums of a write-ahead log, as a recovery does. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "index/index_wal.h"

#define MAGIC	UINT32_C(0x377f0682)	/* the lowest bit: big endian sums */

static uint32_t
big(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
little(const unsigned char *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[1] << 8 | p[0];
}

/* len is a multiple of 8. */
static void
add_sum(struct index_wal *w, const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		w->sum[0] += (w->big ? big(p + i) : little(p + i)) +
		    w->sum[1];
		w->sum[1] += (w->big ? big(p + i + 4) : little(p + i + 4)) +
		    w->sum[0];
	}
}

void
index_wal_begin(struct index_wal *w, const unsigned char head[INDEX_WAL_HEAD])
{
	uint32_t size = big(head + 8);

	memset(w, 0, sizeof(*w));
	w->big = (big(head) & 1) != 0;
	w->ended = true;
	memcpy(w->salt, head + 16, sizeof(w->salt));
	add_sum(w, head, 24);
	if ((big(head) & ~UINT32_C(1)) == MAGIC && size >= 512 &&
	    size <= 65536 && (size & (size - 1)) == 0 &&
	    w->sum[0] == big(head + 24) && w->sum[1] == big(head + 28)) {
		w->page_size = size;
		w->ended = false;
	}
}

bool
index_wal_add(struct index_wal *w, const unsigned char *frame)
{
	size_t size = w->size == 0 ? 256 : w->size * 2;
	uint32_t *pages;

	if (w->ended)
		return true;
	add_sum(w, frame, 8);
	add_sum(w, frame + INDEX_WAL_FRAME, w->page_size);
	if (memcmp(frame + 8, w->salt, sizeof(w->salt)) != 0 ||
	    big(frame) == 0 || w->sum[0] != big(frame + 16) ||
	    w->sum[1] != big(frame + 20)) {
		w->ended = true;
		return true;
	}
	if (w->count == w->size) {
		pages = realloc(w->pages, size * sizeof(*pages));
		if (pages == NULL)
			return false;
		w->pages = pages;
		w->size = size;
	}
	w->pages[w->count++] = big(frame);
	/* the size of the database after a commit */
	if (big(frame + 4) != 0)
		w->committed = w->count;
	return true;
}

static int
by_number(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

uint32_t
index_wal_needs(struct index_wal *w, uint32_t pages)
{
	size_t at = w->committed;

	if (at > 0)
		qsort(w->pages, at, sizeof(*w->pages), by_number);
	while (at > 0 && w->pages[at - 1] >= pages && pages > 1) {
		if (w->pages[at - 1] == pages)
			pages--;
		else
			at--;
	}
	return pages;
}

void
index_wal_wipe(struct index_wal *w)
{
	free(w->pages);
	w->pages = NULL;
}
