/* SPDX-License-Identifier: ISC */
/*
 * Writes what a consumer's drain must remember, in the lines that state.c
 * reads, and returns their texts.
 */
#include <config.h>

#include <sys/stat.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/consumer/state.h"

#define PACK_SLACK (INT64_C(1) << 20) /* bytes of outdated lines */

static void
add_last(struct lines_out *out, const struct state_last *last)
{
	if (last->len > 0)
		line_add(out, " %" PRId64 " %" PRId64 " %016" PRIx64 " %"
		    PRId64 " %s", last->at, last->len, last->hash,
		    last->received_us, last->id);
}

static void
put_place(struct lines_out *out, const struct state_file *f)
{
	line_begin(out);
	line_add(out, "P %016" PRIx64 " %" PRId64, f->id, f->place);
	add_last(out, &f->last);
	line_end(out);
}

static void
put_passed(struct lines_out *out, struct state_passed p)
{
	line_begin(out);
	line_add(out, "D %016" PRIx64 " %" PRId64, p.file, p.offset);
	line_end(out);
}

static void
put_file_done(struct lines_out *out, const struct state_file *f)
{
	line_begin(out);
	line_add(out, "Z %016" PRIx64 " %" PRId64 " %" PRIu64 " %" PRId64
	    " %" PRId64, f->id, f->place, f->inode, f->size, f->mtime_us);
	add_last(out, &f->last);
	line_end(out);
}

static void
put_entry(struct lines_out *out, uint64_t seq, struct state_passed origin,
    struct hookcask_span text)
{
	line_begin(out);
	line_add(out, "E %" PRIu64 " %016" PRIx64 " %" PRId64 " ", seq,
	    origin.file, origin.offset);
	line_add_span(out, text);
	line_end(out);
}

/* A line feed in the program's words would end the line. */
static void
add_escaped(struct lines_out *out, struct hookcask_span said)
{
	const char *p = said.data;

	for (size_t i = 0; i < said.len; i++)
		line_add_span(out, p[i] == '\n' ? span_text("\\n") :
		    p[i] == '\\' ? span_text("\\\\") : span_make(p + i, 1));
}

void
state_place(struct consumer_state *s, const struct state_file *file)
{
	put_place(&s->journal.out, file);
}

void
state_pass(struct consumer_state *s, struct state_passed passed)
{
	put_passed(&s->journal.out, passed);
}

void
state_file_done(struct consumer_state *s, const struct state_file *file)
{
	put_file_done(&s->journal.out, file);
}

uint64_t
state_keep(struct consumer_state *s, struct state_passed origin,
    struct hookcask_span text)
{
	uint64_t seq = s->next_seq++;

	put_entry(&s->journal.out, seq, origin, text);
	return seq;
}

static void
put_try(struct lines_out *out, const struct state_try *t)
{
	line_begin(out);
	line_add(out, "T %" PRIu64 " %" PRId64 " %" PRId64 " %c %" PRId64
	    " %s ", t->seq, t->tries, t->when_ms, t->failed ? 'f' : 'w',
	    t->tried_ms, t->reason);
}

void
state_try(struct consumer_state *s, const struct state_try *t)
{
	put_try(&s->journal.out, t);
	add_escaped(&s->journal.out, t->said);
	line_end(&s->journal.out);
}

void
state_drop(struct consumer_state *s, uint64_t seq)
{
	line_begin(&s->journal.out);
	line_add(&s->journal.out, "X %" PRIu64, seq);
	line_end(&s->journal.out);
}

static void
put_mark(struct lines_out *out, const struct state_mark *mark)
{
	line_begin(out);
	line_add(out, "C %" PRId64 " %s %016" PRIx64 " %" PRId64,
	    mark->at_ms, mark->token, mark->at.id, mark->at.place);
	add_last(out, &mark->at.last);
	line_end(out);
}

void
state_mark(struct consumer_state *s, const struct state_mark *mark)
{
	put_mark(&s->journal.out, mark);
}

void
state_keep_marks(struct consumer_state *s, size_t count)
{
	line_begin(&s->journal.out);
	line_add(&s->journal.out, "K %zu", count);
	line_end(&s->journal.out);
}

bool
state_write(struct consumer_state *s, struct err *err)
{
	return journal_write(&s->journal, err);
}

bool
state_move(struct consumer_state *s, const struct state_file *file,
    struct err *err)
{
	static const struct state_passed nowhere = { 0, 0 };
	bool ok = true;

	/* an entry that is dropped meanwhile must not come back */
	if (!journal_lock(&s->journal, err))
		return false;
	/* Z forgets events past the place, and P opens the file again */
	put_file_done(&s->journal.out, file);
	put_place(&s->journal.out, file);
	for (size_t i = 0; ok && i < s->entry_count; i++) {
		const struct state_entry *e = &s->entries[i];
		char *text;

		if (e->origin.file != file->id)
			continue;
		text = state_text(s, e, err);
		ok = text != NULL;
		if (ok)
			put_entry(&s->journal.out, e->seq, nowhere,
			    span_make(text, e->text_len));
		free(text);
	}
	ok = ok && state_write(s, err);
	journal_unlock(&s->journal);
	return ok;
}

static void
put_filter(struct lines_out *out, const char *filter)
{
	line_begin(out);
	line_add(out, "G 0 %s", filter);
	line_end(out);
}

