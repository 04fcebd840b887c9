/* SPDX-License-Identifier: ISC */
/*
 * Finds where in a file the records of a time begin, without reading what
 * comes before them.  Clocks may have been set meanwhile: a record that is
 * older than wanted by twice the slack is followed by all that are wanted.
 */
#include <config.h>

#include <sys/stat.h>

#include "cli/reading/reading_since.h"

#define NEAR (INT64_C(1) << 20)		/* bytes that are not worth a search */

/* The first record at or after an offset; false: there is none up to then. */
static bool
record_after(struct part *part, int64_t from, int64_t to,
    struct record_view *view, int64_t *at)
{
	struct line line;
	bool found = false;

	part_begin(part, from);
	part->lines.end = to;
	/* the first line may have begun before that */
	while (!found && part_record(part, &line, view) > 0)
		found = line.offset > from;
	*at = found ? line.offset : 0;
	return found;
}

void
reading_since(struct part *part, int64_t since_us)
{
	int64_t low = part->from, high, at;
	struct record_view view;
	struct stat st;

	if (part->archive != NULL || since_us < INT64_MIN +
	    2 * READING_SLACK_US || fstat(part->fd, &st) != 0)
		return;
	high = part->to < st.st_size ? part->to : st.st_size;
	while (high - low > NEAR) {
		int64_t mid = low + (high - low) / 2;

		if (record_after(part, mid, high, &view, &at) &&
		    view.received_us < since_us - 2 * READING_SLACK_US)
			low = at;
		else
			high = mid;
	}
	part->from = low;
}
