/* SPDX-License-Identifier: ISC */
/*
 * Goes back in a log: an engine has lost what it had kept.  All that follows
 * its checkpoint is handed over again, in the files that are there.
 *
 *   found                                done
 *   the checkpoint's file                its place is the checkpoint's again
 *   later files                          nothing of them is finished
 *   events that wait or were set aside   stay what they are: the engine never
 *                                        had them
 *   a file has gone that had some of it  reported, counted as broken
 */
#include <config.h>

#include <stdio.h>

#include "cli/batch/drain_log.h"
#include "cli/reading/log_known.h"
#include "cli/term/say.h"
#include "cli/term/when.h"

static bool
find_all(struct drain_log *l, struct err *err)
{
	bool (*is_done)(void *, struct log_file *) = l->dir.is_done;
	bool ok;

	if (!drain_log_mark(l, err))
		return false;
	if (!l->mark.set)
		return err_set(err, OUTCOME_TRY_AGAIN, "%s: no index says "
		    "how far the log can be relied on", l->place.state_dir);
	/* the first time of each counts, even of finished ones */
	l->dir.is_done = NULL;
	ok = log_files_find(&l->files, &l->dir, &l->mark, err);
	l->dir.is_done = is_done;
	return ok;
}

/* Z forgets what is finished past the place, and P opens the file again. */
static void
put_back(struct consumer_state *s, const struct state_file *at)
{
	state_file_done(s, at);
	state_place(s, at);
}

/* Files that are known to have ended later, and are not there. */
static void
tell_gone(struct drain_log *l, const struct state_file *from)
{
	const struct consumer_state *s = l->place.state;
	char time[WHEN_SIZE];

	for (size_t i = 0; i < s->file_count; i++) {
		const struct state_file *f = &s->files[i];

		if (log_known_is_there(&l->files, f->id) ||
		    (f->id == from->id ? log_known_is_all(l->marker.index,
		    from) : f->last.received_us < from->last.received_us))
			continue;
		when_format_us(time, f->last.received_us);
		say("%s: a file of the log has gone that must be handed over "
		    "again, up to %s, received %s; bring it back for replay",
		    l->dir.path, f->last.len > 0 ? f->last.id : "its end",
		    time);
		l->missed++;
	}
}

bool
drain_log_back(void *ctx, const struct state_mark *to, struct err *err)
{
	struct state_file at = { .id = 0 };
	struct drain_log *l = ctx;
	size_t first = 0;

	if (to != NULL)
		at = to->at;
	drain_log_close_file(l);
	log_window_drop(&l->window);
	l->found = false;
	if (!find_all(l, err))
		return false;
	if (to != NULL && log_known_is_there(&l->files, at.id)) {
		while (l->files.list[first].id != at.id)
			first++;
		put_back(l->place.state, &at);
		first++;
	} else if (to != NULL) {
		while (first < l->files.count &&
		    l->files.list[first].first_us < at.last.received_us)
			first++;
	}
	if (to != NULL)
		tell_gone(l, &at);
	for (; first < l->files.count; first++) {
		struct state_file start = { .id = l->files.list[first].id };

		if (state_file(l->place.state, start.id) != NULL)
			put_back(l->place.state, &start);
	}
	say("%s: going back: all that follows %s is handed over again",
	    l->dir.path, at.last.len > 0 ? at.last.id : "its beginning");
	return state_write(l->place.state, err);
}
