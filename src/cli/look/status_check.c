/* SPDX-License-Identifier: ISC */
/*
 * Checks thresholds as monitoring plugins do: prints one line with the result,
 * "|" and the figures, then a line for each problem or endpoint.  Without
 * options it reports what is never good: errors, a disk that is nearly full, a
 * clock near the tolerance, events set aside or drained by nobody, a responder
 * older than the program.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/host/replaced.h"
#include "cli/look/status_findings.h"
#include "cli/term/when.h"

/* Reads one value of the two; returns the text after it. */
static bool
take_time(const char *text, size_t len, double *value)
{
	char copy[64];
	int64_t seconds;

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (!duration_parse(copy, &seconds))
		return false;
	*value = (double)seconds;
	return true;
}

static bool
take_number(const char *text, size_t len, double *value)
{
	*value = 0;
	if (len == 0 || len > 15)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (text[i] - '0');
	}
	return true;
}

static bool
take_per_cent(const char *text, size_t len, double *value)
{
	return len > 1 && text[len - 1] == '%' &&
	    take_number(text, len - 1, value) && *value <= 100;
}

/* never: the limit for a value that is not given. */
static bool
take_both(struct threshold *t, const char *text,
    bool (*take)(const char *, size_t, double *), double never)
{
	size_t len = strcspn(text, ",");

	t->is_set = true;
	t->critical = never;
	return take(text, len, &t->warning) && (text[len] == '\0' ||
	    take(text + len + 1, strlen(text + len + 1), &t->critical));
}

bool
threshold_time(struct threshold *t, const char *option, const char *text,
    struct err *err)
{
	if (text == NULL || take_both(t, text, take_time, 1e18))
		return true;
	return err_set(err, OUTCOME_USAGE, "--%s %s: not a duration, or two "
	    "joined by a comma (2h,6h)", option, text);
}

bool
threshold_number(struct threshold *t, const char *option, const char *text,
    struct err *err)
{
	if (text == NULL || take_both(t, text, take_number, 1e18))
		return true;
	return err_set(err, OUTCOME_USAGE, "--%s %s: not a number, or two "
	    "joined by a comma (10,100)", option, text);
}

bool
threshold_disk(struct threshold *t, const char *text, struct err *err)
{
	if (text == NULL || take_both(t, text, take_per_cent, -1))
		return true;
	t->is_time = true;
	if (take_both(t, text, take_time, -1))
		return true;
	return err_set(err, OUTCOME_USAGE, "--disk %s: neither a percentage "
	    "free (10%%,5%%) nor a time until full (14d,2d)", text);
}

static enum alert
above(const struct threshold *t, double value)
{
	return !t->is_set ? ALERT_OK : value >= t->critical ? ALERT_CRITICAL :
	    value >= t->warning ? ALERT_WARNING : ALERT_OK;
}

static enum alert
below(const struct threshold *t, double value)
{
	return value <= t->critical ? ALERT_CRITICAL :
	    value <= t->warning ? ALERT_WARNING : ALERT_OK;
}

static void
judge_silence(struct findings *f, const struct status *s,
    const struct threshold *t)
{
	int64_t last = status_last_us(s);
	int64_t seconds = (s->now_us - last) / 1000000;
	char text[DURATION_SIZE];
	enum alert alert = above(t, (double)seconds);

	/* a silence has an event before it */
	if (alert == ALERT_OK || s->is_new)
		return;
	duration_format(text, seconds);
	if (last == 0)
		findings_add(f, s, alert, "nothing was received yet");
	else
		findings_add(f, s, alert, "no event for %s; see hookcask gaps",
		    text);
}

