/* SPDX-License-Identifier: ISC */
/*
 * Removes rotated files of a log.
 *
 *   stays, whatever its age            because
 *   the current file                   the mark is in it
 *   it holds ids of the dedup window   a lost index is rebuilt from the files
 *   a consumer has not finished it     nobody else has what it holds
 *   an engine took it just now         it may lose it with its power, and
 *                                      asks for it again
 *
 * Rotation may give a name to another file at any moment.  So a file to be
 * removed first gets a name of its own, and is checked again under that name:
 *
 *   step                               after a kill right here
 *   NAME -> a name of its own          a file of the log, by another name:
 *                                      read as before, pruned the next time
 *   checked again, removed             gone
 *   not the same: back to NAME, if     there, or by its other name
 *   nobody has taken that
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/keep/prune.h"
#include "cli/reading/log_files.h"
#include "cli/reading/marker.h"
#include "cli/reading/reader.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"
#include "store/ledger.h"
#include "store/log.h"

#define SECOND_US INT64_C(1000000)

/* The newest times in a file. */
struct newest {
	int64_t	received_us;
	int64_t	signed_us;
};

static bool
note_newest(void *ctx, const struct reading *reading, struct err *err)
{
	struct newest *n = ctx;

	(void)err;
	if (reading->view.received_us > n->received_us)
		n->received_us = reading->view.received_us;
	if (reading->view.time * SECOND_US > n->signed_us)
		n->signed_us = reading->view.time * SECOND_US;
	return true;
}

/* Reads all of it: the file's own times show only what was done to it. */
static bool
read_newest(const struct prune *p, const struct log_file *f,
    struct newest *newest, struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	struct reader reader = { .record = note_newest, .ctx = newest,
		.quiet = true };
	int fd;

	log_file_path(path, p->dir, f);
	newest->received_us = newest->signed_us = INT64_MIN;
	fd = log_file_open(p->dir, f);
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	return reader_fd(&reader, &part, fd, err);
}

/* Ids signed earlier are no longer in the index. */
static int64_t
window_us(const struct prune *p, const struct mark *mark)
{
	return ledger_horizon(p->endpoint, &fileops_posix, mark->newest) *
	    SECOND_US;
}

/* Why it has to stay, or NULL. */
static const char *
reason(const struct prune *p, const struct mark *mark,
    const struct log_file *f, const struct newest *newest, char why[128])
{
	const char *consumer;
	bool lost;

	if (f->current)
		return "it is the current file";
	if (newest->signed_us >= window_us(p, mark))
		return "it holds ids of the dedup window";
	consumer = prune_unfinished(p, f, &lost);
	if (consumer == NULL)
		return NULL;
	snprintf(why, 128, lost ? "what consumer \"%s\" handed it to may "
	    "still lose it" : "consumer \"%s\" has not finished it", consumer);
	return why;
}

/* Is it the file that was checked, unchanged? */
static bool
is_same(const struct fileops *ops, int dir, const char *name,
    const struct log_file *f)
{
	struct stat st;

	return ops->stat_at(ops->ctx, dir, name, &st) == 0 &&
	    st.st_ino == f->inode && st.st_size == f->size &&
	    (int64_t)st.st_mtim.tv_sec * SECOND_US +
	    st.st_mtim.tv_nsec / 1000 == f->mtime_us;
}

/* The name has the pid in it: no other prune uses it. */
static int
put_aside(const struct fileops *ops, int dir, const char *name,
    const char *aside)
{
	if (ops->rename_new(ops->ctx, dir, name, dir, aside) == 0)
		return 0;
	return errno == ENOSYS || errno == EINVAL ?
	    ops->rename(ops->ctx, dir, name, dir, aside) : -1;
}

static bool
fail(const struct prune *p, const struct log_file *f, struct err *err)
{
	char path[PATH_MAX];

	log_file_path(path, p->dir, f);
	return err_sys(err, errno == EACCES || errno == EPERM ?
	    OUTCOME_NO_PERMISSION : OUTCOME_IO_ERROR, errno,
	    "%s: cannot be removed", path);
}

/* Its directory, opened, and its name in there; -1 with err. */
static int
open_home(const struct prune *p, const struct log_file *f, const char **name,
    struct err *err)
{
	const char *slash = strrchr(f->name, '/');
	char home[LOG_FILE_NAME + 2] = ".";
	int fd;

	/* olddir may be a link */
	if (slash != NULL)
		snprintf(home, sizeof(home), "%.*s/.",
		    (int)(slash - f->name), f->name);
	*name = slash == NULL ? f->name : slash + 1;
	fd = p->ops->open(p->ops->ctx, p->dir->fd, home,
	    O_RDONLY | O_DIRECTORY, 0);
	if (fd == -1)
		fail(p, f, err);
	return fd;
}

