/* SPDX-License-Identifier: ISC */
/* Keeps the files and entries of a state sorted, so that they are found. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/consumer/state_table.h"

void *
state_grow(void *array, size_t count, size_t *size, size_t width)
{
	size_t more = *size == 0 ? 16 : *size * 2;
	void *base;

	if (count < *size)
		return array;
	base = realloc(array, more * width);
	if (base != NULL)
		*size = more;
	return base;
}

/* Where a file of that id is, or would be. */
static size_t
file_index(const struct consumer_state *s, uint64_t id)
{
	size_t low = 0, high = s->file_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->files[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t
state_entry_index(const struct consumer_state *s, uint64_t seq)
{
	size_t low = 0, high = s->entry_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->entries[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct state_file *
state_file(const struct consumer_state *s, uint64_t id)
{
	size_t i = file_index(s, id);

	return i < s->file_count && s->files[i].id == id ? &s->files[i] :
	    NULL;
}

struct state_entry *
state_entry(struct consumer_state *s, uint64_t seq)
{
	size_t i = state_entry_index(s, seq);

	return i < s->entry_count && s->entries[i].seq == seq ?
	    &s->entries[i] : NULL;
}

struct state_file *
state_need_file(struct consumer_state *s, uint64_t id)
{
	size_t i = file_index(s, id);
	struct state_file *f;

	if (i < s->file_count && s->files[i].id == id)
		return &s->files[i];
	f = state_grow(s->files, s->file_count, &s->file_size, sizeof(*f));
	if (f == NULL)
		return NULL;
	s->files = f;
	f += i;
	memmove(f + 1, f, (s->file_count++ - i) * sizeof(*f));
	memset(f, 0, sizeof(*f));
	f->id = id;
	return f;
}

struct state_entry *
state_need_entry(struct consumer_state *s, uint64_t seq)
{
	size_t i = state_entry_index(s, seq);
	struct state_entry *e;

	if (i < s->entry_count && s->entries[i].seq == seq)
		return &s->entries[i];
	e = state_grow(s->entries, s->entry_count, &s->entry_size, sizeof(*e));
	if (e == NULL)
		return NULL;
	s->entries = e;
	e += i;
	memmove(e + 1, e, (s->entry_count++ - i) * sizeof(*e));
	memset(e, 0, sizeof(*e));
	e->seq = seq;
	return e;
}

void
state_forget_passed(struct consumer_state *s, uint64_t file, int64_t before)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->passed_count; i++)
		if (s->passed[i].file != file || s->passed[i].offset >= before)
			s->passed[kept++] = s->passed[i];
	s->passed_count = kept;
}

/* How much it would be missed: the gap that it would leave, for its age. */
static double
worth(const struct state_mark *mark, int64_t now_ms)
{
	double age = (double)now_ms - (double)mark->at_ms;
	double apart = (double)mark[1].at_ms - (double)mark[-1].at_ms;

	/* where a clock was set back, order alone counts */
	return apart <= 0 || age <= 0 ? 0 : apart / (age + 1);
}

const struct state_mark *
state_sure_mark(const struct consumer_state *s)
{
	size_t i = s->mark_count;

	while (i > 0 && s->marks[i - 1].at_ms + STATE_MARK_SURE_MS >
	    s->marks[s->mark_count - 1].at_ms)
		i--;
	return i == 0 ? NULL : &s->marks[i - 1];
}

bool
state_add_mark(struct consumer_state *s, const struct state_mark *mark)
{
	size_t least = 1;

	if (s->marks == NULL)
		s->marks = calloc(STATE_MARKS_MAX, sizeof(*s->marks));
	if (s->marks == NULL)
		return false;
	if (s->mark_count > 0 && strcmp(s->marks[s->mark_count - 1].token,
	    mark->token) == 0)
		s->mark_count--;
	if (s->mark_count == STATE_MARKS_MAX) {
		for (size_t i = 2; i + 1 < s->mark_count; i++)
			if (worth(&s->marks[i], mark->at_ms) <
			    worth(&s->marks[least], mark->at_ms))
				least = i;
		s->mark_count--;
		memmove(&s->marks[least], &s->marks[least + 1],
		    (s->mark_count - least) * sizeof(*s->marks));
	}
	s->marks[s->mark_count++] = *mark;
	return true;
}
