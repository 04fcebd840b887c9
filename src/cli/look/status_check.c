/* SPDX-License-Identifier: ISC */
/*
 * Checks thresholds as monitoring plugins do: prints one line with the result,
 * "|" and the figures, then a line for each problem or endpoint.
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

	for (size_t i = 0; i < count; i++)
		status_judge(&f, &list[i], t);
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
