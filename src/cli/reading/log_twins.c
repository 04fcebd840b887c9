/* SPDX-License-Identifier: ISC */
/*
 * Unites two files of a log that begin with the same line, if they are one: a
 * copy, a compression at work, a restored part.  A file that was cut, and then
 * written to, holds other events from there on.  Only reading both shows which.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reading/log_look.h"
#include "cli/reading/log_twins.h"
#include "cli/reading/reader.h"

#define CHUNK ((size_t)64 << 10)

/* The same files side by side, the one to be read first. */
static int
by_id(const void *left, const void *right)
{
	const struct log_file *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->current != b->current)
		return a->current ? -1 : 1;
	if (a->packed != b->packed)
		return a->packed ? 1 : -1;
	return a->size > b->size ? -1 : a->size < b->size ? 1 :
	    strcmp(a->name, b->name);
}

/* Fills the buffer, up to the end or to where it is torn; -1: errno. */
static ssize_t
fill(struct part *part, int64_t at, char *buf)
{
	size_t got;

	return part_fill(part, buf, CHUNK, at, &got) || errno == EILSEQ ?
	    (ssize_t)got : -1;
}

enum twins { ONE, ONE_LONGER, DIFFER, FAILED };

/* ONE_LONGER: the second is one that begins with all of the first. */
static enum twins
compare(struct part *a, struct part *b, char *buf)
{
	ssize_t n, m;

	for (int64_t at = 0;; at += n) {
		n = fill(a, at, buf);
		m = n < 0 ? -1 : fill(b, at, buf + CHUNK);
		if (m < 0)
			return FAILED;
		if (memcmp(buf, buf + CHUNK, (size_t)(n < m ? n : m)) != 0)
			return DIFFER;
		if (n < (ssize_t)CHUNK || m < (ssize_t)CHUNK)
			return m > n ? ONE_LONGER : ONE;
	}
}

static enum twins
compare_files(const struct log_dir *dir, const struct log_file *a,
    const struct log_file *b)
{
	char paths[2][PATH_MAX];
	struct part left = PART(paths[0]), right = PART(paths[1]);
	enum twins how = ONE;
	int error = ENOMEM;
	char *buf;

	/* another name of it, or a copy that kept the time of its file */
	if ((a->inode == b->inode && a->dev == b->dev) || (!a->packed &&
	    !b->packed && a->size == b->size && a->mtime_us == b->mtime_us))
		return ONE;
	buf = malloc(2 * CHUNK);
	if (buf == NULL)
		return FAILED;
	if (log_file_part(&left, paths[0], dir, a, NULL) > 0 &&
	    log_file_part(&right, paths[1], dir, b, NULL) > 0) {
		how = compare(&left, &right, buf);
		error = errno;
	} else {
		/* renamed just now: its reader looks again */
		error = errno;
		how = error == ENOENT ? ONE : FAILED;
	}
	part_close(&left);
	part_close(&right);
	free(buf);
	errno = error;
	return how;
}

static void
tell(struct log_files *files, const struct log_dir *dir,
    const struct log_file *a, const struct log_file *b)
{
	char path[PATH_MAX], why[PATH_MAX + 160];

	log_file_path(path, dir, a);
	snprintf(why, sizeof(why), "begins with the same line as %s, and they "
	    "differ; only the latter is read: keep what is right here, and "
	    "move the other one away", path);
	log_look_problem(files, dir, b->name, why, true);
}

bool
log_twins_unite(struct log_files *files, const struct log_dir *dir,
    struct err *err)
{
	struct log_file *kept = files->list;

	if (files->count == 0)
		return true;
	qsort(files->list, files->count, sizeof(*files->list), by_id);
	for (size_t i = 1; i < files->count; i++) {
		const struct log_file *f = &files->list[i];

		switch (kept->id != f->id ? ONE_LONGER :
		    compare_files(dir, kept, f)) {
		case ONE:
			break;
		case ONE_LONGER:
			if (kept->id != f->id)
				kept++;
			*kept = *f;
			break;
		case DIFFER:
			tell(files, dir, kept, f);
			break;
		case FAILED:
			return err_sys(err, errno == ENOMEM ?
			    OUTCOME_NO_MEMORY : OUTCOME_IO_ERROR, errno,
			    "%s/%s", dir->path, f->name);
		}
	}
	files->count = (size_t)(kept - files->list) + 1;
	return true;
}
