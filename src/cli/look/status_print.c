/* SPDX-License-Identifier: ISC */
/* Prints the health of an endpoint for people. */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cli/look/status.h"
#include "cli/term/screen.h"
#include "cli/term/size.h"
#include "cli/term/when.h"

/* The column of values; reasons, indented, have longer names. */
#define VALUE_AT 17
#define REASON_AT 26

#define LAST_SIZE 100

static void
print_name(const char *name, int indent)
{
	int at = indent == 2 ? VALUE_AT : REASON_AT;

	printf("%*s%s%-*s%s  ", indent, "", screen_tint(TINT_HEAD),
	    at - indent - 2, name, screen_tint(TINT_END));
}

static void print_piece(size_t *used, enum tint, const char *fmt, ...)
    __attribute__((__format__(__printf__, 3, 4)));

/* Adds a piece to a row, on a new line if it does not fit. */
static void
print_piece(size_t *used, enum tint tint, const char *fmt, ...)
{
	size_t columns = screen_columns();
	char text[128];
	const char *p = text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (columns > 0 && *used + strlen(text) > columns) {
		p += strspn(p, " ");
		printf("\n%*s", VALUE_AT, "");
		*used = VALUE_AT;
	}
	*used += strlen(p);
	if (tint == TINT_END)
		fputs(p, stdout);
	else
		printf("%s%s%s", screen_tint(tint), p, screen_tint(TINT_END));
}

/* ", last 2026-11-26T04:20:00Z (3 min ago)", or nothing. */
static void
format_last(char buf[LAST_SIZE], const struct status *s, int64_t last_us)
{
	char time[WHEN_SIZE], ago[DURATION_SIZE];

	buf[0] = '\0';
	if (last_us <= 0)
		return;
	when_format(time, last_us / 1000000);
	duration_format(ago, (s->now_us - last_us) / 1000000);
	snprintf(buf, LAST_SIZE, ", last %s (%s ago)", time, ago);
}

static void
print_counter(const struct status *s, enum outcome o, int indent,
    enum tint tint)
{
	const struct stats_counter *c = &s->stats->head.counter[o];
	size_t used = indent == 2 ? VALUE_AT : REASON_AT;
	char last[LAST_SIZE];

	print_name(outcome_name(o), indent);
	print_piece(&used, c->count > 0 ? tint : TINT_END, "%" PRIu64,
	    c->count);
	format_last(last, s, c->last_us);
	print_piece(&used, TINT_END, "%s", last);
	putchar('\n');
}

static void
print_counters(const struct status *s)
{
	const struct stats_counter *c = s->stats->head.counter;
	char since[WHEN_SIZE];

	when_format(since, s->stats->head.since_us / 1000000);
	print_counter(s, OUTCOME_STORED, 2, TINT_GOOD);
	for (enum outcome o = OUTCOME_DUPLICATE; o <= OUTCOME_PROBED; o++)
		if (c[o].count > 0 || o == OUTCOME_DUPLICATE)
			print_counter(s, o, 2, TINT_END);
	if (c[OUTCOME_OTHER_BODY].count > 0)
		print_counter(s, OUTCOME_OTHER_BODY, 2, TINT_WARN);
	print_name("refused", 2);
	printf("%" PRIu64 ", %" PRId64 " in the last hour\n",
	    status_refused(s), s->refused_hour);
	for (enum outcome o = OUTCOME_MISSING_HEADER; o < OUTCOME_STORE_ERROR;
	    o++)
		if (c[o].count > 0)
			print_counter(s, o, 4, TINT_WARN);
	print_name("errors", 2);
	printf("%" PRIu64 ", %" PRId64 " in the last hour\n",
	    status_errors(s), s->errors_hour);
	for (enum outcome o = OUTCOME_STORE_ERROR; o < OUTCOME_OTHER_BODY;
	    o++)
		if (c[o].count > 0)
			print_counter(s, o, 4, TINT_BAD);
	print_name("rate", 2);
	printf("%" PRId64 " in the last 24 hours, %.1f an hour\n",
	    s->stored_day, (double)s->stored_day / 24);
	print_name("counted since", 2);
	puts(since);
}

/* The most frequent first.  stats_read() keeps only printable names. */
static void
print_ignored(const struct status *s)
{
	const struct stats_type *types[STATS_TYPES];
	size_t count = status_ignored(s, types), used = VALUE_AT;

	for (size_t i = 0; i < count; i++) {
		if (i == 0)
			print_name("ignored types", 2);
		print_piece(&used, TINT_END, "%s%s %" PRIu64,
		    i == 0 ? "" : ", ", types[i]->name, types[i]->count);
	}
	if (count > 0)
		putchar('\n');
}

