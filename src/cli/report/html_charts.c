/* SPDX-License-Identifier: ISC */
/* The charts of an endpoint: its hours, its outages, its clock, its delays. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/html.h"
#include "cli/term/when.h"

static const char *const came[] = { "a", "b", "c" };
static const char *const away[] = { "d", "e" };

static uint64_t
came_value(const void *ctx, size_t bar, size_t part)
{
	const struct report_hour *h = &((const struct report *)ctx)->hour[bar];

	return part == 0 ? h->stored : part == 1 ? h->duplicate : h->ignored;
}

static uint64_t
away_value(const void *ctx, size_t bar, size_t part)
{
	const struct report_hour *h = &((const struct report *)ctx)->hour[bar];

	return part == 0 ? h->refused : h->error;
}

/* Was nothing stored in the middle of that hour? */
static bool
is_silent(const void *ctx, size_t bar)
{
	const struct report *r = ctx;

	for (size_t i = 0; i < r->gaps.count; i++)
		if (report_in_gap(r, bar, &r->gaps.list[i]))
			return true;
	return false;
}

void
html_hour(FILE *out, const struct report *r, size_t hour)
{
	char when[WHEN_SIZE];

	when_format(when, (r->first_hour + (int64_t)hour) * 3600);
	fprintf(out, "%.16s", when);
}

static void
hour_label(FILE *out, const void *ctx, size_t bar)
{
	const struct report *r = ctx;
	const struct report_hour *h = &r->hour[bar];

	html_hour(out, r, bar);
	fprintf(out, ": %" PRIu64 " stored, %" PRIu64 " sent again, %"
	    PRIu64 " ignored, %" PRIu64 " refused, %" PRIu64 " answered 503",
	    h->stored, h->duplicate, h->ignored, h->refused, h->error);
}

/* The days, at their first hours here. */
void
html_days(FILE *out, const struct report *r)
{
	char before[WHEN_SIZE] = "", date[WHEN_SIZE];

	fputs("<div class=axis aria-hidden=true>", out);
	for (size_t i = 0; i < r->hours; i++) {
		when_format(date, (r->first_hour + (int64_t)i) * 3600);
		date[10] = '\0';
		/* the first day and the last may have no room */
		if (strcmp(date, before) != 0 && i * 100 < r->hours * 94 &&
		    (i > 0 || r->hours < 25))
			fprintf(out, "<span style=\"left:%zu.%zu%%\"><b "
			    "class=wide>%.3s</b>%s</span>",
			    i * 100 / r->hours, i * 1000 / r->hours % 10,
			    date + 5, date + 8);
		strcpy(before, date);
	}
	fputs("</div>\n", out);
}

static void
put_key(FILE *out, const char *class, const char *name, uint64_t count)
{
	fprintf(out, "<li><i class=%s></i>%s %" PRIu64, class, name, count);
}

static void
put_hours(FILE *out, const struct report *r)
{
	const struct svg_bars events = { "Events an hour",
		"Bars of the events that were stored, sent again and ignored, "
		"an hour each; shaded: nothing was stored", r->hours, 3, came,
		came_value, hour_label, is_silent, r };
	const struct svg_bars refused = { "Turned away an hour",
		"Bars of the requests that were refused or answered 503, an "
		"hour each", r->hours, 2, away, away_value, hour_label, NULL,
		r };
	uint64_t most;

	fputs("<div class=card><h3>Events an hour</h3>\n<ul class=key>", out);
	put_key(out, "a", "stored", r->total.stored);
	put_key(out, "b", "sent again", r->total.duplicate);
	put_key(out, "c", "ignored", r->total.ignored);
	fputs("</ul>\n", out);
	most = svg_bars(out, &events);
	html_days(out, r);
	fprintf(out, "<small>at most %" PRIu64 " in an hour</small></div>\n",
	    most);
	if (r->total.refused + r->total.error == 0)
		return;
	fputs("<div class=card><h3>Turned away an hour</h3>\n<ul class=key>",
	    out);
	put_key(out, "d", "refused", r->total.refused);
	put_key(out, "e", "answered 503", r->total.error);
	fputs("</ul>\n", out);
	most = svg_bars(out, &refused);
	html_days(out, r);
	fprintf(out, "<small>at most %" PRIu64 " in an hour</small></div>\n",
	    most);
}

static void
put_gap_row(FILE *out, const struct gap *gap)
{
	char when[WHEN_SIZE];

	fputs("<tr><td>", out);
	html_time(out, gap->from_us);
	fputs("<td class=wide>", out);
	if (gap->to_us == 0)
		fputs("now", out);
	else
		html_time(out, gap->to_us);
	fprintf(out, "<td class=\"n wide\">%" PRId64 "<td class=n>%" PRId64,
	    gap->errors, gap->refused);
	when_format(when, gap_recover_since(gap));
	fprintf(out, "<td><code>%s</code>\n", when);
}

static void
put_gap_table(FILE *out, const struct report *r)
{
	size_t others = 0;

	fputs("<table><tr><th>From<th class=wide>To<th class=\"n wide\">503<th "
	    "class=n>Refused<th>Recover since\n", out);
	for (size_t i = 0; i < r->gaps.count; i++)
		if (report_names_gap(r, i))
			put_gap_row(out, &r->gaps.list[i]);
		else
			others++;
	fputs("</table>", out);
	if (others > 0)
		fprintf(out, "<p>and %zu shorter one%s, see hookcask gaps</p>",
		    others, others == 1 ? "" : "s");
}

static void
put_gaps(FILE *out, const struct report *r)
{
	struct svg_span *list = calloc(r->gaps.count + 1, sizeof(*list));
	int64_t start = r->first_hour * 3600;

	if (list == NULL || r->gaps.count == 0) {
		free(list);
		return;
	}
	for (size_t i = 0; i < r->gaps.count; i++) {
		const struct gap *gap = &r->gaps.list[i];

		list[i].from = gap->from_us / 1000000 - start;
		list[i].to = gap->to_us == 0 ? 0 :
		    gap->to_us / 1000000 - start;
		list[i].class = gap->errors > 0 ? "e" :
		    gap->refused > 0 ? "d" : "c";
	}
	fputs("<div class=card><h3>Nothing was stored</h3>\n", out);
	svg_spans(out, "Times in which nothing was stored", "Spans on a line "
	    "of time; the table that follows has the longest",
	    (int64_t)r->hours * 3600, list, r->gaps.count);
	free(list);
	html_days(out, r);
	put_gap_table(out, r);
	fputs("</div>\n", out);
}

void
html_charts(FILE *out, const struct report *r)
{
	put_hours(out, r);
	put_gaps(out, r);
}
