/* SPDX-License-Identifier: ISC */
/*
 * Duty: hookcask gaps, the times during which nothing was stored, and from
 * when on the sender is to be asked for it again.  The counters know what was
 * turned away meanwhile; before they began, the records alone tell.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/jsonl.h"
#include "cli/progress.h"
#include "cli/reading.h"
#include "cli/screen.h"
#include "cli/secrets.h"
#include "cli/status.h"
#include "cli/when.h"
#include "core/civil.h"
#include "core/fileops.h"

enum { CONFIG, ENDPOINT, SINCE, SHORTEST, JSON };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[SINCE] = { "since", 'S', "TIME", "that end then or later (7d)" },
	[SHORTEST] = { "shortest", 0, "TIME",
	    "leave out what was shorter and without errors (1h)" },
	[JSON] = { "json", 'j', NULL, "print JSON, a gap a line" },
	OPTION_END
};

#define SECOND_US	INT64_C(1000000)
/* A delivery may have been under way when it began. */
#define BEFORE_US	(30 * SECOND_US)

struct gap {
	int64_t	from_us, to_us;		/* to: 0, it has not ended */
	int64_t	refused, errors;	/* -1: not counted then */
};

struct gaps {
	int64_t		 since_us, shortest_us, now_us;
	int64_t		 counted_us;	/* the counters know all from then */
	int64_t		 last_us;	/* received, of the records so far */
	struct gap	*list;
	size_t		 count, size;
	bool		 lost;		/* no memory */
};

static void
add(struct gaps *g, const struct gap *gap)
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

/* What the counters know. */
static void
add_counted(struct gaps *g, const struct stats_file *stats)
{
	const struct stats_gap *counted;
	struct gap gap;

	g->counted_us = stats->head.since_us;
	for (size_t i = 0; (counted = stats_gap(stats, i)) != NULL; i++) {
		gap = (struct gap){ counted->from_us, counted->to_us,
			counted->refused, counted->errors };
		add(g, &gap);
		/* of those before the oldest nothing is known any more */
		if (stats->head.gap_total > STATS_GAPS)
			g->counted_us = counted->from_us;
	}
	if (stats->head.last_put_us == 0 &&
	    stats->head.open_errors + stats->head.open_refused == 0)
		return;
	gap = (struct gap){ stats->head.last_put_us != 0 ?
		stats->head.last_put_us : stats->head.since_us, 0,
		stats->head.open_refused, stats->head.open_errors };
	add(g, &gap);
}

/* Between two records, as long as nobody counted. */
static bool
take(void *ctx, const struct reading *r, struct err *err)
{
	int64_t us = r->view.received_us;
	struct gaps *g = ctx;

	(void)err;
	if (g->last_us > 0 && us > g->last_us && g->last_us < g->counted_us) {
		struct gap gap = { g->last_us, us, -1, -1 };

		add(g, &gap);
	}
	if (us > g->last_us)
		g->last_us = us;
	return g->last_us < g->counted_us;
}

static int
by_time(const void *left, const void *right)
{
	const struct gap *a = left, *b = right;

	return a->from_us < b->from_us ? -1 : a->from_us > b->from_us;
}

/* A minute of the sender's clock that lies before it for sure. */
static int64_t
recover_since(const struct gap *gap)
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

static void
print_json(const struct gaps *g)
{
	char time[CIVIL_SIZE];

	for (size_t i = 0; i < g->count; i++) {
		const struct gap *gap = &g->list[i];
		struct jsonl j = JSONL_INIT;

		jsonl_open(&j, NULL);
		civil_format_us(time, gap->from_us);
		jsonl_string(&j, "from", time);
		if (gap->to_us != 0) {
			civil_format_us(time, gap->to_us);
			jsonl_string(&j, "to", time);
		}
		jsonl_string(&j, "kind", kind_of(gap));
		if (gap->errors >= 0) {
			jsonl_number(&j, "errors", gap->errors);
			jsonl_number(&j, "refused", gap->refused);
		}
		civil_format(time, recover_since(gap));
		jsonl_string(&j, "recover_since", time);
		jsonl_end(&j);
	}
}

static void
print_why(const struct gap *gap)
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

