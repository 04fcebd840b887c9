/* SPDX-License-Identifier: ISC */
/*
 * Finds what is wrong with an endpoint, the worst first, each with what to do:
 * what "status --check" finds, with limits that suit most, and what only the
 * hours show.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/report.h"
#include "cli/term/when.h"

#define DAY_S		INT64_C(86400)
#define ATTACK		100	/* refused within an hour of the last day */
#define ATTACK_TIMES	10	/* as many as came well in that hour */

/* A silence is news if it is longer than any other of these days. */
static void
set_silence(struct threshold *t, const struct report *r)
{
	int64_t longest = DAY_S * 1000000 / 3;

	for (size_t i = 0; i < r->gaps.count; i++) {
		const struct gap *gap = &r->gaps.list[i];

		if (gap->to_us != 0 && gap->to_us - gap->from_us > longest)
			longest = gap->to_us - gap->from_us;
	}
	t->is_set = r->status.stats != NULL;
	t->warning = 3 * (double)longest / 1e6;
	t->critical = 1e18;
}

/* Strangers without the secret: many at once, while others are genuine. */
static void
judge_attack(struct report *r)
{
	size_t from = r->hours > 24 ? r->hours - 24 : 0, worst = from;

	for (size_t i = from; i < r->hours; i++)
		if (r->hour[i].refused > r->hour[worst].refused)
			worst = i;
	if (r->hours == 0 || r->reasons == 0 ||
	    r->hour[worst].refused < ATTACK || r->hour[worst].refused <
	    ATTACK_TIMES * (r->hour[worst].stored + r->hour[worst].duplicate))
		return;
	findings_add(&r->findings, &r->status, ALERT_WARNING, "%" PRIu64
	    " requests were refused in one hour, %u%% of the last ones as %s, "
	    "most from %s: strangers without the secret, and nothing of "
	    "theirs was stored; limit their rate at the web server",
	    r->hour[worst].refused, report_share(r, 0),
	    outcome_name(r->reason[0].outcome),
	    r->sources > 0 ? r->source[0].remote : "an unknown address");
}

static int
by_alert(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;

	/* unknown is no worse than critical to a person */
	static const int rank[] = { [ALERT_OK] = 0, [ALERT_WARNING] = 1,
		[ALERT_UNKNOWN] = 2, [ALERT_CRITICAL] = 3 };

	return rank[b->alert] - rank[a->alert];
}

/* Keeps the order within a kind, which qsort(3) does not promise. */
static void
sort(struct findings *f)
{
	for (size_t i = 1; i < f->count; i++)
		for (size_t j = i; j > 0 &&
		    by_alert(&f->list[j - 1], &f->list[j]) > 0; j--) {
			struct finding one = f->list[j];

			f->list[j] = f->list[j - 1];
			f->list[j - 1] = one;
		}
}

void
report_judge(struct report *r)
{
	struct thresholds t = {
		.age = { true, false, 3600, (double)DAY_S } };

	set_silence(&t.silence, r);
	status_judge(&r->findings, &r->status, &t);
	judge_attack(r);
	if (r->unread > r->status.unread || r->skipped > 0)
		findings_add(&r->findings, &r->status, ALERT_UNKNOWN,
		    "%" PRIu64 " files could not be read and %" PRIu64
		    " lines are no records, so the figures are too low; see "
		    "hookcask audit", r->unread, r->skipped);
	sort(&r->findings);
}

const char *
report_verdict(const struct report *r)
{
	return findings_name(r->findings.count == 0 ?
	    findings_worst(&r->findings, NULL) : r->findings.list[0].alert);
}

char *
report_sentence(const struct report *r)
{
	int64_t last = status_last_us(&r->status);
	char ago[DURATION_SIZE] = "";
	char *text;

	if (r->findings.count > 0)
		return strdup(r->findings.list[0].text);
	duration_format(ago, (r->status.now_us - last) / 1000000);
	if (asprintf(&text, "%" PRIu64 " event%s in %zu h%s%s%s; nothing to "
	    "do", r->total.stored, r->total.stored == 1 ? "" : "s", r->hours,
	    last == 0 ? "" : ", the last ", last == 0 ? "" : ago,
	    last == 0 ? "" : " ago") < 0)
		return NULL;
	return text;
}
