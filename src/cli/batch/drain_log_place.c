/* SPDX-License-Identifier: ISC */
/*
 * Checks the place before a drain goes on there.  A log that was cut, replaced
 * by an older copy or edited has other bytes at it.
 *
 *   found                                done
 *   the last record before the place     go on after it
 *   another one, and a tail              the log is being settled: wait
 *   another one, and runs that began     wait until they have ended
 *   before the place
 *   that record elsewhere in the file    reported; go on after it
 *   records in the order of their times  reported; go on five minutes before
 *   neither                              end, unless the operator says where
 *                                        to go on
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/batch/drain_log.h"
#include "cli/reading/log_place.h"
#include "cli/term/say.h"
#include "store/log.h"

bool
drain_log_is_settling(const struct drain_log *l)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" LOG_TAIL, l->place.state_dir);
	return access(path, F_OK) == 0 || errno != ENOENT;
}

static bool
lost(const struct part *part, const struct state_file *at,
    struct err *err)
{
	if (err->kind != OUTCOME_STORED)
		return false;
	if (at->last.len == 0)
		return err_set(err, OUTCOME_BAD_DATA, "%s: ends before byte "
		    "%" PRId64 ", up to which it was handed over: it was cut "
		    "or replaced.  Nothing is handed over until --since TIME "
		    "or --from-start says where to go on", part->path,
		    at->place);
	return err_set(err, OUTCOME_BAD_DATA, "%s: does not hold %s, the last "
	    "event that was handed over, and its times are in no order: it "
	    "was cut, replaced or edited.  Nothing is handed over until "
	    "--since TIME or --from-start says where to go on", part->path,
	    at->last.id);
}

/* Where to go on in a file that was changed. */
static bool
find_place(struct drain_log *l, struct part *part,
    struct state_file *at, struct err *err)
{
	char id[HOOKCASK_ID_MAX + 1];

	snprintf(id, sizeof(id), "%s", at->last.id);
	switch (log_place_find(part, at, err)) {
	case LOG_PLACE_BY_ID:
		say("%s: was changed; going on at byte %" PRId64 ", after %s, "
		    "the last event that was handed over", part->path,
		    at->place, id);
		break;
	case LOG_PLACE_BY_TIME:
		say("%s: was changed and no longer holds %s, the last event "
		    "that was handed over; going on at byte %" PRId64 ", with "
		    "what was received less than 5 minutes before it, or "
		    "later: some events may come again", part->path, id,
		    at->place);
		break;
	case LOG_PLACE_LOST:
		if (err->kind != OUTCOME_STORED || l->place.since_us == NULL)
			return lost(part, at, err);
		if (!log_place_since(part, *l->place.since_us, at, err))
			return false;
		say("%s: was changed; going on at byte %" PRId64 ", as asked",
		    part->path, at->place);
		break;
	}
	return state_move(l->place.state, at, err);
}

/*
 * What was left out after the last record may have been cut since, as bytes of
 * another program past the mark are, and records may be in its place.
 */
static void
after_last(struct state_file *at)
{
	int64_t end = at->last.at + at->last.len;

	if (at->last.len > 0 && at->place > end)
		at->place = end;
}

static enum drain_at
check(struct drain_log *l, struct part *part, struct state_file *at,
    bool in_hand, struct err *err)
{
	bool holds;

	/* twice: a settling that ends in between leaves neither trace */
	for (int i = 0; i < 2; i++) {
		if (!log_place_check(part, at, &holds, err))
			return DRAIN_AT_ERROR;
		if (holds) {
			after_last(at);
			return DRAIN_AT_PLACE;
		}
		if (drain_log_is_settling(l)) {
			*l->place.unsure = true;
			return DRAIN_AT_WAIT;
		}
	}
	if (in_hand)
		return DRAIN_AT_WAIT;
	return find_place(l, part, at, err) ? DRAIN_AT_PLACE :
	    DRAIN_AT_ERROR;
}

enum drain_at
drain_log_place(struct drain_log *l, const struct log_file *f,
    struct state_file *at, bool in_hand, struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	enum drain_at how;
	int rc;

	if (at->place == 0)
		return DRAIN_AT_PLACE;
	rc = log_file_part(&part, path, &l->dir, f, err);
	if (rc <= 0)
		return rc == 0 ? DRAIN_AT_NOTHING : DRAIN_AT_ERROR;
	if (f->current)
		part.to = l->mark.offset;
	how = check(l, &part, at, in_hand, err);
	part_close(&part);
	return how;
}
