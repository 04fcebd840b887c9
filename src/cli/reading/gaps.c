/* SPDX-License-Identifier: ISC */
/* Collects gaps, from the counters and from records. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/civil.h"
#include "cli/reading/gaps.h"
#include "cli/term/screen.h"

#define SECOND_US	INT64_C(1000000)
/* A delivery may have been under way when it began. */
#define BEFORE_US	(30 * SECOND_US)
#define WEEK_US		(7 * 86400 * SECOND_US)

void
gaps_add(struct gaps *g, const struct gap *gap)
{
	int64_t to = gap->to_us == 0 ? g->now_us : gap->to_us;
	size_t size = g->size == 0 ? 16 : g->size * 2;
	struct gap *list;

	if (to < g->since_us ||
	    (gap->errors <= 0 && to - gap->from_us < g->shortest_us))
		return;
	if (g->count == g->size) {
		list = realloc(g->list, size * sizeof(*list));
		if (list == NULL) {
			g->lost = true;
			return;
		}
		g->list = list;
		g->size = size;
	}
	g->list[g->count++] = *gap;
}

void
gaps_add_counted(struct gaps *g, const struct stats_file *stats)
{
	const struct stats_gap *counted;
	struct gap gap;

	g->counted_us = stats->head.since_us;
	for (size_t i = 0; (counted = stats_gap(stats, i)) != NULL; i++) {
		gap = (struct gap){ counted->from_us, counted->to_us,
			counted->refused, counted->errors };
		gaps_add(g, &gap);
		/* nothing is known about gaps before the oldest */
		if (stats->head.gap_total > STATS_GAPS)
			g->counted_us = counted->from_us;
	}
	if (stats->head.last_put_us == 0 &&
	    stats->head.open_errors + stats->head.open_refused == 0)
		return;
	gap = (struct gap){ stats->head.last_put_us != 0 ?
		stats->head.last_put_us : stats->head.since_us, 0,
		stats->head.open_refused, stats->head.open_errors };
	gaps_add(g, &gap);
}

bool
gaps_add_record(struct gaps *g, int64_t received_us)
{
	const struct gap gap = { g->last_us, received_us, -1, -1 };

	if (g->last_us > 0 && received_us > g->last_us &&
	    g->last_us < g->counted_us)
		gaps_add(g, &gap);
	if (received_us > g->last_us)
		g->last_us = received_us;
	return g->last_us < g->counted_us;
}

int64_t
gaps_read_since(int64_t since_us)
{
	return since_us < INT64_MIN + WEEK_US ? since_us : since_us - WEEK_US;
}

static int
by_time(const void *left, const void *right)
{
	const struct gap *a = left, *b = right;

	return a->from_us < b->from_us ? -1 : a->from_us > b->from_us;
}

bool
gaps_sort(struct gaps *g, struct err *err)
{
	if (g->lost)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if (g->count > 0)
		qsort(g->list, g->count, sizeof(*g->list), by_time);
	return true;
}

void
gaps_wipe(struct gaps *g)
{
	free(g->list);
	memset(g, 0, sizeof(*g));
}

int64_t
gap_recover_since(const struct gap *gap)
{
	int64_t seconds = (gap->from_us - BEFORE_US) / SECOND_US;

	return seconds - seconds % 60;
}

static const char *
kind_of(const struct gap *gap)
{
	return gap->errors > 0 ? "errors" : gap->refused > 0 ? "refused" :
	    "silence";
}

void
gap_json(struct jsonl *j, const char *key, const struct gap *gap)
{
	char time[CIVIL_SIZE];

	jsonl_open(j, key);
	civil_format_us(time, gap->from_us);
	jsonl_string(j, "from", time);
	if (gap->to_us != 0) {
		civil_format_us(time, gap->to_us);
		jsonl_string(j, "to", time);
	}
	jsonl_string(j, "kind", kind_of(gap));
	if (gap->errors >= 0) {
		jsonl_number(j, "errors", gap->errors);
		jsonl_number(j, "refused", gap->refused);
	}
	civil_format(time, gap_recover_since(gap));
	jsonl_string(j, "recover_since", time);
}

void
gap_print_why(const struct gap *gap)
{
	if (gap->errors > 0)
		printf("%s%" PRId64 " could not be stored%s",
		    screen_tint(TINT_BAD), gap->errors,
		    screen_tint(TINT_END));
	if (gap->refused > 0)
		printf("%s%" PRId64 " refused", gap->errors > 0 ? ", " : "",
		    gap->refused);
	if (gap->errors <= 0 && gap->refused <= 0)
		fputs("nothing came", stdout);
	putchar('\n');
}

bool
gaps_counters(struct stats_file **stats, const char *dir, struct err *err)
{
	struct err why = ERR_INIT;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done;

	*stats = NULL;
	if (fd == -1)
		return errno == ENOENT ||
		    err_sys(err, OUTCOME_NO_INPUT, errno, "%s", dir);
	*stats = malloc(sizeof(**stats));
	done = *stats != NULL ? stats_read(*stats, fd, &why) :
	    err_set(&why, OUTCOME_NO_MEMORY, "no memory");
	close(fd);
	if (done)
		return true;
	free(*stats);
	*stats = NULL;
	return why.kind == OUTCOME_NO_INPUT ||
	    err_set(err, why.kind, "%s/%s", dir, why.text);
}
