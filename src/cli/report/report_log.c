/* SPDX-License-Identifier: ISC */
/*
 * Adds to a report what only the records themselves know: types, sizes, and
 * how long they were under way, to the second (their signed time).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/reading/reading.h"
#include "cli/report/report.h"
#include "cli/term/progress.h"

#define HOUR_US		(INT64_C(3600) * 1000000)

const int64_t report_delay_to[REPORT_DELAYS - 1] = {
	0, 1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 120, 180, 300
};
const uint64_t report_size_to[REPORT_SIZES - 1] = {
	256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20
};

struct adding {
	struct report	*report;
	size_t		 room;			/* for types */
};

/* Where the type is in the sorted list, or would be. */
static size_t
find(const struct report *r, const char *name, bool *found)
{
	size_t low = 0, high = r->types;

	*found = false;
	while (low < high && !*found) {
		size_t mid = (low + high) / 2;
		int order = strcmp(name, r->type[mid].name);

		*found = order == 0;
		if (order > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return high;
}

static bool
insert(struct adding *a, size_t at, const char *name, struct err *err)
{
	struct report *r = a->report;
	size_t room = a->room == 0 ? 64 : a->room * 2;
	struct report_type *list = r->type;
	char *copy = strdup(name);

	if (copy != NULL && r->types == a->room) {
		list = realloc(r->type, room * sizeof(*list));
		if (list != NULL)
			a->room = room;
	}
	if (copy == NULL || list == NULL) {
		free(copy);
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	}
	r->type = list;
	memmove(list + at + 1, list + at, (r->types - at) * sizeof(*list));
	list[at] = (struct report_type){ .name = copy };
	r->types++;
	return true;
}

static bool
add_type(struct adding *a, const struct record_view *view, struct err *err)
{
	struct report *r = a->report;
	struct report_type *type = &r->others;
	bool found;
	size_t at = find(r, view->type, &found);

	if (!found && r->types < REPORT_TYPES_MAX) {
		if (!insert(a, at, view->type, err))
			return false;
		found = true;
	}
	if (found)
		type = &r->type[at];
	type->events++;
	type->bytes += view->body_len;
	return true;
}

static bool
add_record(void *ctx, const struct reading *reading, struct err *err)
{
	struct adding *a = ctx;
	const struct record_view *view = &reading->view;
	int64_t at = view->received_us / HOUR_US - a->report->first_hour;
	int64_t delay = view->received_us / 1000000 - view->time;
	struct report_hour *h;
	size_t bucket = 0;

	gaps_add_record(&a->report->gaps, view->received_us);
	if (at < 0 || at >= (int64_t)a->report->hours)
		return true;
	h = &a->report->hour[at];
	h->records++;
	h->bytes += reading->line.len + 1;
	while (bucket < REPORT_DELAYS - 1 && delay > report_delay_to[bucket])
		bucket++;
	h->delay[bucket]++;
	bucket = 0;
	while (bucket < REPORT_SIZES - 1 &&
	    view->body_len > report_size_to[bucket])
		bucket++;
	a->report->size[bucket]++;
	return add_type(a, view, err);
}

static int
by_events(const void *left, const void *right)
{
	const struct report_type *a = left, *b = right;

	return a->events > b->events ? -1 : a->events < b->events ? 1 :
	    strcmp(a->name, b->name);
}

/* Adds up those that are not named. */
static void
keep_most_frequent(struct report *r)
{
	if (r->types > 0)
		qsort(r->type, r->types, sizeof(*r->type), by_events);
	for (; r->types > REPORT_TYPES; free(r->type[r->types].name)) {
		const struct report_type *last = &r->type[--r->types];

		r->others.events += last->events;
		r->others.bytes += last->bytes;
	}
}

bool
report_in_gap(const struct report *r, size_t hour, const struct gap *gap)
{
	int64_t us = (r->first_hour + (int64_t)hour) * HOUR_US + HOUR_US / 2;

	return gap->from_us < us && (gap->to_us == 0 || gap->to_us > us);
}

/* Does the first of two gaps matter more? */
static bool
matters_more(const struct gap *a, const struct gap *b)
{
	if ((a->errors > 0) != (b->errors > 0))
		return a->errors > 0;
	if (a->to_us == 0 || b->to_us == 0)
		return a->to_us == 0;
	return a->to_us - a->from_us > b->to_us - b->from_us;
}

bool
report_names_gap(const struct report *r, size_t gap)
{
	const struct gap *list = r->gaps.list;
	size_t before = 0;

	/* of two that matter as much the newer one */
	for (size_t i = 0; i < r->gaps.count; i++)
		before += matters_more(&list[i], &list[gap]) || (i > gap &&
		    !matters_more(&list[gap], &list[i]));
	return before < REPORT_GAPS;
}

/* A gap that only records show: the hours know what was turned away in it. */
static void
count_gap(const struct report *r, struct gap *gap)
{
	gap->refused = gap->errors = 0;
	for (size_t i = 0; i < r->hours; i++)
		if (report_in_gap(r, i, gap)) {
			gap->refused += (int64_t)r->hour[i].refused;
			gap->errors += (int64_t)r->hour[i].error;
		}
}

bool
report_add_records(struct report *r, const struct endpoint *e,
    int64_t since_us, struct err *err)
{
	struct filter filter = { .since_us = gaps_read_since(since_us),
		.until_us = INT64_MAX };
	struct adding adding = { .report = r };
	struct reader reader = { .record = add_record, .ctx = &adding,
		.filter = &filter, .search = true };
	bool done = reader_endpoint(&reader, e, err);

	progress_clear();
	r->unread = reader.unread;
	r->skipped = reader.skipped;
	r->unpacked = reader.unpacked;
	keep_most_frequent(r);
	/* what was there before the counters began */
	for (size_t i = 0; i < r->hours && (r->status.stats == NULL ||
	    (r->first_hour + (int64_t)i) * HOUR_US <
	    r->status.stats->head.since_us - HOUR_US); i++)
		r->hour[i].stored = r->hour[i].records;
	for (size_t i = 0; i < r->gaps.count; i++)
		if (r->gaps.list[i].errors < 0)
			count_gap(r, &r->gaps.list[i]);
	return done && gaps_sort(&r->gaps, err);
}
