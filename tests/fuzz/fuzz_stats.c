/* SPDX-License-Identifier: ISC */
/*
 * The file "stats": the reader checks any bytes, and the writer goes on over
 * whatever is there.  The input overwrites a good file, from its start.
 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "fuzz.h"
#include "stats/stats.h"
#include "stats/stats_read.h"

static struct stats_file file;

static bool
is_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x21 || text[i] > 0x7e)
			return false;
	return len < size;
}

static void
judge(void)
{
	const struct stats_refusal *r;

	for (size_t i = 0; i < STATS_KEYS; i++)
		FUZZ_HOLDS(is_text(file.head.key[i].print,
		    sizeof(file.head.key[i].print)));
	for (size_t i = 0; (r = stats_refusal(&file, i)) != NULL; i++) {
		FUZZ_HOLDS(is_text(r->remote, sizeof(r->remote)));
		FUZZ_HOLDS(is_text(r->id, sizeof(r->id)));
		FUZZ_HOLDS(outcome_name(r->outcome)[0] != '\0');
	}
	for (size_t i = 0; stats_gap(&file, i) != NULL; i++)
		FUZZ_HOLDS(i < STATS_GAPS);
	for (int64_t hour = -1; hour < 300; hour++)
		(void)stats_row(&file, hour);
}

static void
set_head(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.head.magic, STATS_MAGIC, sizeof(file.head.magic));
	file.head.order = STATS_ORDER;
	file.head.version = STATS_VERSION;
	file.head.size = sizeof(file);
}

/* A newer hookcask's file is nobody else's to change. */
static bool
is_newer(const uint8_t *data, size_t len)
{
	const struct stats_head *h = &file.head;

	memcpy(&file, data, len < sizeof(*h) ? len : sizeof(*h));
	return len >= sizeof(*h) && h->order == STATS_ORDER &&
	    memcmp(h->magic, STATS_MAGIC, sizeof(h->magic)) == 0 &&
	    h->version > STATS_VERSION;
}

/* Counts an entry over those bytes; it must be found again. */
static void
write_over(const uint8_t *data, size_t len)
{
	struct stats_entry entry = { .outcome = OUTCOME_BAD_ID,
		.now_us = INT64_C(1614265330123456), .remote = "\xFF x\n" };
	bool newer = is_newer(data, len);
	struct stats *stats;
	int dir;

	fuzz_file(STATS_NAME, data, len);
	dir = open(fuzz_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_HOLDS(dir >= 0);
	FUZZ_HOLDS(stats_open(&stats, fuzz_dir(), 0600, NULL));
	stats_count(stats, &entry);
	stats_close(stats);
	FUZZ_HOLDS(stats_read(&file, dir, NULL) == !newer);
	close(dir);
	if (newer)
		return;
	judge();
	FUZZ_HOLDS(file.head.counter[OUTCOME_BAD_ID].last_us ==
	    entry.now_us);
	FUZZ_HOLDS(stats_refusal(&file, 0) == NULL ||
	    stats_refusal(&file, 0)->time_us == entry.now_us);
}

static void
run(const uint8_t *data, size_t len)
{
	struct err err = ERR_INIT;
	size_t laid = len < sizeof(file) ? len : sizeof(file);
	uint8_t *laid_over;

	set_head();
	memcpy(&file, data, laid);
	if (stats_parse(&file, sizeof(file), &err))
		judge();
	else
		FUZZ_HOLDS(err.kind == OUTCOME_BAD_DATA);
	set_head();
	memcpy(&file, data, laid);
	laid_over = fuzz_copy(&file, sizeof(file));
	write_over(laid_over, sizeof(file));
	write_over(data, len);
	free(laid_over);
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	size_t len = 0;

	if (n > 1)
		return 0;
	set_head();
	memset(file.head.key, 'k', sizeof(file.head.key));
	memset(&file.head.gap_total, n == 0 ? 0 : 0xFF, 4 * sizeof(uint64_t));
	fuzz_put(buf, size, &len, span_make(&file, sizeof(file.head) + 2 *
	    sizeof(file.row[0])));
	return len;
}

const struct fuzz_driver fuzz_stats = { "stats", run, NULL, own, 300 };
