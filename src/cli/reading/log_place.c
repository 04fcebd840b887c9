/* SPDX-License-Identifier: ISC */
/*
 * Checks whether a file of a log still is what it was when a consumer read it
 * up to a place, and finds the place in one that is not.  Prints nothing and
 * changes nothing.
 *
 *   the file                             its place is
 *   holds the record where it was        good
 *   holds the same record elsewhere      after it (lines before it were
 *                                        removed or edited)
 *   holds its id and time                after it (that line was edited too)
 *   does not hold it, times in order     by time (an older copy)
 *   the same, times in no order          lost
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "cli/reading/log_look.h"
#include "cli/reading/log_place.h"
#include "store/log.h"

void
log_place_last(struct state_last *last, const struct line *line,
    const struct record_view *view)
{
	last->at = line->offset;
	last->len = (int64_t)line->len + line->whole;
	last->hash = log_line_hash(line->text, line->len);
	last->received_us = view->received_us;
	strcpy(last->id, view->id);
}

/* Reads len bytes at an offset; what there is of them, or -1 with errno. */
static ssize_t
read_at(struct part *part, void *buf, size_t len, int64_t offset)
{
	size_t got;

	if (part->archive != NULL && archive_seek(part->archive, offset) != 0)
		return -1;
	return part_fill(part, buf, len, offset, &got) ? (ssize_t)got : -1;
}

static bool
fail(const struct part *part, struct err *err)
{
	return err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
	    OUTCOME_IO_ERROR, errno, "%s", part->path);
}

bool
log_place_check(struct part *part, const struct state_file *file,
    bool *holds, struct err *err)
{
	const struct state_last *last = &file->last;
	size_t len = last->len - 1 < LOG_HASHED ? (size_t)(last->len - 1) :
	    LOG_HASHED;
	char head[LOG_HASHED], end;
	ssize_t n, m;

	*holds = true;
	if (last->len == 0 && file->place == 0)
		return true;
	/* of an older version: only a file that is too short is wrong */
	if (last->len == 0) {
		n = read_at(part, &end, 1, file->place - 1);
		*holds = n != 0;
		return n >= 0 || errno == EILSEQ || fail(part, err);
	}
	n = read_at(part, head, len, last->at);
	m = n < 0 ? -1 : read_at(part, &end, 1, last->at + last->len - 1);
	if (m < 0)
		return errno == EILSEQ || fail(part, err);
	*holds = n == (ssize_t)len && m == 1 && end == '\n' &&
	    log_line_hash(head, len) == last->hash;
	return true;
}

bool
log_place_is_done(const struct state_file *known, const struct log_file *f)
{
	return known->done && known->inode == f->inode &&
	    known->size == f->size && known->mtime_us == f->mtime_us;
}

bool
log_place_is_end(struct part *part, int64_t place, bool *is_end,
    struct err *err)
{
	char next;
	ssize_t n = read_at(part, &next, 1, place);

	*is_end = n == 0;
	return n >= 0 || errno == EILSEQ || fail(part, err);
}

struct search {
	const struct state_last	*wanted;	/* NULL: only by time */
	int64_t			 since_us;
	struct state_file	 by_line, by_id, by_time;
	bool			 line, id, time;	/* are set */
	bool			 mixed;		/* times before by_time are */
};

static void
set(struct state_file *file, int64_t place, const struct state_last *last)
{
	file->place = place;
	file->last = *last;
}

/* One record; previous: the one before it, its len 0 if it is the first. */
static void
look(struct search *s, const struct state_last *this,
    const struct state_last *previous, int64_t newest_us)
{
	const struct state_last *w = s->wanted;
	int64_t end = this->at + this->len;

	if (w != NULL && this->received_us == w->received_us &&
	    strcmp(this->id, w->id) == 0) {
		if (!s->line && this->len == w->len && this->hash == w->hash) {
			set(&s->by_line, end, this);
			s->line = true;
		}
		if (!s->id)
			set(&s->by_id, end, this);
		s->id = true;
	}
	if (s->time)
		return;
	if (this->received_us >= s->since_us) {
		set(&s->by_time, this->at, previous);
		s->time = true;
	} else if (this->received_us < newest_us - LOG_PLACE_SLACK_US) {
		s->mixed = true;
	}
}

static bool
search(struct part *part, struct search *s, struct err *err)
{
	struct state_last previous = { .len = 0 }, this;
	int64_t newest_us = INT64_MIN / 2;
	struct record_view view;
	struct line line;
	int rc;

	if (!part_begin(part, 0))
		return fail(part, err);
	memset(&this, 0, sizeof(this));
	while ((rc = part_record(part, &line, &view)) > 0) {
		log_place_last(&this, &line, &view);
		look(s, &this, &previous, newest_us);
		if (this.received_us > newest_us)
			newest_us = this.received_us;
		previous = this;
	}
	/* a packed one that is torn ends where it is */
	if (rc < 0 && errno != EILSEQ)
		return fail(part, err);
	if (!s->time)
		set(&s->by_time, previous.at + previous.len, &previous);
	return true;
}

enum log_place_found
log_place_find(struct part *part, struct state_file *file,
    struct err *err)
{
	struct search s = { .wanted = &file->last };
	struct state_last last = file->last;

	s.wanted = &last;
	s.since_us = last.received_us - LOG_PLACE_SLACK_US;
	if (last.len == 0 || !search(part, &s, err))
		return LOG_PLACE_LOST;
	if (s.line || s.id) {
		set(file, s.line ? s.by_line.place : s.by_id.place,
		    s.line ? &s.by_line.last : &s.by_id.last);
		return LOG_PLACE_BY_ID;
	}
	if (s.mixed)
		return LOG_PLACE_LOST;
	set(file, s.by_time.place, &s.by_time.last);
	return LOG_PLACE_BY_TIME;
}

bool
log_place_since(struct part *part, int64_t since_us,
    struct state_file *file, struct err *err)
{
	struct search s = { .since_us = since_us };

	if (!search(part, &s, err))
		return false;
	set(file, s.by_time.place, &s.by_time.last);
	return true;
}