static void
judge_errors(struct findings *f, const struct status *s,
    const struct threshold *t)
{
	enum alert alert = above(t, (double)s->refused_hour);

	if (alert != ALERT_OK)
		findings_add(f, s, alert,
		    "%" PRId64 " refused in the last hour; see "
		    "hookcask refused", s->refused_hour);
	if (s->stats == NULL)
		return;
	if (s->stats->head.open_errors > 0)
		findings_add(f, s, ALERT_CRITICAL,
		    "%u could not be stored, and "
		    "nothing has been since; see hookcask refused",
		    (unsigned)s->stats->head.open_errors);
	else if (s->errors_hour > 0)
		findings_add(f, s, ALERT_WARNING,
		    "%" PRId64 " could not be stored "
		    "in the last hour; see hookcask refused",
		    s->errors_hour);
}

static void
judge_other_bodies(struct findings *f, const struct status *s)
{
	if (s->other_bodies > 0)
		findings_add(f, s, ALERT_WARNING,
		    "%zu bod%s came under an id that "
		    "was stored with another body; see hookcask list "
		    "--other-body, and remove the file of each that is "
		    "settled", s->other_bodies,
		    s->other_bodies == 1 ? "y" : "ies");
}

static void
judge_backlog(struct findings *f, const struct status *s,
    const struct threshold *t)
{
	if (s->stateless)
		findings_add(f, s, ALERT_UNKNOWN,
		    "the state directory is missing "
		    "beside events: with it went the index and what its "
		    "consumers have finished; see hookcask drain");
	if (s->unread > 0)
		findings_add(f, s, ALERT_UNKNOWN,
		    "%" PRIu64 " file%s of the log "
		    "cannot be read; see hookcask drain", s->unread,
		    s->unread == 1 ? "" : "s");
	if (s->nobody.events > 0) {
		enum alert alert = above(t, (double)s->nobody.events);

		findings_add(f, s, alert == ALERT_OK ? ALERT_WARNING : alert,
		    "nobody drains %s%" PRId64 " event%s; run hookcask drain, "
		    "or set consumers = external if only other programs read "
		    "the store", s->nobody.about ? "about " : "",
		    s->nobody.events, s->nobody.events == 1 ? "" : "s");
	}
	for (size_t i = 0; i < s->consumer_count; i++) {
		const struct status_consumer *c = &s->consumers[i];
		enum alert alert = above(t, (double)c->events);

		if (c->unknown)
			findings_add(f, s, ALERT_UNKNOWN,
			    "the backlog of consumer %s "
			    "is unknown: its place or the end of the log is "
			    "uncertain; run hookcask drain", c->name);
		else if (alert != ALERT_OK)
			findings_add(f, s, alert, "consumer %s is behind by %s%"
			    PRId64 " events", c->name,
			    c->about ? "about " : "", c->events);
		if (c->failed > 0)
			findings_add(f, s, ALERT_WARNING,
			    "consumer %s has set aside "
			    "%" PRId64 "; see hookcask failed", c->name,
			    c->failed);
	}
}

/* Those that were set aside are reported by themselves. */
static void
judge_age(struct findings *f, const struct status *s,
    const struct status_consumer *c, const struct threshold *t)
{
	int64_t seconds = (s->now_us - c->oldest_us) / 1000000;
	char text[DURATION_SIZE];
	enum alert alert = above(t, (double)seconds);

	if (c->oldest_us == 0 || alert == ALERT_OK)
		return;
	duration_format(text, seconds);
	if (c == &s->nobody)
		findings_add(f, s, alert, "an event that nobody drains "
		    "arrived %s ago; run hookcask drain", text);
	else
		findings_add(f, s, alert, "consumer %s has not finished an "
		    "event that arrived %s ago; is its hookcask drain running?",
		    c->name, text);
}

static void
judge_disk(struct findings *f, const struct status *s,
    const struct threshold *given)
{
	static const struct threshold usual = { true, false, 10, 5 };
	const struct threshold *t = given->is_set ? given : &usual;
	char text[DURATION_SIZE];
	enum alert alert = ALERT_OK;
	double free_part;

	if (s->disk_size <= 0)
		return;
	free_part = 100 * (double)s->disk_free / (double)s->disk_size;
	if (!t->is_time)
		alert = below(t, free_part);
	else if (s->full_s >= 0)
		alert = below(t, (double)s->full_s);
	if (alert == ALERT_OK)
		return;
	duration_format(text, s->full_s);
	findings_add(f, s, alert, "%.0f%% of the disk is free%s%s", free_part,
	    s->full_s >= 0 ? ", full in " : "", s->full_s >= 0 ? text : "");
}

