/* SPDX-License-Identifier: ISC */
/*
 * Reads every record that is left of a log, in whatever file beside it, to find
 * out that an id is in none.  So nothing that may hold records is left out: a
 * file that cannot be read is an error.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/reading/log_files.h"
#include "cli/reading/reading_every.h"
#include "cli/term/say.h"

struct every {
	struct reader	*reader;
	struct log_dir	 dir;
	struct log_files files;
};

static bool
read_every(struct every *v, struct err *err)
{
	char path[PATH_MAX];
	bool done = true;

	for (size_t i = 0; done && i < v->files.count; i++) {
		const struct log_file *f = &v->files.list[i];
		struct part part = PART(path);
		struct stat st;
		int fd;

		log_file_path(path, &v->dir, f);
		part.growing = true;
		fd = openat(v->dir.fd, f->name,
		    O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd == -1)
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s: try again", path);
		if (fstat(fd, &st) != 0 || st.st_ino != f->inode) {
			close(fd);
			return err_set(err, OUTCOME_STORE_ERROR, "%s: was "
			    "replaced while the log was read; try again",
			    path);
		}
		done = reader_fd(v->reader, &part, fd, err);
	}
	return done;
}

/* Is each of these files one of those? */
static bool
are_among(const struct log_files *these, const struct log_files *those)
{
	for (size_t i = 0; i < these->count; i++) {
		size_t j = 0;

		while (j < those->count && (those->list[j].inode !=
		    these->list[i].inode || those->list[j].id !=
		    these->list[i].id))
			j++;
		if (j == those->count)
			return false;
	}
	return true;
}

/* It was reported the first time. */
static void
ignore(void *ctx, const char *path, const char *why, bool broken)
{
	(void)ctx;
	(void)path;
	(void)why;
	(void)broken;
}

/* One that is renamed while names are listed may be missed under both. */
static bool
look_again(struct every *v, const struct mark *none, struct err *err)
{
	struct log_files now = { 0 };
	bool done;

	v->dir.problem = ignore;
	done = log_files_find(&now, &v->dir, none, err);
	if (done && !are_among(&now, &v->files))
		done = err_set(err, OUTCOME_STORE_ERROR, "%s: files were "
		    "renamed or made while the log was read; try again",
		    v->dir.path);
	log_files_wipe(&now);
	return done;
}

bool
reader_log_every(struct reader *r, const struct endpoint *e,
    const struct statedir *names, struct err *err)
{
	struct every v = { .reader = r, .dir = { .every = true } };
	/* no file is current: each is read to its end */
	const struct mark none = { 0 };
	size_t bad;
	bool done;

	if (!log_dir_open(&v.dir, e, names->home, names->path, err))
		return false;
	done = log_files_find(&v.files, &v.dir, &none, err);
	r->unread += v.files.unreadable + v.files.broken;
	done = done && read_every(&v, err);
	bad = r->unread + r->broken;
	if (done && bad > 0)
		done = err_set(err, OUTCOME_BAD_DATA, "%zu file%s that may be "
		    "of the log cannot be read to %s end", bad, bad == 1 ?
		    "" : "s", bad == 1 ? "its" : "their");
	done = done && look_again(&v, &none, err);
	log_files_wipe(&v.files);
	log_dir_close(&v.dir);
	return done;
}
