/* SPDX-License-Identifier: ISC */
/*
 * Remembers which events a consumer has finished, and decides nothing.
 *
 *   line                               meaning
 *   P file place last                  all of it before this byte is finished
 *   D file offset                      so is the event there, past the place
 *   Z file place inode size mtime last and it ended there, for good
 *   G file                             of an older version; ignored
 *   G 0 filter                         what it leaves out counts as done
 *   E seq file offset text             an event that failed is kept here
 *   T seq tries when w|f tried why     its last run; waiting or set aside
 *   X seq                              it is finished, or was dropped
 *   C ms token file place last         the engine's token for this place
 *   K count                            only the oldest C still count
 *
 * last is "offset length hash received id" of the last record before the
 * place.  It is omitted if there is none; older versions omit and ignore it.
 *
 * An event gets its E before the place moves past it, both in one write.  If
 * the write is cut in between, the event is in E and still past the place,
 * which drain_log.c sees by its origin.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/consumer/state_table.h"

struct words {
	const char	*p;
	const char	*end;
	bool		 bad;
};

/* The next number, and the blank or the end after it. */
static int64_t
take_number(struct words *w, int base)
{
	char digits[24];
	size_t len = 0;
	char *end;
	long long value;

	while (w->p < w->end && *w->p != ' ' && len < sizeof(digits) - 1)
		digits[len++] = *w->p++;
	digits[len] = '\0';
	if (w->p < w->end && *w->p++ != ' ')
		w->bad = true;
	errno = 0;
	value = base == 16 ? (long long)strtoull(digits, &end, 16) :
	    strtoll(digits, &end, base);
	if (len == 0 || *end != '\0' || errno == ERANGE)
		w->bad = true;
	return value;
}

/* The last record, if the line has one. */
static void
take_last(struct words *w, int64_t place, struct state_last *last)
{
	size_t len;

	memset(last, 0, sizeof(*last));
	if (w->bad || w->p == w->end)
		return;
	last->at = take_number(w, 10);
	last->len = take_number(w, 10);
	last->hash = (uint64_t)take_number(w, 16);
	last->received_us = take_number(w, 10);
	len = (size_t)(w->end - w->p);
	if (last->at < 0 || last->received_us < 0 || last->len <= 0 ||
	    place < last->len ||
	    last->at > place - last->len || len == 0 || len > HOOKCASK_ID_MAX)
		w->bad = true;
	else
		memcpy(last->id, w->p, len);
}

static bool
apply_place(struct consumer_state *s, struct words *w)
{
	uint64_t id = (uint64_t)take_number(w, 16);
	struct state_file *f = state_need_file(s, id);

	if (f == NULL)
		return false;
	f->place = take_number(w, 10);
	take_last(w, f->place, &f->last);
	f->done = false;
	state_forget_passed(s, id, f->place);
	return true;
}

static bool
apply_passed(struct consumer_state *s, struct words *w)
{
	struct state_passed *p = state_grow(s->passed, s->passed_count,
	    &s->passed_size, sizeof(*p));

	if (p == NULL)
		return false;
	s->passed = p;
	p += s->passed_count++;
	p->file = (uint64_t)take_number(w, 16);
	p->offset = take_number(w, 10);
	return true;
}

static bool
apply_file_done(struct consumer_state *s, struct words *w)
{
	struct state_file *f = state_need_file(s, (uint64_t)take_number(w, 16));

	if (f == NULL)
		return false;
	f->done = true;
	f->place = take_number(w, 10);
	f->inode = (uint64_t)take_number(w, 10);
	f->size = take_number(w, 10);
	f->mtime_us = take_number(w, 10);
	take_last(w, f->place, &f->last);
	state_forget_passed(s, f->id, INT64_MAX);
	return true;
}

static bool
apply_entry(struct consumer_state *s, struct words *w,
    const struct journal_line *line)
{
	uint64_t seq = (uint64_t)take_number(w, 10);
	struct state_entry *e;

	/* 0 means no entry, and the next number must not overflow */
	if (seq == 0 || seq >= INT64_MAX) {
		w->bad = true;
		return true;
	}
	e = state_need_entry(s, seq);
	if (e == NULL)
		return false;
	e->origin.file = (uint64_t)take_number(w, 16);
	e->origin.offset = take_number(w, 10);
	e->text_at = line->offset + (w->p - line->text);
	e->text_len = (size_t)(w->end - w->p);
	if (seq >= s->next_seq)
		s->next_seq = seq + 1;
	return true;
}

static void
apply_try(struct consumer_state *s, struct words *w,
    const struct journal_line *line)
{
	struct state_entry *e = state_entry(s,
	    (uint64_t)take_number(w, 10));
	struct state_entry none;

	if (e == NULL)
		e = &none;
	e->tries = take_number(w, 10);
	e->when_ms = take_number(w, 10);
	if (w->end - w->p < 2 || (*w->p != 'w' && *w->p != 'f')) {
		w->bad = true;
		return;
	}
	e->failed = *w->p == 'f';
	w->p += 2;
	e->tried_ms = take_number(w, 10);
	e->why_at = line->offset + (w->p - line->text);
	e->why_len = (size_t)(w->end - w->p);
}

