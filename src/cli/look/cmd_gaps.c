/* SPDX-License-Identifier: ISC */
/*
 * gaps: lists times when nothing was stored, and since when the sender should
 * be asked to send again.  The counters know what was refused; for the time
 * before they began there are only the records.
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fileops.h"
#include "cli/host/endpoint.h"
#include "cli/look/status.h"
#include "cli/reading/gaps.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading.h"
#include "cli/term/progress.h"
#include "cli/term/screen.h"
#include "cli/term/when.h"
#include "cli/verb/verb.h"

enum { CONFIG, ENDPOINT, SINCE, SHORTEST, JSON, UTC };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[SINCE] = { "since", 'S', "TIME", "that end then or later (7d)" },
	[SHORTEST] = { "shortest", 0, "TIME",
	    "omit shorter gaps in which nothing failed (1h)" },
	[JSON] = { "json", 'j', NULL, "print JSON, a gap a line" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

#define SECOND_US	INT64_C(1000000)

/* Of the time before the counters. */
static bool
take(void *ctx, const struct reading *r, struct err *err)
{
	(void)err;
	return gaps_add_record(ctx, r->view.received_us);
}

static void
print_json(const struct gaps *g, const char *endpoint)
{
	for (size_t i = 0; i < g->count; i++) {
		struct jsonl j = JSONL_INIT;

		gap_json(&j, NULL, &g->list[i]);
		jsonl_string(&j, "endpoint", endpoint);
		jsonl_end(&j);
	}
}

static void
print_table(const struct gaps *g)
{
	char from[WHEN_SIZE], to[WHEN_SIZE], lasted[DURATION_SIZE];

	if (g->count == 0)
		return;
	printf("%s%-*s  %-*s  %-8s  %s%s\n", screen_tint(TINT_HEAD),
	    when_width(), "FROM", when_width(), "TO", "LASTED", "WHY",
	    screen_tint(TINT_END));
	for (size_t i = 0; i < g->count; i++) {
		const struct gap *gap = &g->list[i];

		when_format(from, gap->from_us / SECOND_US);
		strcpy(to, "now");
		if (gap->to_us != 0)
			when_format(to, gap->to_us / SECOND_US);
		duration_format(lasted, ((gap->to_us == 0 ? g->now_us :
		    gap->to_us) - gap->from_us) / SECOND_US);
		printf("%s  %-*s  %-8s  ", from, when_width(), to, lasted);
		gap_print_why(gap);
	}
}

/* Comes last, because it is what the operator needs. */
static void
print_advice(const struct gaps *g)
{
	const struct gap *lost = NULL;
	char time[WHEN_SIZE];

	for (size_t i = 0; i < g->count && lost == NULL; i++)
		if (g->list[i].errors > 0 || g->list[i].refused > 0)
			lost = &g->list[i];
	if (lost != NULL) {
		when_format(time, gap_recover_since(lost));
		printf("\nRecover since %s%s%s at the sender.\nEvents that "
		    "are here already are not stored twice.\n",
		    screen_tint(TINT_HEAD), time, screen_tint(TINT_END));
	} else if (g->count > 0) {
		when_format(time, gap_recover_since(&g->list[0]));
		printf("\nNothing arrived: the sender was silent, or could not "
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
	struct filter filter = { .since_us = gaps_read_since(g->since_us),
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
		gaps_add_counted(g, status.stats);
	status_wipe(&status);
	/* false without an error: the counters know the rest */
	reader_endpoint(&reader, e, err);
	progress_clear();
	if (err->kind != OUTCOME_STORED)
		return false;
	if (!counted && g->last_us > 0) {
		struct gap open = { g->last_us, 0, -1, -1 };

		gaps_add(g, &open);
	}
	return gaps_sort(g, err);
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
	g->shortest_us = GAP_SHORTEST_US;
	if (shortest == NULL)
		return true;
	if (!duration_parse(shortest, &seconds))
		return err_set(err, OUTCOME_USAGE, "--shortest %s: not a "
		    "duration such as 30m", shortest);
	g->shortest_us = seconds * SECOND_US;
	return true;
}

static bool
look_and_print(void *ctx, const struct endpoint *e, bool several,
    struct err *err)
{
	const struct args *args = ctx;
	struct gaps gaps = { .list = NULL };
	bool done = read_times(&gaps, args, err) && look(&gaps, e, err);

	if (done && args->value[JSON] != NULL) {
		print_json(&gaps, e->name);
	} else if (done) {
		screen_endpoint(e->name, several);
		print_table(&gaps);
		print_advice(&gaps);
	}
	gaps_wipe(&gaps);
	return done;
}

static bool
run(const struct args *args, struct err *err)
{
	const struct endpoint_call call = { look_and_print,
		(void *)(uintptr_t)args };

	return endpoint_each(args->value[CONFIG], args->value[ENDPOINT],
	    &call, err);
}

const struct verb verb_gaps = {
	.name = "gaps",
	.group = GROUP_LOOK,
	.summary = "list times when nothing was stored, and what to recover",
	.operands = "",
	.operands_max = 0,
	.options = options,
	.run = run,
};
