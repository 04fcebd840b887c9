/* SPDX-License-Identifier: ISC */
/*
 * Reads a log's files one after the other, each from its place to where it can
 * be relied on.  Lines past the mark may be withdrawn by a writer that repairs
 * the log: they are not read.
 *
 *   found                                done
 *   at the mark                          wait until it moves
 *   the mark is in another file          this one is complete: read to its
 *                                        end, then the next
 *   it is shorter than its mark, begins  changed by somebody: find the files
 *   with another line, or no longer      again, and the place in them
 *   holds the last record that was read
 *   the mark is before our place         power loss set it back: wait, the
 *                                        lines are on the disk
 *   a packed file is torn                reported; its place is kept
 *   the same, young, while following     being compressed: wait
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli/batch/drain_log.h"
#include "cli/reading/log_place.h"
#include "cli/term/say.h"

/* Nothing of it is left to do: remembers its size, time and inode. */
static void
note_done(struct drain_log *l, int64_t place)
{
	const struct log_file *f = &l->file;
	struct window_item end = {
		.origin = { f->id, 0 }, .done = true, .last = true,
		.file = { .id = f->id, .place = place, .done = true,
		    .inode = f->inode, .size = f->size,
		    .mtime_us = f->mtime_us, .last = l->last },
	};

	log_window_add(&l->window, &end);
}

/* Is what was read of the open plain file still there? */
static bool
holds(struct drain_log *l)
{
	struct state_file at = { .last = l->last };
	bool same;

	return drain_log_is_same(l) && (l->last.len == 0 ||
	    (log_place_check(&l->part, &at, &same, NULL) && same));
}

/* At the end of what may be read.  1: there is more; 0: not now. */
static int
extend(struct drain_log *l, struct err *err)
{
	int64_t to;

	if (!l->file.current || !drain_log_mark(l, err))
		return l->file.current ? -1 : 0;
	if (!l->mark.set)
		return 0;
	if (l->mark.inode != l->file.inode)
		l->file.current = false;
	to = drain_log_limit(l);
	if (to < 0) {
		err_sys(err, OUTCOME_IO_ERROR, errno, "%s", l->path);
		return -1;
	}
	if (to == l->part.lines.end)
		return !l->file.current;
	if (to < l->part.lines.end || !holds(l)) {
		/* a mark that power loss has set back comes back to us */
		if (to < l->part.lines.end && l->file.current && holds(l))
			return 0;
		drain_log_close_file(l);
		l->found = false;
		return 1;
	}
	l->part.lines.end = to;
	return 1;
}

/* A compressed file that ends early: still being written, or damaged? */
static int
leave_torn(struct drain_log *l, struct err *err)
{
	if (errno != EILSEQ) {
		err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
		    OUTCOME_IO_ERROR, errno, "%s", l->path);
		return -1;
	}
	if (l->place.patient && (int64_t)time(NULL) * 1000000 -
	    l->file.mtime_us < LOG_YOUNG_US) {
		/* looked for again from its place */
		drain_log_close_file(l);
		l->found = false;
		return 0;
	}
	say("%s: torn or broken after byte %" PRId64 " of what is packed in "
	    "it; what follows is handed over once it can be read", l->path,
	    l->part.lines.at + (int64_t)l->part.lines.fill);
	++*l->place.broken;
	drain_log_close_file(l);
	return 1;
}

/* A complete file is at its end. */
static void
end_file(struct drain_log *l)
{
	struct stat st;

	/* as it is now: it may have grown since it was found */
	if (l->part.fd != -1 && fstat(l->part.fd, &st) == 0) {
		l->file.size = st.st_size;
		l->file.mtime_us = (int64_t)st.st_mtim.tv_sec * 1000000 +
		    st.st_mtim.tv_nsec / 1000;
		if (st.st_size < l->part.lines.at + (int64_t)l->part.lines.used)
			say("%s: somebody cut it: it ends at byte %" PRId64
			    ", before the last event that was handed over",
			    l->path, (int64_t)st.st_size);
	}
	note_done(l, l->part.lines.at + (int64_t)l->part.lines.used);
	drain_log_close_file(l);
}

int
drain_log_line(struct drain_log *l, struct line *line, struct err *err)
{
	int rc;

	for (;;) {
		if (!drain_log_has_room(l))
			return 0;
		if (!l->open) {
			rc = drain_log_open_next(l, err);
			if (rc <= 0)
				return rc;
		}
		rc = lines_next(&l->part.lines, line);
		if (rc > 0)
			return 1;
		if (rc < 0) {
			rc = leave_torn(l, err);
			if (rc <= 0)
				return rc;
			continue;
		}
		if (l->file.current) {
			rc = extend(l, err);
			if (rc <= 0)
				return rc;
			continue;
		}
		end_file(l);
	}
}
