/* SPDX-License-Identifier: ISC */
/*
 * Finds out, before files are read, which of them were handed over with another
 * first line, and which of those that were begun are gone.
 *
 *   found                                done
 *   a file that nobody knows, and it     reported; goes on after it
 *   holds the last event of a known one
 *   it may be a known one that has gone  end, unless the operator says where
 *                                        to go on
 *   a file with a place is gone          nothing, if the index knows that
 *                                        nothing followed; else reported
 *   a file that was not begun is missed  reported (log_missing.c)
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/batch/drain_log.h"
#include "cli/reading/log_known.h"
#include "cli/reading/log_look.h"
#include "cli/reading/log_missing.h"
#include "cli/reading/log_place.h"
#include "cli/term/say.h"

/* Goes on in this file; the one that it was before counts as finished. */
static bool
go_on(struct drain_log *l, const struct state_file *was,
    const struct state_file *at, struct err *err)
{
	/* the state may move what it lends */
	struct state_file old = *was;

	if (!state_move(l->place.state, at, err))
		return false;
	if (log_known_is_there(&l->files, old.id))
		return true;
	old.last.len = 0;
	state_file_done(l->place.state, &old);
	return state_write(l->place.state, err);
}

static bool
lost(struct drain_log *l, struct part *part,
    const struct state_file *was, struct state_file *at, struct err *err)
{
	if (l->place.since_us == NULL)
		return err_set(err, OUTCOME_BAD_DATA, "%s: begins with a line "
		    "that is not known, and does not hold %s, the last event "
		    "that was handed over of a file that has gone: it was cut, "
		    "replaced or edited.  Nothing is handed over until --since "
		    "TIME or --from-start says where to go on", part->path,
		    was->last.id);
	if (!log_place_since(part, *l->place.since_us, at, err))
		return false;
	say("%s: begins with a line that is not known; going on at byte %"
	    PRId64 ", as asked", part->path, at->place);
	return go_on(l, was, at, err);
}

static bool
recognise(struct drain_log *l, const struct log_file *f,
    struct part *part, struct err *err)
{
	const struct log_known known = { l->place.state, &l->files };
	struct state_file at = { .id = f->id };
	const struct state_file *was;

	switch (log_known_find(part, f, &known, &was, &at, err)) {
	case LOG_KNOWN_NOT:
		return true;
	case LOG_KNOWN_BY_LAST:
		say("%s: its first line was changed; going on at byte %" PRId64
		    ", after %s, the last event that was handed over",
		    part->path, at.place, at.last.id);
		return go_on(l, was, &at, err);
	case LOG_KNOWN_LOST:
		return lost(l, part, was, &at, err);
	case LOG_KNOWN_ERROR:
		break;
	}
	return false;
}

static bool
look(struct drain_log *l, const struct log_file *f, struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	struct state_file in_hand;
	bool ok;
	int rc;

	if (f->done || state_file(l->place.state, f->id) != NULL ||
	    log_window_reach(&l->window, f->id, &in_hand))
		return true;
	rc = log_file_part(&part, path, &l->dir, f, err);
	/* 0: renamed just now, it will be found again */
	if (rc <= 0)
		return rc == 0;
	if (f->current)
		part.to = l->mark.offset;
	ok = recognise(l, f, &part, err);
	part_close(&part);
	return ok;
}

static void
tell_of_gone(struct drain_log *l)
{
	struct consumer_state *s = l->place.state;

	for (size_t i = 0; i < s->file_count; i++) {
		const struct state_file *f = &s->files[i];

		if (f->done || log_known_is_there(&l->files, f->id))
			continue;
		if (log_known_is_all(l->marker.index, f)) {
			state_file_done(s, f);
			continue;
		}
		if (l->place.since_us != NULL) {
			say("%s: a file of the log has gone; what followed "
			    "byte %" PRId64 " of it counts as done, as asked",
			    l->dir.path, f->place);
			state_file_done(s, f);
			continue;
		}
		say("%s: a file of the log has gone that was handed over up "
		    "to byte %" PRId64 "%s%s (removed, or moved elsewhere); "
		    "bring it back, or say with --since TIME that nothing "
		    "else of it is wanted", l->dir.path, f->place,
		    f->last.len > 0 ? ", after " : "", f->last.id);
		++*l->place.unread;
	}
}

/* It counts as done under a name of its own: by one of its events. */
static void
pass_missing(struct drain_log *l, const struct log_missing_file *f)
{
	struct state_file gone = { .id = log_line_hash(f->id, strlen(f->id)),
		.place = 1, .last.len = 1 };

	say("%s: a file of the log has gone that was not begun, with %s; it "
	    "counts as done, as asked", l->dir.path, f->id);
	strcpy(gone.last.id, f->id);
	state_file_done(l->place.state, &gone);
}

static bool
tell_of_missing(struct drain_log *l, struct err *err)
{
	const struct log_known known = { l->place.state, &l->files };
	struct log_missing missing;
	bool ok;

	ok = log_missing_find(&missing, &known, &l->dir, l->marker.index,
	    &l->mark, err);
	for (size_t i = 0; ok && i < missing.count; i++) {
		const struct log_missing_file *f = &missing.list[i];

		if (l->place.since_us != NULL) {
			pass_missing(l, f);
			continue;
		}
		say("%s: a file of the log has gone that was not begun, once "
		    "%s, with %s (removed, or moved elsewhere); bring it back, "
		    "or say with --since TIME that nothing of it is wanted",
		    l->dir.path, f->name, f->id);
		++*l->place.unread;
	}
	log_missing_wipe(&missing);
	return ok;
}

bool
drain_log_recognise(struct drain_log *l, struct err *err)
{
	for (size_t i = 0; i < l->files.count; i++)
		if (!look(l, &l->files.list[i], err))
			return false;
	tell_of_gone(l);
	return tell_of_missing(l, err) && state_write(l->place.state, err);
}