static void
apply_drop(struct consumer_state *s, struct words *w)
{
	uint64_t seq = (uint64_t)take_number(w, 10);
	size_t i = state_entry_index(s, seq);

	if (i == s->entry_count || s->entries[i].seq != seq)
		return;
	s->entry_count--;
	memmove(s->entries + i, s->entries + i + 1,
	    (s->entry_count - i) * sizeof(*s->entries));
}

static bool
apply_mark(struct consumer_state *s, struct words *w)
{
	struct state_mark mark = { .at_ms = take_number(w, 10) };
	const char *blank = memchr(w->p, ' ', (size_t)(w->end - w->p));

	if (mark.at_ms < 0 || blank == NULL || blank == w->p ||
	    blank - w->p > STATE_TOKEN_MAX) {
		w->bad = true;
		return true;
	}
	memcpy(mark.token, w->p, (size_t)(blank - w->p));
	w->p = blank + 1;
	mark.at.id = (uint64_t)take_number(w, 16);
	mark.at.place = take_number(w, 10);
	take_last(w, mark.at.place, &mark.at.last);
	return w->bad || state_add_mark(s, &mark);
}

static void
apply_keep(struct consumer_state *s, struct words *w)
{
	int64_t count = take_number(w, 10);

	if (count >= 0 && (size_t)count < s->mark_count)
		s->mark_count = (size_t)count;
}

static bool
apply(void *ctx, const struct journal_line *line, struct err *err)
{
	struct consumer_state *s = ctx;
	struct words w = { line->text + 2, line->text + line->len, false };
	bool room = true;

	if (line->len < 3 || line->text[1] != ' ')
		goto bad;
	switch (line->text[0]) {
	case 'P':
		room = apply_place(s, &w);
		break;
	case 'D':
		room = apply_passed(s, &w);
		break;
	case 'Z':
		room = apply_file_done(s, &w);
		break;
	case 'G':
		take_number(&w, 16);
		if (w.p == w.end)
			break;
		s->filter_at = line->offset + (w.p - line->text);
		s->filter_len = (size_t)(w.end - w.p);
		break;
	case 'E':
		room = apply_entry(s, &w, line);
		break;
	case 'T':
		apply_try(s, &w, line);
		break;
	case 'X':
		apply_drop(s, &w);
		break;
	case 'C':
		room = apply_mark(s, &w);
		break;
	case 'K':
		apply_keep(s, &w);
		break;
	default:
		goto bad;
	}
	if (!room)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
		    s->journal.path);
	if (!w.bad)
		return true;
bad:
	return err_set(err, OUTCOME_BAD_DATA, "%s: byte %" PRId64 ": a line "
	    "that this version does not know", s->journal.path,
	    line->offset);
}

static void
forget(void *ctx)
{
	struct consumer_state *s = ctx;

	s->file_count = s->passed_count = s->entry_count = 0;
	s->mark_count = 0;
	s->filter_len = 0;
	if (s->next_seq == 0)
		s->next_seq = 1;
}

bool
consumer_check(const char *name, struct err *err)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t len = strlen(name);

	if (len > 0 && len <= CONSUMER_NAME_MAX && strspn(name, good) == len)
		return true;
	return err_set(err, OUTCOME_USAGE, "--name %s: a consumer's name is "
	    "1 to %d letters, digits, \"_\" and \"-\"", name,
	    CONSUMER_NAME_MAX);
}

bool
state_open(struct consumer_state *s, const struct state_where *where,
    enum state_open how, struct err *err)
{
	struct journal *j = &s->journal;

	s->is_spool = where->is_spool;
	snprintf(s->name, sizeof(s->name), "drain-%s", where->consumer);
	snprintf(s->head, sizeof(s->head), "hookcask drain 1 %s %s %s\n",
	    where->is_spool ? "spool" : "log", where->endpoint,
	    where->consumer);
	snprintf(j->path, sizeof(j->path), "%s/%s", where->dir_path, s->name);
	j->ops = where->ops;
	j->dir = where->dir;
	j->name = s->name;
	j->head = s->head;
	j->apply = apply;
	j->forget = forget;
	j->ctx = s;
	return journal_open(j, how != STATE_READ, how == STATE_MAKE, err);
}

void
state_close(struct consumer_state *s)
{
	journal_close(&s->journal);
	free(s->files);
	free(s->passed);
	free(s->entries);
	free(s->marks);
	s->marks = NULL;
	s->mark_count = 0;
	s->files = NULL;
	s->passed = NULL;
	s->entries = NULL;
	s->file_count = s->passed_count = s->entry_count = 0;
	s->file_size = s->passed_size = s->entry_size = 0;
}
