/* SPDX-License-Identifier: ISC */
/*
 * Prints a report as text of at most 79 columns, for a terminal or cron's
 * mail.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/report/report.h"
#include "cli/term/escape.h"
#include "cli/term/size.h"
#include "cli/term/when.h"
#include "cli/term/zone.h"

#define WIDTH	79
#define BAR	30		/* columns of the longest bar */

/* Words in lines that fit; all lines after the first are indented. */
static void
put_wrapped(FILE *out, size_t used, size_t indent, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (used > indent && used + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			used = indent;
		} else if (used > indent) {
			putc(' ', out);
			used++;
		}
		put_escaped(out, span_make(text, len));
		used += len;
		text += len + strspn(text + len, " ");
	}
	putc('\n', out);
}

static void
put_verdict(FILE *out, const struct report *r)
{
	const char *name = r->status.endpoint->name;
	char *sentence = report_sentence(r);

	fprintf(out, "%s: %s:", name, report_verdict(r));
	put_wrapped(out, strlen(name) + strlen(report_verdict(r)) + 3, 4,
	    sentence == NULL ? "no memory" : sentence);
	free(sentence);
	for (size_t i = 1; i < r->findings.count; i++) {
		fputs("  - ", out);
		put_wrapped(out, 4, 4, r->findings.list[i].text);
	}
}

static void
put_bar(FILE *out, uint64_t value, uint64_t most, int width, char mark)
{
	int len = most == 0 ? 0 : (int)(value * (uint64_t)width / most);

	if (value > 0 && len == 0)
		len = 1;
	for (int i = 0; i < len; i++)
		putc(mark, out);
}

static void
format_delay(char text[32], int64_t seconds)
{
	if (seconds < 0)
		strcpy(text, "-");
	else if (seconds == INT64_MAX)
		snprintf(text, 32, "> %" PRId64 " s",
		    report_delay_to[REPORT_DELAYS - 2]);
	else
		snprintf(text, 32, "%" PRId64 " s", seconds);
}

static void
put_days(FILE *out, const struct report *r)
{
	struct report_day days[REPORT_DAYS];
	size_t count = report_days(r, days);
	char delay[32], size[SIZE_TEXT];
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++)
		if (days[i].sum.stored > most)
			most = days[i].sum.stored;
	fprintf(out, "\n%-10s %8s %6s %8s %5s %10s %7s\n", "DAY", "STORED",
	    "AGAIN", "REFUSED", "503", "SIZE", "95 % IN");
	for (size_t i = 0; i < count; i++) {
		const struct report_hour *s = &days[i].sum;

		format_delay(delay, report_delay(s->delay, 95));
		size_format(size, s->bytes);
		fprintf(out, "%-10s %8" PRIu64 " %6" PRIu64 " %8" PRIu64 " %5"
		    PRIu64 " %10s %7s ", days[i].date, s->stored,
		    s->duplicate, s->refused, s->error, size, delay);
		put_bar(out, s->stored, most, WIDTH - 61, '#');
		putc('\n', out);
	}
}

static void
put_refused(FILE *out, const struct report *r)
{
	char since[WHEN_SIZE];

	if (r->reasons == 0)
		return;
	when_format(since, r->known_us / 1000000);
	fprintf(out, "\nTurned away since %s:\n", since);
	for (size_t i = 0; i < r->reasons; i++) {
		const struct report_reason *reason = &r->reason[i];

		fprintf(out, "  %-20s %6" PRIu64 " %3u %%  ",
		    outcome_name(reason->outcome), reason->count,
		    report_share(r, i));
		put_bar(out, reason->count, r->reason[0].count, BAR, '#');
		putc('\n', out);
		if (reason->hint[0] != '\0') {
			fputs("      ", out);
			put_wrapped(out, 6, 6, reason->hint);
		}
	}
	for (size_t i = 0; i < r->sources; i++) {
		fputs(i == 0 ? "  most from " : ", ", out);
		put_escaped(out, span_text(r->source[i].remote));
		fprintf(out, " (%" PRIu64 ")", r->source[i].count);
	}
	if (r->sources > 0)
		putc('\n', out);
}

static void
put_gaps(FILE *out, const struct report *r)
{
	char from[WHEN_SIZE], to[WHEN_SIZE], recover[WHEN_SIZE];
	size_t others = 0;

	if (r->gaps.count > 0)
		fputs("\nNothing was stored:\n", out);
	for (size_t i = 0; i < r->gaps.count; i++) {
		const struct gap *gap = &r->gaps.list[i];

		if (!report_names_gap(r, i)) {
			others++;
			continue;
		}
		when_format(from, gap->from_us / 1000000);
		strcpy(to, "now");
		if (gap->to_us != 0)
			when_format(to, gap->to_us / 1000000);
		when_format(recover, gap_recover_since(gap));
		fprintf(out, "  %s to %s\n      ", from, to);
		if (gap->errors > 0)
			fprintf(out, "%" PRId64 " could not be stored; ",
			    gap->errors);
		if (gap->refused > 0)
			fprintf(out, "%" PRId64 " refused; ", gap->refused);
		if (gap->errors <= 0 && gap->refused <= 0)
			fputs("nothing came; ", out);
		fprintf(out, "recover since %s\n", recover);
	}
	if (others > 0)
		fprintf(out, "  and %zu shorter one%s, see hookcask gaps\n",
		    others, others == 1 ? "" : "s");
}