static void
print_keys(const struct status *s)
{
	const struct stats_key *key = s->stats->head.key;
	char last[LAST_SIZE];
	bool first = true;
	size_t used;

	for (int i = 0; i < STATS_KEYS; i++) {
		if (key[i].print[0] == '\0')
			continue;
		print_name(first ? "secrets" : "", 2);
		first = false;
		used = VALUE_AT;
		print_piece(&used, TINT_END, "%s matched %" PRIu64,
		    key[i].print, key[i].count);
		format_last(last, s, key[i].last_us);
		print_piece(&used, TINT_END, "%s", last);
		if (status_key_is_past(s, &key[i]))
			print_piece(&used, TINT_END, "; can be retired");
		putchar('\n');
	}
}

static void
print_consumers(const struct status *s)
{
	if (s->stateless) {
		print_name("state", 2);
		puts("its directory is missing beside events; see hookcask "
		    "drain");
	}
	if (s->unread > 0) {
		print_name("unread", 2);
		printf("%" PRIu64 " file%s of the log cannot be read\n",
		    s->unread, s->unread == 1 ? "" : "s");
	}
	if (s->nobody.events > 0) {
		size_t used = VALUE_AT;

		print_name("backlog", 2);
		print_piece(&used, TINT_WARN, "%s%" PRId64 " event%s",
		    s->nobody.about ? "about " : "", s->nobody.events,
		    s->nobody.events == 1 ? "" : "s");
		print_piece(&used, TINT_END, ", which nobody drains (hookcask "
		    "drain)\n");
		return;
	}
	for (size_t i = 0; i < s->consumer_count; i++) {
		const struct status_consumer *c = &s->consumers[i];
		size_t used = VALUE_AT;
		char age[DURATION_SIZE];

		print_name(i == 0 ? "backlog" : "", 2);
		if (c->unknown)
			print_piece(&used, TINT_BAD, "%s: unknown until the "
			    "next drain", c->name);
		else
			print_piece(&used, TINT_END, "%s: %s%" PRId64
			    " event%s", c->name, c->about ? "about " : "",
			    c->events, c->events == 1 ? "" : "s");
		if (c->waiting > 0)
			print_piece(&used, TINT_END, ", %" PRId64 " of them "
			    "tried before", c->waiting);
		if (c->oldest_us > 0) {
			duration_format(age, (s->now_us - c->oldest_us) /
			    1000000);
			print_piece(&used, TINT_END, ", the oldest %s old",
			    age);
		}
		if (c->failed > 0)
			print_piece(&used, TINT_BAD, "; %" PRId64 " set aside "
			    "(hookcask failed)", c->failed);
		putchar('\n');
	}
}

static void
print_disk(const struct status *s)
{
	char full[DURATION_SIZE], room[SIZE_TEXT], size[SIZE_TEXT];
	size_t used = VALUE_AT;

	if (s->disk_size <= 0)
		return;
	print_name("disk", 2);
	size_format(room, (uint64_t)s->disk_free);
	size_format(size, (uint64_t)s->disk_size);
	print_piece(&used, TINT_END, "%s of %s free (%.0f%%)", room, size,
	    100 * (double)s->disk_free / (double)s->disk_size);
	if (status_is_filling(s)) {
		duration_format(full, s->full_s);
		print_piece(&used, TINT_END, ", full in %s at this rate",
		    full);
	}
	putchar('\n');
}

void
status_print(const struct status *s)
{
	size_t used = VALUE_AT;

	printf("%s%s%s\n", screen_tint(TINT_HEAD), s->endpoint->name,
	    screen_tint(TINT_END));
	if (s->stats == NULL)
		printf("  nothing %syet\n", s->is_new ? "" : "was received ");
	else
		print_counters(s);
	if (s->stats != NULL)
		print_ignored(s);
	print_consumers(s);
	if (s->other_bodies > 0) {
		print_name("to look at", 2);
		printf("%zu bod%s under a known id (hookcask list "
		    "--other-body)\n", s->other_bodies,
		    s->other_bodies == 1 ? "y" : "ies");
	}
	if (s->sample > 0) {
		print_name("clock", 2);
		print_piece(&used, TINT_END, "median %" PRId64 " s, worst %"
		    PRId64 " s off the sender's", s->skew_median,
		    s->skew_worst);
		print_piece(&used, TINT_END, " (%zu event%s)\n", s->sample,
		    s->sample == 1 ? "" : "s");
	}
	print_disk(s);
	if (s->stats != NULL)
		print_keys(s);
}
