/* SPDX-License-Identifier: ISC */
/*
 * Prints the last records of a log without reading all of it, and follows the
 * log through files that are renamed, compressed or cut.  Reads up to the
 * mark, as every reader does.
 *
 *   found                               done
 *   the mark has moved on in our file   read on up to it
 *   the mark is in another file         read ours to its end, then all files
 *                                       after it that were never seen, up to
 *                                       the mark
 *   a newer file than the mark's        leave it until the mark is in it
 *   our file is shorter than our place, it was cut: read from its beginning
 *   or begins with another line
 *   no index, or no mark                wait
 */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/look/tail.h"
#include "cli/reading/log_look.h"
#include "cli/reading/reading_log.h"

#define FIRST_STEP ((int64_t)64 << 10)

/* Where to begin in one file, and how many records to skip. */
struct begin {
	int64_t	 from;
	int64_t	 leave;
};

/* The start of the first line at or after an offset; -1: none nearby. */
static int64_t
line_start(int fd, int64_t from, int64_t to)
{
	char buf[4096];
	const char *lf;
	ssize_t n;

	if (from <= 0)
		return 0;
	for (from--; from < to; from += n) {
		n = pread(fd, buf, sizeof(buf), (off_t)from);
		if (n <= 0)
			return -1;
		lf = memchr(buf, '\n', (size_t)n);
		if (lf != NULL)
			return from + (lf - buf) + 1;
	}
	return -1;
}

/*
 * Finds where the last records of one file begin: steps back, further each
 * time, until there are enough.  A compressed file must be read whole.
 */
static bool
find_begin(struct tail *t, struct log_reading *l, size_t *at,
    int64_t wanted, struct begin *begin, struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	int64_t step = FIRST_STEP, end = INT64_MAX;
	struct stat st;
	bool done;

	do {
		if (!log_reading_file(l, at, path, &part, err))
			return false;
		part.growing = true;
		part.from = 0;
		if (part.archive == NULL && fstat(part.fd, &st) == 0) {
			end = part.to < st.st_size ? part.to : st.st_size;
			part.from = line_start(part.fd, end - step, end);
			if (part.from < 0)
				part.from = 0;
		}
		t->count = 0;
		done = reader_part(&t->counter, &part, err);
		part_close(&part);
		step *= 4;
	} while (done && t->count < wanted && part.from > 0);
	begin->from = part.from;
	begin->leave = t->count > wanted ? t->count - wanted : 0;
	return done;
}

/* Hands over one file without its first records. */
struct leaving {
	struct reader	*reader;
	int64_t		 leave;
};

static bool
leave(void *ctx, const struct reading *r, struct err *err)
{
	struct leaving *l = ctx;

	if (l->leave > 0) {
		l->leave--;
		return true;
	}
	return l->reader->record(l->reader->ctx, r, err);
}

/* The followed file: kept open, since it may be renamed. */
struct followed {
	char		 path[PATH_MAX];
	struct part	 part;
	struct log_file	 file;
	uint64_t	*seen;		/* ids of all files until now */
	size_t		 seen_count;
};

static bool
is_seen(const struct followed *f, uint64_t id)
{
	size_t i = 0;

	while (i < f->seen_count && f->seen[i] != id)
		i++;
	return i < f->seen_count;
}

