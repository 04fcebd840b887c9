/* SPDX-License-Identifier: ISC */
/* Opens the directory of a log, and the files in it or named by it. */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/reading/log_dir.h"

bool
log_dir_open(struct log_dir *dir, const struct endpoint *e,
    const char *home, const char *state_dir, struct err *err)
{
	const char *slash = strrchr(e->log, '/');
	struct stat st, state;

	dir->path = home;
	dir->pattern = slash == NULL ? e->log : slash + 1;
	dir->endpoint = e->name;
	dir->olddir = e->olddir;
	dir->fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd == -1 || fstat(dir->fd, &st) != 0) {
		err_sys(err, OUTCOME_NO_INPUT, errno, "%s", home);
		log_dir_close(dir);
		return false;
	}
	dir->dev = st.st_dev;
	/* who writes the store made it; the directory may be root's */
	dir->owner = stat(state_dir, &state) == 0 ? state.st_uid :
	    st.st_uid != 0 ? st.st_uid : geteuid();
	return true;
}

void
log_dir_close(struct log_dir *dir)
{
	if (dir->fd != -1)
		close(dir->fd);
	dir->fd = -1;
}

void
log_file_path(char path[PATH_MAX], const struct log_dir *dir,
    const struct log_file *f)
{
	bool whole = f->name[0] == '/';

	snprintf(path, PATH_MAX, "%s%s%s", whole ? "" : dir->path,
	    whole ? "" : "/", f->name);
}

int
log_file_open(const struct log_dir *dir, const struct log_file *f)
{
	return openat(dir->fd, f->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int
log_file_part(struct part *part, char path[PATH_MAX],
    const struct log_dir *dir, const struct log_file *f, struct err *err)
{
	int fd = log_file_open(dir, f);

	log_file_path(path, dir, f);
	part->path = path;
	part->file_id = f->id;
	return fd == -1 ? 0 : part_open(part, fd, err) ? 1 : -1;
}
