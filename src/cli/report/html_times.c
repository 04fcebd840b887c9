/* SPDX-License-Identifier: ISC */
/* The charts of an endpoint's clock, day by day, and of its delays. */
#include <config.h>

#include <inttypes.h>

#include "cli/report/html.h"

#define BARS	(STATS_BUCKETS + 1)	/* of a day, with the room after it */

static const char *const delays[] = { "a", "b" };
static const char *const fine_or_not[] = { "a", "d" };

struct clock {
	const struct report	*report;
	struct report_day	 days[REPORT_DAYS];
};

/* Is all of that bucket beyond the tolerance? */
static bool
is_beyond(const struct clock *c, size_t bucket)
{
	int64_t tolerance = c->report->status.endpoint->tolerance;

	return (bucket > 0 && stats_skew_from[bucket - 1] > tolerance) ||
	    (bucket < STATS_BUCKETS - 1 &&
	    stats_skew_from[bucket] <= -tolerance);
}

static uint64_t
skew_value(const void *ctx, size_t bar, size_t part)
{
	const struct clock *c = ctx;
	size_t bucket = bar % BARS;

	if (bucket == STATS_BUCKETS || is_beyond(c, bucket) != (part == 1))
		return 0;
	return c->days[bar / BARS].sum.skew[bucket];
}

static void
skew_label(FILE *out, const void *ctx, size_t bar)
{
	const struct report_day *day =
	    &((const struct clock *)ctx)->days[bar / BARS];
	size_t bucket = bar % BARS;

	fputs(day->date, out);
	if (bucket == STATS_BUCKETS)
		return;
	if (bucket == 0)
		fprintf(out, ", below %" PRId64 " s", stats_skew_from[0]);
	else
		fprintf(out, ", from %" PRId64 " s",
		    stats_skew_from[bucket - 1]);
	fprintf(out, ": %" PRIu64, day->sum.skew[bucket]);
}

static void
put_clock(FILE *out, const struct report *r)
{
	struct clock clock = { .report = r };
	size_t count = report_days(r, clock.days);
	const struct svg_bars skew = { .title = "Clock", .desc = "For each day "
		"bars of the deliveries by our time less the signed time, "
		"early to late", .count = count * BARS, .parts = 2,
		.classes = fine_or_not, .value = skew_value,
		.label = skew_label, .ctx = &clock };

	fputs("<div class=card><h3>Clock</h3>\n", out);
	svg_bars(out, &skew);
	fputs("<div class=axis aria-hidden=true>", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "<span style=\"left:%zu%%\"><b class=wide>%.3s"
		    "</b>%s</span>", i * 100 / count, clock.days[i].date + 5,
		    clock.days[i].date + 8);
	fprintf(out, "</div>\n<small>%" PRId64 " s off the sender's, %" PRId64
	    " s at worst; %" PRId64 " s are tolerated. In each day, left: "
	    "the sender is ahead; right: we are</small></div>\n",
	    r->status.skew_median, r->status.skew_worst,
	    r->status.endpoint->tolerance);
}

/* The number of its bucket: on that scale seconds and minutes have room. */
static uint64_t
rank(const struct report_hour *h, unsigned part)
{
	int64_t seconds = report_delay(h->delay, part);
	uint64_t rank = 0;

	while (rank < REPORT_DELAYS - 1 && seconds >= report_delay_to[rank])
		rank++;
	return seconds == INT64_MAX ? REPORT_DELAYS : rank;
}

static uint64_t
hour_value(const void *ctx, size_t bar, size_t part)
{
	const struct report_hour *h = &((const struct report *)ctx)->hour[bar];
	uint64_t half = rank(h, 50);

	return part == 0 ? half : rank(h, 95) - half;
}

static void
hour_label(FILE *out, const void *ctx, size_t bar)
{
	const struct report *r = ctx;

	html_hour(out, r, bar);
	fputs(": half within ", out);
	html_delay(out, report_delay(r->hour[bar].delay, 50));
	fputs(", 95 % within ", out);
	html_delay(out, report_delay(r->hour[bar].delay, 95));
}

static uint64_t
delay_value(const void *ctx, size_t bar, size_t part)
{
	(void)part;
	return ((const struct report *)ctx)->total.delay[bar];
}

static void
delay_label(FILE *out, const void *ctx, size_t bar)
{
	if (bar < REPORT_DELAYS - 1)
		fprintf(out, "up to %" PRId64 " s", report_delay_to[bar]);
	else
		fprintf(out, "over %" PRId64 " s", report_delay_to[bar - 1]);
	fprintf(out, ": %" PRIu64, delay_value(ctx, bar, 0));
}

void
html_times(FILE *out, const struct report *r)
{
	const struct svg_bars hours = { .title = "Delay an hour",
		.desc = "Bars of the time within which half of an hour's "
		"events came, and 95 %; the scale is not even",
		.count = r->hours, .parts = 2, .classes = delays,
		.value = hour_value, .label = hour_label, .ctx = r };
	const struct svg_bars delay = { .title = "Delay",
		.desc = "Bars of the events by the time that they were under "
		"way, short to long", .count = REPORT_DELAYS, .parts = 1,
		.classes = delays, .value = delay_value, .label = delay_label,
		.ctx = r };

	if (r->total.records == 0)
		return;
	fputs("<div class=card><h3>Delivery delay an hour</h3>\n<ul class=key>"
	    "<li><i class=a></i>half of the events, within ", out);
	html_delay(out, report_delay(r->total.delay, 50));
	fputs("<li><i class=b></i>95 %, within ", out);
	html_delay(out, report_delay(r->total.delay, 95));
	fputs("</ul>\n", out);
	svg_bars(out, &hours);
	html_days(out, r);
	fputs("</div>\n<div class=two>", out);
	put_clock(out, r);
	fputs("<div class=card><h3>Delivery delay</h3>\n", out);
	svg_bars(out, &delay);
	fputs("<div class=axis aria-hidden=true><span>0 s</span><span "
	    "style=\"left:48%\">30 s</span><span style=\"left:80%\">&gt; 5 min"
	    "</span></div>\n<small>from the signed time until it was received"
	    "</small></div></div>\n", out);
}
