/* SPDX-License-Identifier: ISC */
/* The tables of an endpoint: refusals, types, work, space, secrets, proof. */
#include <config.h>

#include <inttypes.h>

#include "cli/report/html.h"
#include "cli/term/size.h"
#include "cli/term/when.h"

/* A date that may be years off. */
static void
put_date(FILE *out, int64_t us)
{
	char when[WHEN_SIZE];

	when_format(when, us / 1000000);
	fprintf(out, "<span class=k>%.10s</span>", us <= 0 ? "-" : when);
}

static void
put_size(FILE *out, uint64_t bytes)
{
	char size[SIZE_TEXT];

	size_format(size, bytes);
	fputs(size, out);
}

static void
put_reasons(FILE *out, const struct report *r)
{
	const struct stats_refusal *one;

	if (r->reasons == 0)
		return;
	fputs("<div class=card><h3>Turned away: why</h3><p class=dim>since ",
	    out);
	html_time(out, r->known_us);
	fputs("</p><table><tr><th>Reason<th class=n>Count<th class=n>Share<th "
	    "class=wide>What to do\n", out);
	for (size_t i = 0; i < r->reasons; i++) {
		fprintf(out, "<tr><td class=k>%s<td class=n>%" PRIu64
		    "<td class=n>%u "
		    "%%<td class=wide>", outcome_name(r->reason[i].outcome),
		    r->reason[i].count, report_share(r, i));
		html_text(out, r->reason[i].hint);
	}
	fputs("</table><p>", out);
	for (size_t i = 0; i < r->sources; i++) {
		fputs(i == 0 ? "Most from " : ", ", out);
		html_text(out, r->source[i].remote);
		fprintf(out, " (%" PRIu64 ")", r->source[i].count);
	}
	fputs("</p><table><tr><th>Latest<th>Reason<th>Id or path<th "
	    "class=wide>From\n", out);
	for (size_t i = 0; i < REPORT_LATEST &&
	    (one = stats_refusal(r->status.stats, i)) != NULL; i++) {
		fputs("<tr><td>", out);
		html_time(out, one->time_us);
		fprintf(out, "<td>%s<td class=any>",
		    outcome_name((enum outcome)one->outcome));
		html_text(out, one->id[0] != '\0' ? one->id : one->detail);
		fputs("<td class=\"wide any\">", out);
		html_text(out, one->remote);
	}
	fputs("</table></div>\n", out);
}

static void
put_type(FILE *out, const char *name, const struct report_type *type)
{
	fputs("<tr><td class=any>", out);
	html_text(out, name);
	fprintf(out, "<td class=n>%" PRIu64 "<td class=n>", type->events);
	put_size(out, type->bytes);
}

static uint64_t
size_value(const void *ctx, size_t bar, size_t part)
{
	(void)part;
	return ((const struct report *)ctx)->size[bar];
}

static void
size_label(FILE *out, const void *ctx, size_t bar)
{
	bool is_last = bar == REPORT_SIZES - 1;

	fputs(is_last ? "over " : "up to ", out);
	put_size(out, report_size_to[is_last ? bar - 1 : bar]);
	fprintf(out, ": %" PRIu64, size_value(ctx, bar, 0));
}

static void
put_sizes(FILE *out, const struct report *r)
{
	static const char *const only[] = { "a" };
	const struct svg_bars sizes = { .title = "Sizes",
		.desc = "Bars of the events by the size of their bodies, small "
		"to large", .count = REPORT_SIZES, .parts = 1, .classes = only,
		.value = size_value, .label = size_label, .ctx = r };

	fputs("<div class=card><h3>Size of bodies</h3>\n", out);
	svg_bars(out, &sizes);
	fputs("<div class=axis aria-hidden=true><span>256 B</span><span "
	    "style=\"left:50%\">64 KiB</span><span style=\"left:80%\">&gt; 1 "
	    "MiB</span></div></div>\n", out);
}

static void
put_types(FILE *out, const struct report *r)
{
	fputs("<div class=card><h3>What came</h3><table><tr><th>Type<th "
	    "class=n>Events<th class=n>Size\n", out);
	for (size_t i = 0; i < r->types; i++)
		put_type(out, r->type[i].name, &r->type[i]);
	if (r->others.events > 0)
		put_type(out, "others", &r->others);
	fputs("</table>\n", out);
	if (r->types == 0)
		fputs("<p>nothing yet</p>\n", out);
	fputs("</div>\n", out);
}

