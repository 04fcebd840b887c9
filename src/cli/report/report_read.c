/* SPDX-License-Identifier: ISC */
/* Gathers the figures of a report from the counters and the store. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/look/hints.h"
#include "cli/report/report.h"

#define HOUR_US		(INT64_C(3600) * 1000000)

static void
count_hours(struct report *r, int64_t since_us)
{
	int64_t last = r->status.now_us / HOUR_US;
	const struct stats_row *row;

	r->first_hour = since_us / HOUR_US;
	if (r->first_hour <= last - REPORT_HOURS)
		r->first_hour = last - REPORT_HOURS + 1;
	r->hours = r->first_hour > last ? 0 :
	    (size_t)(last - r->first_hour + 1);
	for (size_t i = 0; r->status.stats != NULL && i < r->hours; i++) {
		struct report_hour *h = &r->hour[i];

		row = stats_row(r->status.stats, r->first_hour + (int64_t)i);
		if (row == NULL)
			continue;
		h->stored = row->stored;
		h->duplicate = row->duplicate;
		h->ignored = row->ignored + row->probed;
		h->refused = row->refused;
		h->error = row->error;
		for (int j = 0; j < STATS_BUCKETS; j++)
			h->skew[j] = row->skew[j];
	}
}

static int
by_count(const void *left, const void *right)
{
	const struct report_reason *a = left, *b = right;

	return a->count > b->count ? -1 : a->count < b->count;
}

static void
add_reason(struct report *r, const struct stats_refusal *refusal)
{
	size_t i = 0;

	while (i < r->reasons && r->reason[i].outcome != refusal->outcome)
		i++;
	if (i == r->reasons)
		r->reason[r->reasons++] = (struct report_reason){
			(enum outcome)refusal->outcome, 0,
			hint_of(&r->status, refusal) };
	r->reason[i].count++;
}

static int
by_remote(const void *left, const void *right)
{
	const struct stats_refusal *const *a = left, *const *b = right;

	return strcmp((*a)->remote, (*b)->remote);
}

/* Keeps the most frequent addresses; list is sorted by them. */
static void
find_sources(struct report *r, const struct stats_refusal **list,
    size_t count)
{
	for (size_t i = 0, n; i < count; i += n) {
		struct report_source next = { list[i]->remote, 0 };

		for (n = 0; i + n < count &&
		    strcmp(list[i + n]->remote, next.remote) == 0; n++)
			next.count++;
		for (size_t j = 0; j < REPORT_SOURCES &&
		    next.remote[0] != '\0'; j++) {
			struct report_source *at = &r->source[j];

			if (j < r->sources && at->count >= next.count)
				continue;
			if (r->sources < REPORT_SOURCES)
				r->sources++;
			memmove(at + 1, at, (r->sources - 1 - j) *
			    sizeof(*at));
			*at = next;
			break;
		}
	}
}

static bool
count_refusals(struct report *r, int64_t since_us, struct err *err)
{
	const struct stats_refusal **list, *one;
	size_t count = 0;

	list = calloc(STATS_REFUSALS, sizeof(*list));
	if (list == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	r->known_us = since_us;
	for (size_t i = 0; (one = stats_refusal(r->status.stats, i)) != NULL;
	    i++) {
		if (one->time_us < since_us)
			break;
		add_reason(r, one);
		list[count++] = one;
	}
	if (count == STATS_REFUSALS)
		r->known_us = list[count - 1]->time_us;
	qsort(r->reason, r->reasons, sizeof(*r->reason), by_count);
	qsort(list, count, sizeof(*list), by_remote);
	find_sources(r, list, count);
	free(list);
	return true;
}

bool
report_count(struct report *r, int64_t since_us, struct err *err)
{
	r->gaps = (struct gaps){ .since_us = since_us,
		.now_us = r->status.now_us, .shortest_us = GAP_SHORTEST_US,
		.counted_us = INT64_MAX };
	count_hours(r, since_us);
	if (r->status.stats == NULL)
		return true;
	gaps_add_counted(&r->gaps, r->status.stats);
	return gaps_sort(&r->gaps, err) && count_refusals(r, since_us, err);
}

static void
add_hour(struct report_hour *sum, const struct report_hour *h)
{
	sum->stored += h->stored;
	sum->duplicate += h->duplicate;
	sum->ignored += h->ignored;
	sum->refused += h->refused;
	sum->error += h->error;
	sum->records += h->records;
	sum->bytes += h->bytes;
	for (int i = 0; i < REPORT_DELAYS; i++)
		sum->delay[i] += h->delay[i];
	for (int i = 0; i < STATS_BUCKETS; i++)
		sum->skew[i] += h->skew[i];
}

void
report_add_up(struct report *r)
{
	memset(&r->total, 0, sizeof(r->total));
	for (size_t i = 0; i < r->hours; i++)
		add_hour(&r->total, &r->hour[i]);
}

size_t
report_days(const struct report *r, struct report_day days[REPORT_DAYS])
{
	size_t count = 0;

	for (size_t i = 0; i < r->hours; i++) {
		char date[WHEN_SIZE];

		when_format(date, (r->first_hour + (int64_t)i) * 3600);
		date[10] = '\0';
		if ((count == 0 || strcmp(days[count - 1].date, date) != 0) &&
		    count < REPORT_DAYS) {
			memset(&days[count], 0, sizeof(*days));
			strcpy(days[count++].date, date);
		}
		add_hour(&days[count - 1].sum, &r->hour[i]);
	}
	return count;
}

bool
report_read(struct report *r, const struct endpoint *e, int64_t since_us,
    struct err *err)
{
	memset(r, 0, sizeof(*r));
	if (status_read(&r->status, e, err) &&
	    report_count(r, since_us, err) &&
	    report_add_records(r, e, since_us, err)) {
		report_add_up(r);
		return true;
	}
	report_wipe(r);
	return false;
}

void
report_wipe(struct report *r)
{
	for (size_t i = 0; i < r->types; i++)
		free(r->type[i].name);
	free(r->type);
	gaps_wipe(&r->gaps);
	findings_wipe(&r->findings);
	status_wipe(&r->status);
	memset(r, 0, sizeof(*r));
}

int64_t
report_delay(const uint64_t delay[REPORT_DELAYS], unsigned part)
{
	uint64_t all = 0, below = 0;

	for (int i = 0; i < REPORT_DELAYS; i++)
		all += delay[i];
	for (int i = 0; all > 0 && i < REPORT_DELAYS - 1; i++) {
		below += delay[i];
		if (below * 100 >= all * part)
			return report_delay_to[i];
	}
	return all == 0 ? -1 : INT64_MAX;
}

unsigned
report_share(const struct report *r, size_t reason)
{
	uint64_t all = 0;

	for (size_t i = 0; i < r->reasons; i++)
		all += r->reason[i].count;
	return all == 0 ? 0 :
	    (unsigned)((r->reason[reason].count * 100 + all / 2) / all);
}
