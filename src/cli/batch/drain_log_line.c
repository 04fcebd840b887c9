/* SPDX-License-Identifier: ISC */
/*
 * Duty: read a log's files one after the other, each from its place to where
 * it can be relied on.  Lines past the mark may be withdrawn by a writer that
 * mends the log: they are not looked at.
 *
 *   found                                done
 *   at the mark                          wait until it moves
 *   the mark is in another file          this one is complete: read to its
 *                                        end, then the next
 *   it is shorter than its mark, or      cut by somebody (copytruncate):
 *   begins with another line             find the files anew
 *   the mark lies before our place       power loss set it back: wait, the
 *                                        lines are on the disk
 *   no mark                              nothing is settled: said once; wait
 *   a complete file ends before our      cut by somebody: said; finished
 *   place
 *   a packed file is torn, and young     being compressed: wait
 *   the same, five minutes old           said; finished where it is torn
 *   a file with a place is not there     said once; its place is kept
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/batch/drain_log.h"
#include "cli/term/say.h"

#define LOOKS_MAX 5		/* at a directory where files are renamed */

void
drain_log_close_file(struct drain_log *l)
{
	if (!l->open)
		return;
	if (l->skipped > SKIPPED_SAID)
		say("%s/%s: %" PRId64 " lines were left out in all",
		    l->dir.path, l->file.name, l->skipped);
	lines_wipe(&l->lines);
	archive_close(l->archive);
	l->archive = NULL;
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
	l->open = false;
}

/* Who follows waits for the delivery, or the rebuild, that makes it usable. */
static bool
read_mark(struct drain_log *l, struct err *err)
{
	struct err why = ERR_INIT;

	if (marker_read(&l->marker, &l->mark, &why))
		return true;
	if (!l->place.patient || !l->marker.unusable) {
		*err = why;
		return false;
	}
	if (!l->told)
		say("note: %s; waiting for one that can be read", why.text);
	l->told = true;
	return true;
}

/* Those that were begun and have gone: the operator wants to know. */
static void
tell_of_lost(struct drain_log *l)
{
	const struct consumer_state *s = l->place.state;

	for (size_t i = 0; i < s->file_count; i++) {
		const struct state_file *f = &s->files[i];
		bool there = false;

		if (f->done || f->gone)
			continue;
		for (size_t j = 0; j < l->files.count && !there; j++)
			there = l->files.list[j].id == f->id;
		if (there)
			continue;
		say("%s: a file of the log has gone that was finished up to "
		    "byte %" PRId64 " only (removed, moved elsewhere, or "
		    "compressed by something else than gzip); what followed "
		    "there is handed over should the file come back",
		    l->dir.path, f->place);
		state_gone(l->place.state, f->id);
	}
}

static bool
has_current(const struct drain_log *l)
{
	return l->files.count > 0 && l->files.list[l->files.count - 1].current;
}

/* The number of a file that was removed may have gone to another one. */
static bool
is_same_mark(const struct mark *a, const struct mark *b)
{
	return a->offset == b->offset &&
	    memcmp(a->last_hash, b->last_hash, sizeof(a->last_hash)) == 0;
}

/* Finds the files anew, if there can be other ones than last time. */
static bool
find(struct drain_log *l, struct err *err)
{
	if (l->found && l->mark.inode == l->found_at.inode &&
	    (has_current(l) || is_same_mark(&l->mark, &l->found_at)))
		return true;
	if (!log_files_find(&l->files, &l->dir, &l->mark, err))
		return false;
	*l->place.unread = l->files.unreadable;
	l->found = true;
	l->found_at = l->mark;
	l->next = 0;
	tell_of_lost(l);
	return true;
}

/* Is there room for one more, after all that can be told was told? */
static bool
has_room(struct drain_log *l)
{
	if (log_window_is_full(&l->window))
		log_window_tell(&l->window, l->place.state);
	return !log_window_is_full(&l->window);
}

