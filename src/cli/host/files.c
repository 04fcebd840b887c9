/* SPDX-License-Identifier: ISC */
/*
 * Makes new files and directories durably.  Overwrites nothing and follows no
 * symbolic link at the name it makes.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/files.h"

/* The directory of path; owned by the caller. */
static char *
parent_of(const char *path)
{
	size_t len = strlen(path);
	char *parent = malloc(len + 2);

	if (parent == NULL)
		return NULL;
	memcpy(parent, path, len + 1);
	while (len > 1 && parent[len - 1] == '/')
		parent[--len] = '\0';
	while (len > 0 && parent[len - 1] != '/')
		len--;
	while (len > 1 && parent[len - 1] == '/')
		len--;
	if (len == 0)
		parent[len++] = '.';
	parent[len] = '\0';
	return parent;
}

/* Brings the entry of path to stable storage. */
static bool
sync_parent(const char *path, struct err *err)
{
	char *parent = parent_of(path);
	bool done = false;
	int fd = -1;

	if (parent == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) != 0)
		err_sys(err, OUTCOME_IO_ERROR, errno, "%s", parent);
	else
		done = true;
	if (fd != -1)
		close(fd);
	free(parent);
	return done;
}

static bool
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool
file_create(const struct new_file *f, struct err *err)
{
	int fd = open(f->path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -1 && errno == EEXIST)
		return err_set(err, OUTCOME_CANNOT_CREATE,
		    "%s: exists already; choose another name or move it away",
		    f->path);
	if (fd == -1)
		return err_sys(err, OUTCOME_CANNOT_CREATE, errno, "%s",
		    f->path);
	/* content, owner and mode are complete before the name is durable */
	if (!write_all(fd, f->data, f->len) ||
	    fchown(fd, f->uid, f->gid) != 0 ||
	    fchmod(fd, f->mode) != 0 || fsync(fd) != 0) {
		err_sys(err, OUTCOME_IO_ERROR, errno, "%s", f->path);
		close(fd);
		unlink(f->path);
		return false;
	}
	close(fd);
	return sync_parent(f->path, err);
}

bool
file_replace(const struct new_file *f, struct err *err)
{
	struct new_file made = *f;
	size_t size = strlen(f->path) + 32;
	struct stat st;
	char *path;
	bool done;

	/* root could replace /dev/null */
	if (lstat(f->path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, OUTCOME_CANNOT_CREATE,
		    "%s: not a regular file; choose another name", f->path);
	path = malloc(size);
	if (path == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	/* a name that a collector of *.prom ignores */
	snprintf(path, size, "%s.%ld", f->path, (long)getpid());
	made.path = path;
	done = file_create(&made, err);
	if (done && rename(path, f->path) != 0) {
		done = err_sys(err, OUTCOME_CANNOT_CREATE, errno, "%s",
		    f->path);
		unlink(path);
	}
	free(path);
	return done && sync_parent(f->path, err);
}

/* mkdir(2) whose mode no umask changes; the entry is synced. */
static bool
make_directory(const char *path, unsigned mode, unsigned uid, unsigned gid,
    struct err *err)
{
	bool done;
	int fd;

	if (mkdir(path, 0700) != 0)
		return err_sys(err, OUTCOME_CANNOT_CREATE, errno, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	done = fd != -1 && fchmod(fd, mode) == 0 &&
	    fchown(fd, uid, gid) == 0;
	if (!done)
		err_sys(err, OUTCOME_CANNOT_CREATE, errno, "%s", path);
	if (fd != -1)
		close(fd);
	return done && sync_parent(path, err);
}

/* A missing directory above path; others must pass through it. */
static bool
create_parents(const char *path, struct err *err)
{
	char *parent = parent_of(path);
	bool done;

	if (parent == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	done = access(parent, F_OK) == 0 || (create_parents(parent, err) &&
	    make_directory(parent, 0755, FILE_KEEP_OWNER, FILE_KEEP_OWNER,
	    err));
	free(parent);
	return done;
}

bool
directory_create(const char *path, unsigned uid, unsigned gid, bool *made,
    struct err *err)
{
	bool shown = uid == FILE_KEEP_OWNER && geteuid() == 0;
	struct stat st;

	*made = false;
	if (stat(path, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			return err_set(err, OUTCOME_CANNOT_CREATE,
			    "%s: is not a directory", path);
		return true;
	}
	*made = create_parents(path, err) &&
	    make_directory(path, shown ? 0755 : 0700, uid, gid, err);
	return *made;
}