static void
put_work(FILE *out, const struct status *s)
{
	char age[DURATION_SIZE];

	fputs("<div class=card><h3>Work</h3><table><tr><th>Consumer<th "
	    "class=n>To do<th class=n>Oldest<th class=n>Set aside\n", out);
	if (s->nobody.events > 0)
		fprintf(out, "<tr><td>nobody drains<td class=n>%" PRId64
		    "<td><td>\n", s->nobody.events);
	for (size_t i = 0; s->nobody.events == 0 && i < s->consumer_count;
	    i++) {
		const struct status_consumer *c = &s->consumers[i];

		fputs("<tr><td>", out);
		html_text(out, c->name);
		if (c->unknown)
			fputs("<td class=n>unknown", out);
		else
			fprintf(out, "<td class=n>%s%" PRId64,
			    c->about ? "about " : "", c->events);
		age[0] = '\0';
		if (c->oldest_us > 0)
			duration_format(age, (s->now_us - c->oldest_us) /
			    1000000);
		fprintf(out, "<td class=n>%s<td class=n>%" PRId64 "\n", age,
		    c->failed);
	}
	fputs("</table>\n", out);
	if (s->consumer_count == 0 && s->nobody.events == 0)
		fputs("<p>no consumer</p>\n", out);
	fputs("</div>\n", out);
}

static void
put_space(FILE *out, const struct report *r)
{
	const struct status *s = &r->status;
	char full[DURATION_SIZE];

	fputs("<div class=card><h3>Space</h3><table><tr><td>Store<td class=n>",
	    out);
	put_size(out, (uint64_t)s->store_bytes);
	fprintf(out, " in %zu file%s<tr><td>Since<td class=n>", s->store_files,
	    s->store_files == 1 ? "" : "s");
	put_date(out, s->first_us);
	fputs("<tr><td>Until<td class=n>", out);
	put_date(out, status_last_us(s));
	fputs("<tr><td>A day<td class=n>", out);
	put_size(out, r->hours == 0 ? 0 : r->total.bytes * 24 / r->hours);
	fputs("<tr><td>Index<td class=n>", out);
	put_size(out, (uint64_t)s->index_bytes);
	fputs("<tr><td>Disk, free<td class=n>", out);
	put_size(out, (uint64_t)s->disk_free);
	fputs(" of ", out);
	put_size(out, (uint64_t)s->disk_size);
	fputs("<tr><td>Full in<td class=n>", out);
	duration_format(full, s->full_s);
	fputs(status_is_filling(s) ? full : "-", out);
	fputs("</table></div>\n", out);
}

static void
put_secrets(FILE *out, const struct status *s)
{
	fputs("<div class=card><h3>Secrets</h3><table><tr><th>Fingerprint<th "
	    "class=n>Matched<th>Last<th>Ends\n", out);
	for (size_t i = 0; i < s->secret_count; i++) {
		const struct status_secret *secret = &s->secrets[i];
		const struct stats_key *key = status_key(s, secret->print);

		fputs("<tr><td>", out);
		html_text(out, secret->print);
		if (key != NULL && status_key_is_past(s, key))
			fputs("<br><small>can be retired</small>", out);
		fprintf(out, "<td class=n>%" PRIu64 "<td>",
		    key == NULL ? 0 : key->count);
		html_time(out, key == NULL ? 0 : key->last_us);
		fputs("<td>", out);
		put_date(out, secret->not_after == INT64_MAX ? 0 :
		    secret->not_after * 1000000);
	}
	fputs("</table></div>\n", out);
}

static void
put_proof(FILE *out, const struct status *s)
{
	fputs("<div class=card><h3>Proof</h3><p>", out);
	if (s->audit.at_us == 0) {
		fputs("no audit yet; see <code>hookcask audit</code>", out);
	} else {
		put_date(out, s->audit.at_us);
		fprintf(out, ": %" PRIu64 " records, %" PRIu64 " proven, %"
		    PRIu64 " faults", s->audit.records, s->audit.proven,
		    s->audit.faults);
	}
	fputs("</p></div>\n", out);
}

void
html_tables(FILE *out, const struct report *r)
{
	put_reasons(out, r);
	fputs("<div class=two>\n", out);
	put_types(out, r);
	if (r->types > 0)
		put_sizes(out, r);
	put_work(out, &r->status);
	put_space(out, r);
	put_secrets(out, &r->status);
	put_proof(out, &r->status);
	fputs("</div>\n", out);
}
