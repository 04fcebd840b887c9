/* SPDX-License-Identifier: ISC */
/*
 * Reads a whole log: the files that rotation left, and the current one up to
 * the mark.  Lines past it may be withdrawn by a writer that repairs the log.
 * Without a usable index the mark is not known, and all whole lines are read.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/reading/reader.h"
#include "cli/reading/reading_log.h"
#include "cli/reading/reading_since.h"
#include "cli/term/say.h"

#define LOOKS	20
#define LOOK_MS	10

/* Can anything in it be wanted?  The next file shows when it ended. */
static bool
is_in_time(const struct log_reading *l, size_t i)
{
	const struct filter *filter = l->reader->filter;
	const struct log_file *f = &l->files.list[i];

	if (filter == NULL)
		return true;
	if (filter->until_us < INT64_MAX - READING_SLACK_US &&
	    f->first_us >= filter->until_us + READING_SLACK_US)
		return false;
	if (filter->since_us < INT64_MIN + READING_SLACK_US ||
	    i + 1 == l->files.count)
		return true;
	/* a copy of a file may be young; nobody makes one old */
	return f->mtime_us >= filter->since_us - READING_SLACK_US ||
	    l->files.list[i + 1].first_us >=
	    filter->since_us - READING_SLACK_US;
}

/*
 * Opens it, if it still is the one that was found.  False without err: it
 * was renamed or packed just now.
 */
static bool
open_file(const struct log_reading *l, const struct log_file *f,
    struct part *part, struct err *err)
{
	struct stat st;
	int fd;

	fd = log_file_open(&l->dir, f);
	if (fd == -1)
		return errno != ENOENT && err_sys(err, OUTCOME_NO_INPUT,
		    errno, "%s", part->path);
	if (fstat(fd, &st) != 0 || st.st_ino != f->inode) {
		close(fd);
		return false;
	}
	if (f->current)
		part->to = l->mark.offset;
	return part_open(part, fd, err);
}

/* Reports it once: the files may be found again. */
static void
problem(void *ctx, const char *path, const char *why, bool broken)
{
	struct log_reading *l = ctx;

	if (l->found)
		return;
	if (broken)
		reader_skip(l->reader, path, 0, why);
	else if (!l->reader->quiet)
		say("%s: %s; left out", path, why);
}

/* Finds the files again, and among them the one of that id. */
static bool
find_again(struct log_reading *l, uint64_t id, size_t *at, struct err *err)
{
	if (!log_files_find(&l->files, &l->dir, &l->mark, err))
		return false;
	for (*at = 0; *at < l->files.count; ++*at)
		if (l->files.list[*at].id == id)
			return true;
	return false;
}

bool
log_reading_file(struct log_reading *l, size_t *at, char *path,
    struct part *part, struct err *err)
{
	uint64_t id = l->files.list[*at].id;

	for (int tries = 0;; tries++) {
		const struct log_file *f = &l->files.list[*at];

		log_file_path(path, &l->dir, f);
		part->path = path;
		part->file_id = f->id;
		part->growing = !l->mark.set && *at + 1 == l->files.count;
		if (open_file(l, f, part, err))
			return true;
		if (err->kind != OUTCOME_STORED)
			return false;
		if (tries == 5 || !find_again(l, id, at, err))
			return err->kind == OUTCOME_STORED && err_set(err,
			    OUTCOME_NO_INPUT, "%s: gone while the log was "
			    "read; try again", path);
	}
}

/* The records are there all the same, should the index be of no use. */
static bool
read_mark(struct log_reading *l, struct err *err)
{
	struct err why = ERR_INIT;

	if (marker_read(&l->marker, &l->mark, &why))
		return true;
	if (l->marker.unusable) {
		say("note: %s; all whole lines are read", why.text);
		return true;
	}
	*err = why;
	return false;
}

/*
 * What was answered just now is past the mark until its index commits.  Waits
 * for that, but not for one who was killed.
 */
static bool
wait_for_mark(struct log_reading *l, struct err *err)
{
	struct stat st;
	int64_t size = -1;

	for (int i = 0; i < LOOKS && l->mark.set; i++) {
		if (fstatat(l->dir.fd, l->mark.file, &st,
		    AT_SYMLINK_NOFOLLOW) != 0 || st.st_ino != l->mark.inode)
			break;
		if (i == 0)
			size = st.st_size;
		if (l->mark.offset >= size)
			break;
		poll(NULL, 0, LOOK_MS);
		if (!read_mark(l, err))
			return false;
	}
	return true;
}

bool
log_reading_open(struct log_reading *l, struct reader *r,
    const struct endpoint *e, const struct statedir *names, struct err *err)
{
	memset(l, 0, sizeof(*l));
	l->reader = r;
	l->marker.dir = names->path;
	l->dir.problem = problem;
	l->dir.ctx = l;
	if (!log_dir_open(&l->dir, e, names->home, names->path, err))
		return false;
	if (!read_mark(l, err) || !wait_for_mark(l, err) ||
	    !log_files_find(&l->files, &l->dir, &l->mark, err)) {
		log_reading_close(l);
		return false;
	}
	l->found = true;
	if (l->files.unreadable > r->unread)
		r->unread = l->files.unreadable;
	return true;
}

void
log_reading_close(struct log_reading *l)
{
	marker_close(&l->marker);
	log_files_wipe(&l->files);
	log_dir_close(&l->dir);
}

static bool
read_file(struct log_reading *l, size_t *at, struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	bool done;

	if (!log_reading_file(l, at, path, &part, err))
		return false;
	l->reader->unpacked += part.archive != NULL;
	if (l->reader->search && l->reader->filter != NULL)
		reading_since(&part, l->reader->filter->since_us);
	done = reader_part(l->reader, &part, err);
	part_close(&part);
	return done;
}

bool
reader_log(struct reader *r, const struct endpoint *e,
    const struct statedir *names, struct err *err)
{
	struct log_reading l;
	bool done = true;

	if (!log_reading_open(&l, r, e, names, err))
		return false;
	for (size_t i = 0; done && i < l.files.count; i++)
		if (is_in_time(&l, i))
			done = read_file(&l, &i, err);
	log_reading_close(&l);
	return done;
}
