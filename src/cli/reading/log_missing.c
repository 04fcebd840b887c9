/* SPDX-License-Identifier: ISC */
/*
 * Miss a file of a log that a consumer never began: the index has a number for
 * each, and rows with it.  Cheap as long as none is missed: one look for each
 * file that the consumer knows, and the first record of each that is new.
 *
 *   a number that the index has is       accounted for by
 *   the current one, if it is there      the mark
 *   of a file that the consumer began    the last event that it was given
 *   of a file under its old inode        that file
 *   of a file that is new to it          one of its first events
 *   of no row (expired, or forgotten)    nothing: not missed
 *   else                                 any event in any file
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/reading/log_missing.h"

#define FIRST_RECORDS 64	/* some of them may have expired */

struct asking {
	struct log_missing	*m;
	const struct log_known	*known;
	const struct log_dir	*dir;
	struct index		*index;
	int64_t			 from, to;	/* exclusive */
	bool			 no_memory;
};

/* 0: not known. */
static int64_t
number_of(const struct asking *a, const char *id)
{
	struct index_row row;
	bool found;

	return index_find(a->index, id, &found, &row, NULL) == INDEX_OK &&
	    found ? row.file_number : 0;
}

static struct log_missing_file *
file_of(const struct log_missing *m, int64_t number)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].number == number)
			return &m->list[i];
	return NULL;
}

static void
found(const struct log_missing *m, int64_t number)
{
	struct log_missing_file *f = file_of(m, number);

	if (f != NULL)
		f->found = true;
}

/* Only those that are not found stay; false: none. */
static bool
keep_missing(struct log_missing *m)
{
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++)
		if (!m->list[i].found)
			m->list[count++] = m->list[i];
	m->count = count;
	return count > 0;
}

static void
add_file(void *ctx, int64_t number, const char *name, uint64_t inode)
{
	struct asking *a = ctx;
	struct log_missing *m = a->m;
	struct log_missing_file *list, f = { .number = number,
		.inode = inode, .found = number >= a->to };

	if (number <= a->from || a->no_memory)
		return;
	list = realloc(m->list, (m->count + 1) * sizeof(*list));
	a->no_memory = list == NULL;
	if (list == NULL)
		return;
	strcpy(f.name, name);
	m->list = list;
	m->list[m->count++] = f;
}

/* The inode of a file that has gone is used again: its last number counts. */
static void
find_inode(const struct log_missing *m, uint64_t inode)
{
	for (size_t i = m->count; i-- > 0;)
		if (m->list[i].inode == inode) {
			m->list[i].found = true;
			return;
		}
}

/* What the files themselves and the consumer's places tell. */
static void
ask_places(const struct asking *a)
{
	const struct consumer_state *s = a->known->state;
	const struct log_files *files = a->known->files;

	for (size_t i = 0; i < s->file_count; i++)
		found(a->m, number_of(a, s->files[i].last.id));
	for (size_t i = 0; i < files->count; i++)
		find_inode(a->m, files->list[i].inode);
}

/* What the records of one file tell: the first ones, or all; its number. */
static bool
ask_records(const struct asking *a, const struct log_file *f, bool all,
    int64_t *number, struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	int64_t left = all ? INT64_MAX : FIRST_RECORDS;
	int rc = log_file_part(&part, path, a->dir, f, err);
	struct record_view view;
	struct line line;

	*number = 0;
	/* 0: renamed just now, it will be found again */
	if (rc <= 0)
		return rc == 0;
	part_begin(&part, 0);
	while (left > 0 && (all || *number == 0) &&
	    part_record(&part, &line, &view) > 0) {
		*number = number_of(a, view.id);
		found(a->m, *number);
		left--;
	}
	part_close(&part);
	return true;
}

static bool
ask_files(const struct asking *a, bool all, struct err *err)
{
	const struct log_files *files = a->known->files;
	int64_t number;

	for (size_t i = 0; i < files->count && keep_missing(a->m); i++) {
		const struct log_file *f = &files->list[i];

		if ((all || state_file(a->known->state, f->id) == NULL) &&
		    !ask_records(a, f, all, &number, err))
			return false;
	}
	return true;
}

static bool
note_id(void *ctx, const char *id, const struct index_row *row,
    struct err *err)
{
	struct log_missing_file *f = file_of(ctx, row->file_number);

	(void)err;
	if (f != NULL && f->id[0] == '\0')
		strcpy(f->id, id);
	return true;
}

/* A file without a row is not missed.  False: the index does not answer. */
static bool
ask_rows(const struct asking *a)
{
	if (index_walk(a->index, note_id, a->m, NULL) != INDEX_OK)
		return false;
	for (size_t i = 0; i < a->m->count; i++)
		a->m->list[i].found = a->m->list[i].id[0] == '\0';
	return true;
}

/* Of a file that is begun again from its start: by one of its records. */
static bool
number_of_begun(const struct asking *a, const struct state_file *begun,
    int64_t *number, struct err *err)
{
	const struct log_files *files = a->known->files;

	*number = number_of(a, begun->last.id);
	for (size_t i = 0; begun->last.len == 0 && i < files->count; i++)
		if (files->list[i].id == begun->id)
			return ask_records(a, &files->list[i], false, number,
			    err);
	return true;
}

/* The oldest that the consumer began, as far as the index knows; or to. */
static bool
oldest(struct asking *a, struct err *err)
{
	const struct consumer_state *s = a->known->state;
	int64_t number;

	a->from = a->to;
	for (size_t i = 0; i < s->file_count; i++) {
		if (!number_of_begun(a, &s->files[i], &number, err))
			return false;
		if (number > 0 && number < a->from)
			a->from = number;
	}
	return true;
}

static bool
has_current(const struct log_files *files)
{
	return files->count > 0 && files->list[files->count - 1].current;
}

bool
log_missing_find(struct log_missing *m, const struct log_known *known,
    const struct log_dir *dir, struct index *index, const struct mark *mark,
    struct err *err)
{
	struct asking a = { .m = m, .known = known, .dir = dir,
		.index = index };
	bool ok;

	/* the current one is missed if it was moved away */
	a.to = mark->file_number + !has_current(known->files);
	memset(m, 0, sizeof(*m));
	if (index == NULL || !mark->set)
		return true;
	if (!oldest(&a, err))
		return false;
	if (a.from + 1 >= a.to)
		return true;
	ok = index_each_file(index, add_file, &a, NULL) == INDEX_OK;
	if (a.no_memory)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
		    dir->path);
	ask_places(&a);
	if (!keep_missing(m))
		return true;
	if (!ask_files(&a, false, err))
		return false;
	ok = ok && keep_missing(m) && ask_rows(&a) && keep_missing(m);
	if (ok && !ask_files(&a, true, err))
		return false;
	if (!ok)
		m->count = 0;
	keep_missing(m);
	return true;
}

void
log_missing_wipe(struct log_missing *m)
{
	free(m->list);
	memset(m, 0, sizeof(*m));
}