/* Nothing of it is left to do: remembers how it lies there. */
static void
note_done(struct drain_log *l, const struct log_file *f, int64_t place)
{
	struct window_item end = {
		.origin = { f->id, 0 }, .done = true, .last = true,
		.file = { .id = f->id, .place = place, .done = true,
		    .inode = f->inode, .size = f->size,
		    .mtime_us = f->mtime_us },
	};

	log_window_add(&l->window, &end);
}

/* Events past the place that are finished, or kept as entries. */
static int64_t
passed_to(const struct drain_log *l, uint64_t file)
{
	const struct consumer_state *s = l->place.state;
	int64_t to = 0;

	for (size_t i = 0; i < s->passed_count; i++)
		if (s->passed[i].file == file && s->passed[i].offset >= to)
			to = s->passed[i].offset + 1;
	for (size_t i = 0; i < s->entry_count; i++)
		if (s->entries[i].origin.file == file &&
		    s->entries[i].origin.offset >= to)
			to = s->entries[i].origin.offset + 1;
	return to;
}

/* Is the open file the one that was judged? */
static bool
is_same(const struct drain_log *l)
{
	char head[LOG_HEAD_SIZE];
	struct log_file now;
	ssize_t n = pread(l->fd, head, sizeof(head), 0);

	return n > 0 && log_file_judge(&now, l->dir.endpoint, head,
	    (size_t)n) && now.id == l->file.id;
}

static int64_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_size : -1;
}

/* How far the open plain file may be read now. */
static int64_t
limit(const struct drain_log *l)
{
	int64_t size = size_of(l->fd);

	if (!l->file.current)
		return size;
	return size < l->mark.offset ? 0 : l->mark.offset;
}