/* Under a name of its own in that directory; *why: it stays after all. */
static bool
remove_there(const struct prune *p, int home, const char *name,
    const struct log_file *f, const char **why, struct err *err)
{
	const struct fileops *ops = p->ops;
	char aside[INDEX_NAME_MAX + 1], number[48];
	struct log_file moved = *f;
	bool finished = false, ok;

	*why = "it was renamed or changed just now";
	if (!is_same(ops, home, name, f))
		return true;
	snprintf(number, sizeof(number), "0-%" PRIu64 "-%ld", f->inode,
	    (long)getpid());
	if (!log_name_aside(aside, strrchr(p->endpoint->log, '/') + 1,
	    f->first_us / SECOND_US, name, number) ||
	    (size_t)(name - f->name) + strlen(aside) >= sizeof(moved.name)) {
		*why = "its name is too long";
		return true;
	}
	if (put_aside(ops, home, name, aside) != 0)
		return errno == ENOENT || fail(p, f, err);
	strcpy(moved.name + (name - f->name), aside);
	ok = prune_still_finished(p, &moved, &finished, err);
	if (ok && finished && is_same(ops, home, aside, f)) {
		if (ops->unlink(ops->ctx, home, aside) == 0) {
			*why = NULL;
			/* nor does it come back with the power */
			return ops->sync(ops->ctx, home) == 0 ||
			    fail(p, f, err);
		}
		ok = fail(p, f, err);
	}
	if (ops->rename_new(ops->ctx, home, aside, home, name) != 0)
		say("%s/%s: was renamed while it was looked at; what is in "
		    "%s now is read as before", p->home, f->name, aside);
	return ok;
}

static bool
remove_file(const struct prune *p, const struct log_file *f,
    const char **why, struct err *err)
{
	const char *name;
	int home = open_home(p, f, &name, err);
	bool ok = home != -1 && remove_there(p, home, name, f, why, err);

	if (home != -1)
		p->ops->close(p->ops->ctx, home);
	return ok;
}

static bool
prune_files(struct prune *p, const struct log_files *files,
    const struct mark *mark, struct err *err)
{
	char buf[128];

	for (size_t i = 0; i < files->count; i++) {
		p->left_files++;
		p->left_bytes += files->list[i].size;
	}
	for (size_t i = 0; i < files->count; i++) {
		const struct log_file *f = &files->list[i];
		bool too_large = p->max_size >= 0 &&
		    p->left_bytes > p->max_size;
		struct newest newest = { f->mtime_us, INT64_MAX };
		const char *why;

		if (!too_large && f->mtime_us >= p->older_us)
			continue;
		/* written to since the window began: no need to read it */
		if (!f->current && f->mtime_us < window_us(p, mark) &&
		    !read_newest(p, f, &newest, err))
			return false;
		if (!too_large && newest.received_us >= p->older_us)
			continue;
		why = reason(p, mark, f, &newest, buf);
		if (why == NULL && !p->dry_run &&
		    !remove_file(p, f, &why, err))
			return false;
		prune_print(p, f->name, f->size, newest.received_us, why);
		if (why != NULL)
			continue;
		p->files++;
		p->bytes += f->size;
		p->left_files--;
		p->left_bytes -= f->size;
	}
	progress_clear();
	return true;
}

static bool
read_mark(const struct prune *p, struct mark *mark, struct err *err)
{
	struct marker marker = { .dir = p->state_dir };
	bool ok = marker_read(&marker, mark, err);

	marker_close(&marker);
	if (!ok)
		return false;
	if (!mark->set)
		return err_set(err, OUTCOME_TRY_AGAIN, "%s: no index that says "
		    "which file is the current one; nothing is removed "
		    "without it (hookcask index --rebuild)", p->state_dir);
	return !mark->unread || err_set(err, OUTCOME_TRY_AGAIN, "%s: the "
	    "index is being rebuilt from the files; nothing is removed "
	    "before it is complete", p->state_dir);
}

bool
prune_log(struct prune *p, struct err *err)
{
	struct log_files files = { .list = NULL };
	struct log_dir dir = { .fd = -1 };
	struct mark mark;
	bool ok;

	if (!log_dir_open(&dir, p->endpoint, p->home, p->state_dir, err))
		return false;
	p->dir = &dir;
	ok = read_mark(p, &mark, err) &&
	    log_files_find(&files, &dir, &mark, err) &&
	    prune_files(p, &files, &mark, err);
	p->unread = files.unreadable;
	p->broken = files.broken;
	log_files_wipe(&files);
	log_dir_close(&dir);
	return ok;
}