static void
print_table(const struct gaps *g)
{
	char from[CIVIL_SIZE], to[CIVIL_SIZE], lasted[DURATION_SIZE];

	if (g->count == 0)
		return;
	printf("%s%-20s  %-20s  %-8s  %s%s\n", screen_tint(TINT_HEAD), "FROM",
	    "TO", "LASTED", "WHY", screen_tint(TINT_END));
	for (size_t i = 0; i < g->count; i++) {
		const struct gap *gap = &g->list[i];

		civil_format(from, gap->from_us / SECOND_US);
		strcpy(to, "now");
		if (gap->to_us != 0)
			civil_format(to, gap->to_us / SECOND_US);
		duration_format(lasted, ((gap->to_us == 0 ? g->now_us :
		    gap->to_us) - gap->from_us) / SECOND_US);
		printf("%s  %-20s  %-8s  ", from, to, lasted);
		print_why(gap);
	}
}

/* The last lines, since they are what the operator is here for. */
static void
print_advice(const struct gaps *g)
{
	const struct gap *lost = NULL;
	char time[CIVIL_SIZE];

	for (size_t i = 0; i < g->count && lost == NULL; i++)
		if (g->list[i].errors > 0 || g->list[i].refused > 0)
			lost = &g->list[i];
	if (lost != NULL) {
		civil_format(time, recover_since(lost));
		printf("\nRecover since %s%s%s at the sender.\nWhat is here "
		    "already is known by its id and not stored twice.\n",
		    screen_tint(TINT_HEAD), time, screen_tint(TINT_END));
	} else if (g->count > 0) {
		civil_format(time, recover_since(&g->list[0]));
		printf("\nNothing came: the sender was silent, or could not "
		    "reach this machine.\nIf it lists failed deliveries, "
		    "recover since %s%s%s there.\n", screen_tint(TINT_HEAD),
		    time, screen_tint(TINT_END));
	} else {
		puts("No gap.");
	}
}

static bool
look(struct gaps *g, const struct endpoint *e, struct err *err)
{
	struct filter filter = { .since_us = g->since_us,
		.until_us = INT64_MAX };
	struct reader reader = { .record = take, .ctx = g,
		.filter = &filter };
	struct status status;
	bool counted;

	if (!status_read(&status, e, err))
		return false;
	counted = status.stats != NULL;
	g->counted_us = INT64_MAX;
	if (counted)
		add_counted(g, status.stats);
	status_wipe(&status);
	/* false, without an error: the counters know the rest */
	reader_endpoint(&reader, e, err);
	progress_clear();
	if (err->kind != OUTCOME_STORED)
		return false;
	if (!counted && g->last_us > 0) {
		struct gap open = { g->last_us, 0, -1, -1 };

		add(g, &open);
	}
	if (g->lost)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if (g->count > 0)
		qsort(g->list, g->count, sizeof(*g->list), by_time);
	return true;
}

static bool
read_times(struct gaps *g, const struct args *args, struct err *err)
{
	const char *since = args->value[SINCE];
	const char *shortest = args->value[SHORTEST];
	int64_t seconds;

	g->now_us = fileops_posix.now_us(NULL);
	if (!when_parse(since == NULL ? "7d" : since, g->now_us,
	    &g->since_us))
		return err_set(err, OUTCOME_USAGE, "--since %s: not "
		    WHEN_ADVICE, since);
	if (!duration_parse(shortest == NULL ? "1h" : shortest, &seconds))
		return err_set(err, OUTCOME_USAGE, "--shortest %s: not a "
		    "duration such as 30m", shortest);
	g->shortest_us = seconds * SECOND_US;
	return true;
}

static bool
run(const struct args *args, struct err *err)
{
	struct gaps gaps = { .list = NULL };
	const struct endpoint *e;
	struct config config;
	bool done;

	if (!read_times(&gaps, args, err) ||
	    !endpoint_choose(&config, &e, args->value[CONFIG],
	    args->value[ENDPOINT], err))
		return false;
	done = look(&gaps, e, err);
	if (done && args->value[JSON] != NULL) {
		print_json(&gaps);
	} else if (done) {
		print_table(&gaps);
		print_advice(&gaps);
	}
	free(gaps.list);
	config_wipe(&config);
	return done;
}

const struct verb verb_gaps = {
	.name = "gaps",
	.group = GROUP_LOOK,
	.summary = "tell when nothing was stored, and what to recover",
	.operands = "",
	.operands_max = 0,
	.options = options,
	.run = run,
};
