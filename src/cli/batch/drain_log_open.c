/* SPDX-License-Identifier: ISC */
/*
 * Finds the files of a log that a consumer has not finished, and opens each at
 * its place.
 *
 *   found                                done
 *   no mark                              nothing is settled: reported; wait
 *   the place does not hold              drain_log_place.c
 *   a first line that nobody knows, or   drain_log_known.c
 *   a file with a place that has gone
 *   renamed or cut while it was opened   look again
 */
#include <config.h>

#include <sys/stat.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/batch/drain_log.h"
#include "cli/reading/log_look.h"
#include "cli/term/say.h"

#define LOOKS_MAX 5		/* at a directory where files are renamed */

void
drain_log_close_file(struct drain_log *l)
{
	if (!l->open)
		return;
	if (l->skipped > SKIPPED_SAID)
		say("%s: %" PRId64 " lines were left out in all", l->path,
		    l->skipped);
	part_close(&l->part);
	l->open = false;
}

/* One that follows waits for a delivery, or a rebuild, to make it usable. */
bool
drain_log_mark(struct drain_log *l, struct err *err)
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

/* Finds the files again, if they may have changed since last time. */
static bool
find(struct drain_log *l, struct err *err)
{
	if (l->found && l->mark.inode == l->found_at.inode &&
	    (has_current(l) || is_same_mark(&l->mark, &l->found_at)))
		return true;
	if (!log_files_find(&l->files, &l->dir, &l->mark, err))
		return false;
	*l->place.unread = l->files.unreadable;
	*l->place.broken = l->files.broken + l->missed;
	l->found = true;
	l->found_at = l->mark;
	l->next = 0;
	return drain_log_recognise(l, err);
}

bool
drain_log_has_room(struct drain_log *l)
{
	if (log_window_is_full(&l->window))
		log_window_tell(&l->window, l->place.state);
	return !log_window_is_full(&l->window);
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

bool
drain_log_is_same(const struct drain_log *l)
{
	char head[LOG_HEAD_SIZE];
	struct log_file now;
	ssize_t n = pread(l->part.fd, head, sizeof(head), 0);

	return n > 0 && log_file_match(&now, l->dir.endpoint, head,
	    (size_t)n, LOG_FOREIGN_MAX) && now.id == l->file.id;
}

static int64_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_size : -1;
}

int64_t
drain_log_limit(const struct drain_log *l)
{
	int64_t size = size_of(l->part.fd);

	if (size < 0 || !l->file.current)
		return size;
	return size < l->mark.offset ? 0 : l->mark.offset;
}

/* Is the open file the one that was found?  Sets how far it may be read. */
static bool
is_as_found(struct drain_log *l)
{
	l->part.to = INT64_MAX;
	if (l->file.packed || l->part.archive != NULL)
		return l->file.packed && l->part.archive != NULL;
	l->part.to = drain_log_limit(l);
	return l->part.to >= 0 && drain_log_is_same(l);
}

/* 0: it is gone, or another file is there; -1: err. */
static int
open_file(struct drain_log *l, const struct log_file *f,
    const struct state_file *at, struct err *err)
{
	int rc = log_file_part(&l->part, l->path, &l->dir, f, err);

	if (rc <= 0)
		return rc;
	l->file = *f;
	l->open = true;
	l->torn = false;
	l->skipped = 0;
	l->last = at->last;
	l->passed_to = passed_to(l, f->id);
	if (is_as_found(l) && part_begin(&l->part, at->place))
		return 1;
	drain_log_close_file(l);
	return 0;
}

/*
 * Opens it after what is finished and what is in hand of it.  A file that
 * was finished is read on from its end: more may be there now.
 */
static enum drain_at
open_at_place(struct drain_log *l, const struct log_file *f, struct err *err)
{
	const struct state_file *known = state_file(l->place.state, f->id);
	struct state_file at = { .id = f->id };
	enum drain_at how;
	bool in_hand;
	int rc;

	if (f->done)
		return DRAIN_AT_END;
	if (known != NULL)
		at = *known;
	/* files are found again while runs go on: not handed over twice */
	in_hand = log_window_reach(&l->window, f->id, &at);
	if (in_hand && at.done && !f->current)
		return DRAIN_AT_END;
	how = drain_log_place(l, f, &at, in_hand, err);
	if (how != DRAIN_AT_PLACE)
		return how;
	rc = open_file(l, f, &at, err);
	return rc < 0 ? DRAIN_AT_ERROR : rc == 0 ? DRAIN_AT_NOTHING : how;
}

/* Where there are events and no index, somebody took it away. */
static void
tell_no_mark(struct drain_log *l)
{
	struct err none = ERR_INIT;

	*l->place.unsure = l->nobody_knows;
	if (l->told)
		return;
	l->told = true;
	l->found = false;
	l->nobody_knows = log_files_find(&l->files, &l->dir, &l->mark,
	    &none) && l->files.count > 0;
	*l->place.unsure = l->nobody_knows;
	*l->place.unread = l->files.unreadable;
	*l->place.broken = l->files.broken;
	if (l->nobody_knows)
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
	*l->place.unsure = false;
	for (int looks = 0; looks < LOOKS_MAX; looks++) {
		if (!drain_log_mark(l, err))
			return -1;
		if (!l->mark.set) {
			tell_no_mark(l);
			return 0;
		}
		if (!find(l, err))
			return -1;
		while (l->found && l->next < l->files.count) {
			if (!drain_log_has_room(l))
				return 0;
			switch (open_at_place(l, &l->files.list[l->next],
			    err)) {
			case DRAIN_AT_PLACE:
				l->next++;
				return 1;
			case DRAIN_AT_END:
				l->next++;
				break;
			case DRAIN_AT_WAIT:
				return 0;
			case DRAIN_AT_NOTHING:
				/* renamed or cut just now: look again */
				l->found = false;
				break;
			case DRAIN_AT_ERROR:
				return -1;
			}
		}
		if (l->found)
			return 0;
	}
	err_set(err, OUTCOME_TRY_AGAIN, "%s: its files keep changing their "
	    "names, or cannot be opened; run this again", l->dir.path);
	return -1;
}