/* False: it is not there any more, or something else is. */
static bool
open_file(struct drain_log *l, const struct log_file *f, int64_t place)
{
	bool packed;
	int fd;

	fd = openat(l->dir.fd, f->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return false;
	l->file = *f;
	l->fd = fd;
	l->open = true;
	l->torn = false;
	l->skipped = 0;
	l->passed_to = passed_to(l, f->id);
	if (f->packed) {
		l->fd = -1;
		l->archive = archive_open(fd, &packed);
		if (l->archive != NULL && packed &&
		    archive_seek(l->archive, place) == 0) {
			l->ops = archive_fileops(l->archive);
			lines_init(&l->lines, &l->ops, -1, place, INT64_MAX);
			return true;
		}
	} else if (is_same(l)) {
		lines_init(&l->lines, &fileops_posix, fd, place, limit(l));
		return true;
	}
	memset(&l->lines, 0, sizeof(l->lines));
	drain_log_close_file(l);
	return false;
}

enum opened { OPENED, FINISHED, VANISHED };

/* Opens it behind what is finished and what is in hand of it. */
static enum opened
open_at_place(struct drain_log *l, const struct log_file *f)
{
	const struct state_file *known = state_file(l->place.state,
	    f->id);
	int64_t place = known == NULL ? 0 : known->place;
	bool ended = false;

	/* files are found anew while runs go on: not handed over twice */
	if (log_window_reach(&l->window, f->id, &place, &ended)) {
		if (ended && !f->current)
			return FINISHED;
	} else if (known != NULL && known->done && !f->current) {
		note_done(l, f, place);
		return FINISHED;
	}
	return open_file(l, f, place) ? OPENED : VANISHED;
}

/* Where there are events and no index, somebody took it away. */
static void
tell_no_mark(struct drain_log *l)
{
	struct err none = ERR_INIT;

	if (l->told)
		return;
	l->told = true;
	l->found = false;
	if (log_files_find(&l->files, &l->dir, &l->mark, &none) &&
	    l->files.count > 0)
		say("note: %s: no index says how far the log can be relied "
		    "on; nothing is handed over before the next delivery, or "
		    "\"hookcask index --rebuild\", has made one",
		    l->place.state_dir);
}

int
drain_log_open_next(struct drain_log *l, struct err *err)
{
	/* the state must know all that the window has let go */
	log_window_tell(&l->window, l->place.state);
	if (!state_write(l->place.state, err))
		return -1;
	for (int looks = 0; looks < LOOKS_MAX; looks++) {
		if (!read_mark(l, err))
			return -1;
		if (!l->mark.set) {
			tell_no_mark(l);
			return 0;
		}
		if (!find(l, err))
			return -1;
		while (l->found && l->next < l->files.count) {
			if (!has_room(l))
				return 0;
			switch (open_at_place(l, &l->files.list[l->next++])) {
			case OPENED:
				return 1;
			case FINISHED:
				break;
			case VANISHED:
				/* renamed or cut just now: look again */
				l->found = false;
				break;
			}
		}
		if (l->found)
			return 0;
	}
	return 0;
}

/* At the end of what may be read.  1: there is more; 0: not now. */
static int
extend(struct drain_log *l, struct err *err)
{
	int64_t to;

	if (!l->file.current || !read_mark(l, err))
		return l->file.current ? -1 : 0;
	if (!l->mark.set)
		return 0;
	if (l->mark.inode != l->file.inode)
		l->file.current = false;
	to = limit(l);
	if (to == l->lines.end)
		return !l->file.current;
	if (to < l->lines.end || !is_same(l)) {
		/*
		 * Set back by power loss, it comes back to us; cut and
		 * written again, it begins with another line.
		 */
		if (is_same(l) && l->file.current)
			return 0;
		drain_log_close_file(l);
		l->found = false;
		return 1;
	}
	l->lines.end = to;
	return 1;
}

/* A packed file that cannot be read on: by and by, or never? */
static int
judge_torn(struct drain_log *l, struct err *err)
{
	if (errno != EILSEQ) {
		err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
		    OUTCOME_IO_ERROR, errno, "%s/%s", l->dir.path,
		    l->file.name);
		return -1;
	}
	if ((int64_t)time(NULL) * 1000000 - l->file.mtime_us < LOG_YOUNG_US) {
		/* looked for again from its place */
		drain_log_close_file(l);
		l->found = false;
		return 0;
	}
	say("%s/%s: torn or broken behind byte %" PRId64 " of what is packed "
	    "in it; what follows cannot be read", l->dir.path, l->file.name,
	    l->lines.at + (int64_t)l->lines.fill);
	note_done(l, &l->file, l->lines.at + (int64_t)l->lines.used);
	drain_log_close_file(l);
	return 1;
}

/* A complete file is at its end. */
static void
end_file(struct drain_log *l)
{
	struct stat st;

	/* as it lies there now: it may have grown since it was found */
	if (l->fd != -1 && fstat(l->fd, &st) == 0) {
		l->file.size = st.st_size;
		l->file.mtime_us = (int64_t)st.st_mtim.tv_sec * 1000000 +
		    st.st_mtim.tv_nsec / 1000;
		if (st.st_size < l->lines.at + (int64_t)l->lines.used)
			say("%s/%s: somebody cut it: it ends at byte %" PRId64
			    ", before the last event that was handed over",
			    l->dir.path, l->file.name, (int64_t)st.st_size);
	}
	note_done(l, &l->file, l->lines.at + (int64_t)l->lines.used);
	drain_log_close_file(l);
}

int
drain_log_line(struct drain_log *l, struct line *line, struct err *err)
{
	int rc;

	for (;;) {
		if (!has_room(l))
			return 0;
		if (!l->open) {
			rc = drain_log_open_next(l, err);
			if (rc <= 0)
				return rc;
		}
		rc = lines_next(&l->lines, line);
		if (rc > 0)
			return 1;
		if (rc < 0) {
			rc = judge_torn(l, err);
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
