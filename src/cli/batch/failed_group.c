/* SPDX-License-Identifier: ISC */
/*
 * Groups events that were set aside by how their runs ended and by their last
 * words.  Numbers in these do not count: a time or an id differs each time.
 */
#include <config.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/batch/failed.h"
#include "cli/term/jsonl.h"
#include "cli/term/screen.h"
#include "cli/term/when.h"

struct group {
	const struct failed_item *first;	/* the oldest */
	int64_t	 count, tried_ms;		/* the last try of all */
};

static bool
is_same_word(struct hookcask_span a, struct hookcask_span b)
{
	const char *p = a.data, *q = b.data;
	size_t i = 0, j = 0;

	while (i < a.len && j < b.len) {
		if (isdigit((unsigned char)p[i]) &&
		    isdigit((unsigned char)q[j])) {
			while (i < a.len && isdigit((unsigned char)p[i]))
				i++;
			while (j < b.len && isdigit((unsigned char)q[j]))
				j++;
		} else if (p[i++] != q[j++]) {
			return false;
		}
	}
	return i == a.len && j == b.len;
}

static bool
is_same(const struct failed_item *a, const struct failed_item *b)
{
	return span_same(a->reason, b->reason) &&
	    is_same_word(failed_last_line(a->said), failed_last_line(b->said));
}

static int
by_count(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	return a->count > b->count ? -1 : a->count < b->count;
}

static void
print_json(const struct group *g)
{
	struct jsonl j = JSONL_INIT;
	char time[CIVIL_SIZE];

	jsonl_open(&j, NULL);
	jsonl_number(&j, "count", g->count);
	jsonl_string(&j, "first", failed_id(g->first));
	if (g->tried_ms > 0) {
		civil_format(time, g->tried_ms / 1000);
		jsonl_string(&j, "tried", time);
	}
	jsonl_text(&j, "ended", g->first->reason);
	jsonl_text(&j, "stderr", failed_last_line(g->first->said));
	jsonl_end(&j);
}

static void
print_row(const struct group *g)
{
	size_t columns = screen_columns();
	char time[WHEN_SIZE] = "-", reason[FAILED_REASON];
	int used;

	failed_format_reason(reason, g->first->reason);
	if (g->tried_ms > 0)
		when_format(time, g->tried_ms / 1000);
	used = printf("%6" PRId64 "  %-*s  %-9s  ", g->count, when_width(),
	    time, reason);
	screen_print(failed_last_line(g->first->said), columns == 0 ? 0 :
	    columns > (size_t)used ? columns - (size_t)used : 1);
	putchar('\n');
}

bool
failed_print_groups(const struct failed_items *items, bool json,
    struct err *err)
{
	struct group *list = calloc(items->count + 1, sizeof(*list));
	size_t count = 0, at;

	if (list == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	for (size_t i = 0; i < items->count; i++) {
		const struct failed_item *item = &items->list[i];

		for (at = 0; at < count && !is_same(list[at].first, item);)
			at++;
		if (at == count)
			list[count++].first = item;
		list[at].count++;
		if (item->tried_ms > list[at].tried_ms)
			list[at].tried_ms = item->tried_ms;
	}
	qsort(list, count, sizeof(*list), by_count);
	if (count > 0 && !json)
		printf("%s%6s  %-*s  %-9s  %s%s\n", screen_tint(TINT_HEAD),
		    "EVENTS", when_width(), "LAST TRY", "ENDED", "LAST LINE",
		    screen_tint(TINT_END));
	for (size_t i = 0; i < count; i++)
		if (json)
			print_json(&list[i]);
		else
			print_row(&list[i]);
	free(list);
	return true;
}