static bool
add_seen(struct followed *f, uint64_t id, struct err *err)
{
	uint64_t *seen;

	if (is_seen(f, id))
		return true;
	seen = realloc(f->seen, (f->seen_count + 1) * sizeof(*seen));
	if (seen == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	f->seen = seen;
	f->seen[f->seen_count++] = id;
	return true;
}

/* The responder has begun this file, and its index does not know that yet. */
static bool
is_early(const struct log_reading *l, const struct log_file *f)
{
	const struct log_file *last = &l->files.list[l->files.count - 1];
	char name[INDEX_NAME_MAX + 1];

	return last->current && f->first_us > last->first_us &&
	    log_name(name, l->dir.pattern, f->first_us / 1000000) &&
	    strcmp(f->name, name) == 0;
}

static void
leave_early(struct log_reading *l)
{
	struct log_file *list = l->files.list;
	size_t n = 0, count = l->files.count;

	for (size_t i = 0; i < count; i++)
		if (!is_early(l, &list[i]))
			list[n++] = list[i];
	l->files.count = n;
}

static bool
print_file(struct tail *t, struct log_reading *l, size_t *at,
    const struct begin *begin, struct followed *f, struct err *err)
{
	struct leaving leaving = { t->reader, begin->leave };
	struct reader reader = *t->reader;
	bool done;

	part_close(&f->part);
	if (!log_reading_file(l, at, f->path, &f->part, err))
		return false;
	f->file = l->files.list[*at];
	reader.record = leave;
	reader.ctx = &leaving;
	f->part.from = begin->from;
	done = reader_part(&reader, &f->part, err);
	t->reader->skipped = reader.skipped;
	f->part.from = f->part.to;
	return done;
}

/* Reads the files after the followed one that were never seen. */
static bool
print_later(struct tail *t, struct log_reading *l, struct followed *f,
    struct err *err)
{
	const struct begin whole = { 0, 0 };
	int64_t from_us = f->file.first_us;

	if (!log_files_find(&l->files, &l->dir, &l->mark, err))
		return false;
	leave_early(l);
	for (size_t i = 0; i < l->files.count; i++) {
		struct log_file file = l->files.list[i];

		if (is_seen(f, file.id))
			continue;
		if (!add_seen(f, file.id, err))
			return false;
		/* an older one was put there by somebody */
		if ((file.current || file.first_us >= from_us) &&
		    !print_file(t, l, &i, &whole, f, err))
			return false;
	}
	return true;
}

/* Reads on in the followed file. */
static bool
print_more(struct tail *t, struct followed *f, int64_t to, struct err *err)
{
	f->part.to = to;
	f->part.growing = true;
	return reader_part(t->reader, &f->part, err);
}

/* Was it cut, and perhaps written again? */
static bool
was_cut(struct followed *f, const struct stat *st, const char *endpoint)
{
	uint64_t id = f->file.id;
	char head[LOG_HEAD_SIZE];
	ssize_t n;

	n = pread(f->part.fd, head, sizeof(head), 0);
	if (n > 0)
		log_file_match(&f->file, endpoint, head, (size_t)n,
		    LOG_FOREIGN_MAX);
	return st->st_size < f->part.from || f->file.id != id;
}

/* The mark is in the followed file. */
static bool
read_on(struct tail *t, struct log_reading *l, struct followed *f,
    const struct stat *st, struct err *err)
{
	if (was_cut(f, st, l->dir.endpoint)) {
		f->part.from = 0;
		if (!add_seen(f, f->file.id, err))
			return false;
	}
	if (l->mark.offset <= f->part.from)
		return true;
	if (!print_more(t, f, l->mark.offset, err))
		return false;
	f->part.from = l->mark.offset;
	return true;
}

static bool
poll_once(struct tail *t, struct log_reading *l, struct followed *f,
    struct err *err)
{
	bool open = f->part.fd != -1;
	struct err why = ERR_INIT;
	struct stat st;

	if (!marker_read(&l->marker, &l->mark, &why) &&
	    !l->marker.unusable) {
		*err = why;
		return false;
	}
	/* it was reported when the log was opened */
	if (!l->mark.set)
		return true;
	if (open && fstat(f->part.fd, &st) == 0 &&
	    st.st_ino == l->mark.inode)
		return read_on(t, l, f, &st, err);
	if (open && !print_more(t, f, INT64_MAX, err))
		return false;
	return print_later(t, l, f, err);
}

static bool
follow(struct tail *t, struct log_reading *l, struct followed *f,
    struct err *err)
{
	do {
		if (!poll_once(t, l, f, err) || fflush(stdout) != 0)
			return false;
	} while (tail_wait());
	return false;
}

static bool
print_last(struct tail *t, struct log_reading *l, struct followed *f,
    struct err *err)
{
	struct begin *begins = calloc(l->files.count + 1, sizeof(*begins));
	int64_t left = t->wanted;
	size_t first;
	bool done = true;

	if (begins == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if (t->follow)
		leave_early(l);
	first = l->files.count;
	for (size_t i = 0; done && i < first; i++)
		done = add_seen(f, l->files.list[i].id, err);
	while (done && left > 0 && first > 0) {
		size_t at = --first;

		done = find_begin(t, l, &at, left, &begins[first], err);
		left -= t->count < left ? t->count : left;
	}
	/* only new records: begin at the end of the last file */
	if (done && t->wanted == 0 && first > 0) {
		first--;
		begins[first].leave = INT64_MAX;
		begins[first].from = l->files.list[first].current ?
		    l->mark.offset : 0;
	}
	for (size_t i = first; done && i < l->files.count; i++)
		done = print_file(t, l, &i, &begins[i], f, err);
	free(begins);
	return done;
}

bool
tail_log(struct tail *t, const struct endpoint *e,
    const struct statedir *names, struct err *err)
{
	struct followed f = { .part = PART(NULL) };
	struct log_reading l;
	bool done;

	if (!log_reading_open(&l, t->reader, e, names, err))
		return false;
	done = print_last(t, &l, &f, err) &&
	    (!t->follow || follow(t, &l, &f, err));
	part_close(&f.part);
	free(f.seen);
	log_reading_close(&l);
	return done;
}