static void
judge_skew(struct findings *f, const struct status *s,
    const struct threshold *given)
{
	double tolerance = (double)s->endpoint->tolerance;
	const struct threshold usual = { tolerance > 0, false,
		tolerance / 4, tolerance * 3 / 4 };
	enum alert alert;

	if (s->sample == 0)
		return;
	alert = above(given->is_set ? given : &usual,
	    (double)llabs(s->skew_median));
	if (alert != ALERT_OK)
		findings_add(f, s, alert, "the clock is %" PRId64 " s off the "
		    "sender's (tolerance %" PRId64 " s); set it by NTP",
		    s->skew_median, s->endpoint->tolerance);
}

static void
note_replaced(void *ctx, const char *pid, const char *program)
{
	findings_add(ctx, NULL, ALERT_WARNING,
	    "process %s still runs %s from before "
	    "an upgrade; restart its web server or its service",
	    pid, program);
}

/* 'levers backlog'=3 and so on, as plugins print them. */
static void
print_figures(const struct status *s)
{
	char text[24] = "U";		/* plugins write this for unknown */
	int64_t backlog = s->nobody.events;
	int64_t oldest = s->nobody.oldest_us;
	bool known = true;

	for (size_t i = 0; i < s->consumer_count; i++)
		known = known && !s->consumers[i].unknown;
	for (size_t i = 0; i < s->consumer_count; i++) {
		const struct status_consumer *c = &s->consumers[i];

		if (c->events > backlog)
			backlog = c->events;
		if (oldest == 0 || (c->oldest_us > 0 && c->oldest_us < oldest))
			oldest = c->oldest_us;
	}
	if (known)
		snprintf(text, sizeof(text), "%" PRId64, backlog);
	if (status_last_us(s) > 0)
		printf(" '%s silence'=%" PRId64 "s", s->endpoint->name,
		    (s->now_us - status_last_us(s)) / 1000000);
	printf(" '%s refusals'=%" PRId64 " '%s errors'=%" PRId64
	    " '%s backlog'=%s", s->endpoint->name, s->refused_hour,
	    s->endpoint->name, s->errors_hour, s->endpoint->name, text);
	printf(" '%s age'=%" PRId64 "s", s->endpoint->name,
	    oldest == 0 ? 0 : (s->now_us - oldest) / 1000000);
	if (s->disk_size > 0)
		printf(" '%s free'=%.1f%%", s->endpoint->name,
		    100 * (double)s->disk_free / (double)s->disk_size);
	if (s->sample > 0)
		printf(" '%s skew'=%" PRId64 "s", s->endpoint->name,
		    s->skew_median);
}

enum alert
status_check(const struct status *list, size_t count,
    const struct thresholds *t)
{
	struct findings f = { .list = NULL };
	enum alert worst;

	for (size_t i = 0; i < count; i++) {
		judge_errors(&f, &list[i], &t->refusals);
		judge_silence(&f, &list[i], &t->silence);
		judge_other_bodies(&f, &list[i]);
		judge_backlog(&f, &list[i], &t->backlog);
		judge_age(&f, &list[i], &list[i].nobody, &t->age);
		for (size_t j = 0; j < list[i].consumer_count; j++)
			judge_age(&f, &list[i], &list[i].consumers[j],
			    &t->age);
		judge_disk(&f, &list[i], &t->disk);
		judge_skew(&f, &list[i], &t->skew);
	}
	replaced_find(note_replaced, &f);
	worst = findings_worst(&f, NULL);
	findings_print_head(&f, list, count);
	printf(" |");
	for (size_t i = 0; i < count; i++)
		print_figures(&list[i]);
	putchar('\n');
	findings_print_lines(&f, list, count);
	findings_wipe(&f);
	return worst;
}
