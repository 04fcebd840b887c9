/* SPDX-License-Identifier: ISC */
/*
 * Finds what is wrong with an endpoint, and says what to do.  Without limits it
 * finds what is never good: errors, a secret that no longer matches, a disk
 * that is nearly full, a clock near the tolerance, events set aside or drained
 * by nobody.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "cli/look/hints.h"
#include "cli/look/status_findings.h"
#include "cli/reading/gaps.h"
#include "cli/term/when.h"

#define HOUR_US		(INT64_C(3600) * 1000000)
#define ROTATED_MIN	3	/* deliveries */

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

	/* a silence begins after an event */
	if (alert == ALERT_OK || s->is_new)
		return;
	duration_format(text, seconds);
	if (last == 0)
		findings_add(f, s, alert, "nothing was received yet");
	else
		findings_add(f, s, alert, "no event for %s; see hookcask gaps",
		    text);
}

/* What to do about the last failure; a full disk is the usual cause. */
static const char *
advice_of(const struct status *s)
{
	const struct stats_refusal *r;

	if (s->disk_size > 0 && s->disk_free < s->disk_size / 100)
		return "the disk is full: make room (hookcask prune)";
	for (size_t i = 0; (r = stats_refusal(s->stats, i)) != NULL; i++)
		if (outcome_is_temporary((enum outcome)r->outcome))
			return hint_of(s, r);
	return outcome_hint(OUTCOME_STORE_ERROR);
}

/* Since when the sender must send again. */
static void
format_recover(char text[WHEN_SIZE], const struct status *s)
{
	const struct stats_head *h = &s->stats->head;
	const struct gap gap = { h->last_put_us != 0 ? h->last_put_us :
		h->since_us, 0, h->open_refused, h->open_errors };

	when_format(text, gap_recover_since(&gap));
}

static void
judge_open_errors(struct findings *f, const struct status *s)
{
	char since[WHEN_SIZE], recover[WHEN_SIZE];
	int64_t last = s->stats->head.last_put_us;

	when_format(since, (last != 0 ? last : s->stats->head.since_us) /
	    1000000);
	format_recover(recover, s);
	findings_add(f, s, ALERT_CRITICAL, "%u could not be stored, and "
	    "nothing has been since %s: %s; then recover since %s at the "
	    "sender", (unsigned)s->stats->head.open_errors, since,
	    advice_of(s), recover);
}

/*
 * A secret matched once, nothing has since, and by the rate of the hours that
 * are known several events should have come: so they are among those refused.
 */
static void
judge_rotated(struct findings *f, const struct status *s)
{
	char last[WHEN_SIZE], recover[WHEN_SIZE];
	int64_t matched = 0, hours = 0;
	const struct stats_refusal *r;
	const struct stats_row *row;
	uint64_t stored = 0;
	size_t refused = 0;

	for (int i = 0; s->stats != NULL && i < STATS_KEYS; i++)
		if (s->stats->head.key[i].last_us > matched)
			matched = s->stats->head.key[i].last_us;
	if (matched == 0)
		return;
	for (size_t i = 0; (r = stats_refusal(s->stats, i)) != NULL &&
	    r->time_us > matched; i++)
		refused += r->outcome == OUTCOME_NO_MATCH;
	for (int64_t i = matched / HOUR_US; hours < STATS_ROWS; hours++)
		if ((row = stats_row(s->stats, i - hours)) != NULL)
			stored += row->stored;
	if (refused < ROTATED_MIN || stored *
	    (uint64_t)((s->now_us - matched) / HOUR_US) <
	    ROTATED_MIN * STATS_ROWS)
		return;
	when_format(last, matched / 1000000);
	format_recover(recover, s);
	findings_add(f, s, ALERT_CRITICAL, "no secret has matched since %s, "
	    "and %zu deliveries were refused (no-match): it was rotated at "
	    "the sender, or has ended here; add the new one to %s, then "
	    "recover since %s at the sender", last, refused,
	    s->endpoint->secret_file != NULL ? s->endpoint->secret_file :
	    "HOOKCASK_SECRET", recover);
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
		judge_open_errors(f, s);
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
judge_cut(struct findings *f, const struct status *s)
{
	if (s->cut)
		findings_add(f, s, ALERT_WARNING, "the log was cut or changed "
		    "by somebody else, and what it lost counts as stored; run "
		    "hookcask index --forget-lost, then ask the sender for it "
		    "again");
}

static void
judge_undrained(struct findings *f, const struct status *s,
    const struct thresholds *t)
{
	const struct status_consumer *c = &s->nobody;
	int64_t seconds = (s->now_us - c->oldest_us) / 1000000;
	enum alert alert = above(&t->backlog, (double)c->events);
	char text[DURATION_SIZE];

	if (c->events == 0)
		return;
	if (c->oldest_us > 0 && above(&t->age, (double)seconds) > alert)
		alert = above(&t->age, (double)seconds);
	duration_format(text, c->oldest_us > 0 ? seconds : 0);
	findings_add(f, s, alert == ALERT_OK ? ALERT_WARNING : alert,
	    "nobody drains %s%" PRId64 " event%s; run hookcask drain, or set "
	    "consumers = external if only other programs read the store; the "
	    "oldest is %s old", c->about ? "about " : "", c->events,
	    c->events == 1 ? "" : "s", text);
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

/* Events that were set aside are reported by judge_backlog(). */
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
	findings_add(f, s, alert, "consumer %s has not finished an event that "
	    "arrived %s ago (%" PRId64 " wait); start its hookcask drain, or "
	    "see what that one says", c->name, text, c->events);
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

void
status_judge(struct findings *f, const struct status *s,
    const struct thresholds *t)
{
	judge_errors(f, s, &t->refusals);
	judge_rotated(f, s);
	judge_silence(f, s, &t->silence);
	judge_other_bodies(f, s);
	judge_cut(f, s);
	judge_undrained(f, s, t);
	judge_backlog(f, s, &t->backlog);
	for (size_t i = 0; i < s->consumer_count; i++)
		judge_age(f, s, &s->consumers[i], &t->age);
	judge_disk(f, s, &t->disk);
	judge_skew(f, s, &t->skew);
}