static void
put_types(FILE *out, const struct report *r)
{
	const struct report_type *others = &r->others;
	char size[SIZE_TEXT];

	if (r->types > 0)
		fprintf(out, "\n%8s %10s  TYPE\n", "EVENTS", "SIZE");
	for (size_t i = 0; i < r->types; i++) {
		size_format(size, r->type[i].bytes);
		fprintf(out, "%8" PRIu64 " %10s  ", r->type[i].events, size);
		put_escaped(out, span_text(r->type[i].name));
		putc('\n', out);
	}
	if (others->events > 0) {
		size_format(size, others->bytes);
		fprintf(out, "%8" PRIu64 " %10s  others\n", others->events,
		    size);
	}
}

static void
put_consumers(FILE *out, const struct status *s)
{
	char age[DURATION_SIZE];

	if (s->nobody.events > 0)
		fprintf(out, "  nobody drains %" PRId64 " events\n",
		    s->nobody.events);
	for (size_t i = 0; s->nobody.events == 0 && i < s->consumer_count;
	    i++) {
		const struct status_consumer *c = &s->consumers[i];

		fprintf(out, "  consumer %s: ", c->name);
		if (c->unknown)
			fputs("backlog unknown", out);
		else
			fprintf(out, "%s%" PRId64 " to do",
			    c->about ? "about " : "", c->events);
		if (c->oldest_us > 0) {
			duration_format(age, (s->now_us - c->oldest_us) /
			    1000000);
			fprintf(out, ", the oldest %s old", age);
		}
		if (c->failed > 0)
			fprintf(out, ", %" PRId64 " set aside", c->failed);
		putc('\n', out);
	}
}

static void
put_secrets(FILE *out, const struct status *s)
{
	for (size_t i = 0; i < s->secret_count; i++) {
		const struct status_secret *secret = &s->secrets[i];
		const struct stats_key *key = status_key(s, secret->print);
		char time[WHEN_SIZE];

		fprintf(out, "  secret %s: matched %" PRIu64, secret->print,
		    key == NULL ? 0 : key->count);
		if (key != NULL && key->last_us > 0) {
			when_format(time, key->last_us / 1000000);
			fprintf(out, ", last %s", time);
		}
		if (secret->not_after != INT64_MAX) {
			when_format(time, secret->not_after);
			fprintf(out, "; ends %.10s", time);
		}
		if (key != NULL && status_key_is_past(s, key))
			fputs("; can be retired", out);
		putc('\n', out);
	}
}

static void
put_rest(FILE *out, const struct report *r)
{
	const struct status *s = &r->status;
	char a[SIZE_TEXT], b[SIZE_TEXT], median[32], most[32], when[WHEN_SIZE];

	putc('\n', out);
	put_consumers(out, s);
	if (r->total.records > 0) {
		format_delay(median, report_delay(r->total.delay, 50));
		format_delay(most, report_delay(r->total.delay, 95));
		fprintf(out, "  delivery: half within %s, 95 %% within %s of "
		    "being sent\n", median, most);
	}
	if (s->sample > 0)
		fprintf(out, "  clock: %" PRId64 " s off the sender's, %"
		    PRId64 " s at worst; %" PRId64 " s are tolerated\n",
		    s->skew_median, s->skew_worst, s->endpoint->tolerance);
	size_format(a, (uint64_t)s->store_bytes);
	size_format(b, (uint64_t)s->index_bytes);
	fprintf(out, "  store: %s in %zu file%s", a, s->store_files,
	    s->store_files == 1 ? "" : "s");
	if (s->first_us != 0) {
		when_format(when, s->first_us / 1000000);
		fprintf(out, " since %.10s", when);
	}
	fprintf(out, ", index %s\n", b);
	size_format(a, (uint64_t)s->disk_free);
	size_format(b, (uint64_t)s->disk_size);
	fprintf(out, "  disk: %s of %s free", a, b);
	if (status_is_filling(s)) {
		duration_format(when, s->full_s);
		fprintf(out, ", full in %s at this rate", when);
	}
	putc('\n', out);
	put_secrets(out, s);
	if (s->audit.at_us == 0) {
		fputs("  audit: none yet; see hookcask audit\n", out);
		return;
	}
	when_format(when, s->audit.at_us / 1000000);
	fprintf(out, "  audit: %s, %" PRIu64 " records, %" PRIu64 " proven, %"
	    PRIu64 " fault%s\n", when, s->audit.records, s->audit.proven,
	    s->audit.faults, s->audit.faults == 1 ? "" : "s");
}

void
report_text(FILE *out, const struct report *r)
{
	put_verdict(out, r);
	put_days(out, r);
	put_refused(out, r);
	put_gaps(out, r);
	put_types(out, r);
	put_rest(out, r);
	if (r->unpacked > 0)
		fprintf(out, "  %" PRIu64 " file%s had to be unpacked for "
		    "this\n", r->unpacked, r->unpacked == 1 ? "" : "s");
}
