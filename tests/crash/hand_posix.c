/* SPDX-License-Identifier: ISC */
/*
 * System calls of what only reads: the linker puts these in the place of the
 * C library's (--wrap), so that a log's files and its index are read from the
 * machine, too.  What is written goes through struct fileops.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hand.h"

#define NAMES_MAX 64

/* What readers hold of a directory. */
struct listing {
	int		 fd;
	int		 count, next;
	struct dirent	 entry;
	char		 names[NAMES_MAX][128];
};

/* An offset for each descriptor, of those that are read in order. */
static int64_t offsets[256];

int	__wrap_openat(int, const char *, int, ...);
int	__wrap_open(const char *, int, ...);
/* what a compiler that looks at buffers calls instead */
int	__wrap___openat_2(int, const char *, int);
int	__wrap___open_2(const char *, int);
ssize_t	__wrap___pread_chk(int, void *, size_t, off_t, size_t);
ssize_t	__wrap___read_chk(int, void *, size_t, size_t);
int	__wrap_close(int);
int	__wrap_fstat(int, struct stat *);
int	__wrap_fstatat(int, const char *, struct stat *, int);
int	__wrap_stat(const char *, struct stat *);
int	__wrap_lstat(const char *, struct stat *);
ssize_t	__wrap_pread(int, void *, size_t, off_t);
ssize_t	__wrap_read(int, void *, size_t);
int	__wrap_access(const char *, int);
DIR	*__wrap_fdopendir(int);
struct dirent *__wrap_readdir(DIR *);
int	__wrap_closedir(DIR *);

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	int fd = sim_ops.open(sim_ops.ctx, dir, path, flags, 0600);

	if (fd != -1)
		offsets[fd] = 0;
	return fd;
}

int
__wrap_open(const char *path, int flags, ...)
{
	return __wrap_openat(AT_FDCWD, path, flags);
}

int
__wrap___openat_2(int dir, const char *path, int flags)
{
	return __wrap_openat(dir, path, flags);
}

int
__wrap___open_2(const char *path, int flags)
{
	return __wrap_openat(AT_FDCWD, path, flags);
}

int
__wrap_close(int fd)
{
	return sim_ops.close(sim_ops.ctx, fd);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	return sim_ops.stat(sim_ops.ctx, fd, st);
}

int
__wrap_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	(void)flags;
	return sim_ops.stat_at(sim_ops.ctx, dir, path, st);
}

int
__wrap_stat(const char *path, struct stat *st)
{
	return sim_ops.stat_at(sim_ops.ctx, AT_FDCWD, path, st);
}

int
__wrap_lstat(const char *path, struct stat *st)
{
	return sim_ops.stat_at(sim_ops.ctx, AT_FDCWD, path, st);
}

ssize_t
__wrap_pread(int fd, void *buf, size_t len, off_t offset)
{
	return sim_ops.read(sim_ops.ctx, fd, buf, len, offset);
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	ssize_t n;

	/* a drain's pipe of signals */
	if (fd == -1) {
		errno = EBADF;
		return -1;
	}
	n = sim_ops.read(sim_ops.ctx, fd, buf, len, offsets[fd]);
	if (n > 0)
		offsets[fd] += n;
	return n;
}

int
__wrap_access(const char *path, int mode)
{
	struct stat st;

	(void)mode;
	return __wrap_stat(path, &st);
}

ssize_t
__wrap___pread_chk(int fd, void *buf, size_t len, off_t offset, size_t size)
{
	(void)size;
	return __wrap_pread(fd, buf, len, offset);
}

ssize_t
__wrap___read_chk(int fd, void *buf, size_t len, size_t size)
{
	(void)size;
	return __wrap_read(fd, buf, len);
}

static bool
add_name(void *arg, const char *name)
{
	struct listing *l = arg;

	if (l->count == NAMES_MAX)
		abort();
	snprintf(l->names[l->count++], sizeof(l->names[0]), "%s", name);
	return true;
}

DIR *
__wrap_fdopendir(int fd)
{
	struct listing *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->fd = fd;
	if (sim_ops.list(sim_ops.ctx, fd, add_name, l) != 0) {
		free(l);
		return NULL;
	}
	return (DIR *)(void *)l;
}

struct dirent *
__wrap_readdir(DIR *d)
{
	struct listing *l = (struct listing *)(void *)d;

	if (l->next == l->count)
		return NULL;
	l->entry.d_type = DT_UNKNOWN;
	strcpy(l->entry.d_name, l->names[l->next++]);
	return &l->entry;
}

int
__wrap_closedir(DIR *d)
{
	struct listing *l = (struct listing *)(void *)d;

	sim_ops.close(sim_ops.ctx, l->fd);
	free(l);
	return 0;
}

void
posix_begin(void)
{
	sim_vfs_register();
	/* for readers, who name none */
	if (sqlite3_vfs_register(sqlite3_vfs_find(sim_vfs), 1) != SQLITE_OK)
		abort();
}

bool
posix_is_wrapped(void)
{
	struct stat st;

	/* elsewhere the C library calls them otherwise */
	return fileops_posix.stat_at(NULL, AT_FDCWD, HOME, &st) == 0 &&
	    st.st_dev == 1;
}