bool
state_filter(struct consumer_state *s, const char *filter, struct err *err)
{
	char *had;
	bool same;

	if (s->filter_len == 0) {
		put_filter(&s->journal.out, filter);
		return state_write(s, err);
	}
	had = journal_text(&s->journal, s->filter_at, s->filter_len, err);
	if (had == NULL)
		return false;
	same = strcmp(had, filter) == 0;
	if (!same)
		err_set(err, OUTCOME_USAGE, "this consumer is for %s, not for "
		    "%s: what a drain leaves out counts as done; give the same "
		    "filter, or another --name", had, filter);
	free(had);
	return same;
}

bool
state_refresh(struct consumer_state *s, struct err *err)
{
	struct journal *j = &s->journal;
	struct stat st;

	if (j->ops->stat(j->ops->ctx, j->fd, &st) == 0 &&
	    st.st_nlink > 0 && st.st_size == j->end)
		return true;
	if (!journal_lock(j, err))
		return false;
	journal_unlock(j);
	return true;
}

bool
state_sync(struct consumer_state *s, struct err *err)
{
	return journal_sync(&s->journal, err);
}

static void
copy_filter(struct consumer_state *s, struct lines_out *out)
{
	char *filter = journal_text(&s->journal, s->filter_at, s->filter_len,
	    NULL);

	if (filter == NULL)
		out->lost = true;
	else
		put_filter(out, filter);
	free(filter);
}

static void
copy_entry(struct consumer_state *s, struct lines_out *out,
    const struct state_entry *e)
{
	char *text = journal_text(&s->journal, e->text_at, e->text_len, NULL);
	char *why = journal_text(&s->journal, e->why_at, e->why_len, NULL);
	struct state_try t = { e->seq, e->tries, e->when_ms, e->failed,
		e->tried_ms, "", span_text("") };

	if (text == NULL || why == NULL) {
		out->lost = true;
	} else {
		put_entry(out, e->seq, e->origin,
		    span_make(text, e->text_len));
		put_try(out, &t);
		/* "reason said" unchanged: put_try() left the blank */
		if (!out->lost)
			out->len--;
		line_add_span(out, span_make(why, e->why_len));
		line_end(out);
	}
	free(text);
	free(why);
}

/* journal_replace() asks until false: filter, files, ..., entries, marks. */
static bool
fill(void *ctx, struct lines_out *out)
{
	struct consumer_state *s = ctx;
	size_t i = s->pack_next++;

	if (i == 0 && s->filter_len > 0) {
		copy_filter(s, out);
		return true;
	}
	i -= s->filter_len > 0;
	if (i < s->file_count) {
		if (s->files[i].done)
			put_file_done(out, &s->files[i]);
		else
			put_place(out, &s->files[i]);
		return true;
	}
	i -= s->file_count;
	if (i < s->passed_count) {
		put_passed(out, s->passed[i]);
		return true;
	}
	i -= s->passed_count;
	if (i < s->entry_count) {
		copy_entry(s, out, &s->entries[i]);
		return true;
	}
	i -= s->entry_count;
	if (i < s->mark_count) {
		put_mark(out, &s->marks[i]);
		return true;
	}
	return false;
}

/* Roughly the bytes that it would need. */
static int64_t
needed(const struct consumer_state *s)
{
	size_t sum = s->file_count * 200 + s->passed_count * 50 +
	    s->mark_count * 300;

	for (size_t i = 0; i < s->entry_count; i++)
		sum += s->entries[i].text_len + s->entries[i].why_len + 150;
	return (int64_t)sum;
}

bool
state_renew(struct consumer_state *s, struct err *err)
{
	bool ok;

	if (!journal_lock(&s->journal, err))
		return false;
	s->pack_next = 0;
	ok = journal_replace(&s->journal, fill, err);
	journal_unlock(&s->journal);
	return ok;
}

bool
state_pack(struct consumer_state *s, struct err *err)
{
	if (s->journal.end < s->pack_at)
		return true;
	s->pack_at = 2 * needed(s) + PACK_SLACK;
	if (s->journal.end < s->pack_at)
		return true;
	if (!state_renew(s, err))
		return false;
	s->pack_at = 2 * s->journal.end + PACK_SLACK;
	return true;
}

char *
state_text(struct consumer_state *s, const struct state_entry *e,
    struct err *err)
{
	return journal_text(&s->journal, e->text_at, e->text_len, err);
}

char *
state_why(struct consumer_state *s, const struct state_entry *e,
    struct hookcask_span *reason, struct hookcask_span *said,
    struct err *err)
{
	char *text = journal_text(&s->journal, e->why_at, e->why_len, err);
	char *from, *to;
	size_t len;

	if (text == NULL)
		return NULL;
	len = strcspn(text, " ");
	*reason = span_make(text, len);
	from = to = text + len + (text[len] == ' ');
	said->data = to;
	/* len counts: a program's words may hold a NUL */
	for (const char *end = text + e->why_len; from < end; from++) {
		if (*from == '\\' && from + 1 < end)
			*to++ = *++from == 'n' ? '\n' : *from;
		else
			*to++ = *from;
	}
	said->len = (size_t)(to - (const char *)said->data);
	return text;
}
