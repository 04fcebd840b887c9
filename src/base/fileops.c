/* SPDX-License-Identifier: ISC */
/*
 * The system calls of struct fileops, but for those that wait
 * (fileops_wait.c).  EINTR is the only error that is retried.
 */
#include <config.h>

#include <sys/file.h>

#ifdef HAVE_LINUX_MAGIC_H
#include <sys/vfs.h>
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fileops.h"
#include "base/fileops_wait.h"

#define RETRY(rc, call) \
	do \
		(rc) = (call); \
	while ((rc) < 0 && errno == EINTR)

static int
real_open(void *ctx, int dir, const char *name, int flags, mode_t mode)
{
	(void)ctx;
	return openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

static int
real_close(void *ctx, int fd)
{
	(void)ctx;
	return close(fd);
}

static int
real_stat(void *ctx, int fd, struct stat *st)
{
	(void)ctx;
	return fstat(fd, st);
}

static int
real_stat_at(void *ctx, int dir, const char *name, struct stat *st)
{
	(void)ctx;
	return fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
}

static ssize_t
real_read(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	ssize_t n;

	(void)ctx;
	RETRY(n, pread(fd, buf, len, (off_t)offset));
	return n;
}

static ssize_t
real_write(void *ctx, int fd, const struct iovec *iov, int count,
    int64_t offset)
{
	ssize_t n;

	(void)ctx;
	RETRY(n, pwritev(fd, iov, count, (off_t)offset));
	return n;
}

static int
real_truncate(void *ctx, int fd, int64_t size)
{
	int rc;

	(void)ctx;
	RETRY(rc, ftruncate(fd, (off_t)size));
	return rc;
}

static int
real_start(void *ctx, int fd)
{
	(void)ctx;
#ifdef HAVE_SYNC_FILE_RANGE
	/* without support, the sync does all of it */
	if (sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) != 0 &&
	    (errno == EIO || errno == ENOSPC || errno == EDQUOT))
		return -1;
#else
	(void)fd;
#endif
	return 0;
}

/*
 * A sync is never tried again, not even after EINTR: what a second call
 * reports says nothing about the first one's bytes.
 */
static int
real_sync_data(void *ctx, int fd)
{
	(void)ctx;
	return fdatasync(fd);
}

static int
real_sync(void *ctx, int fd)
{
	(void)ctx;
	return fsync(fd);
}

static int
real_rename(void *ctx, int from_dir, const char *from, int to_dir,
    const char *to)
{
	(void)ctx;
	return renameat(from_dir, from, to_dir, to);
}

static int
real_rename_new(void *ctx, int from_dir, const char *from, int to_dir,
    const char *to)
{
	(void)ctx;
#ifdef HAVE_RENAMEAT2
	return renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE);
#else
	(void)from_dir;
	(void)from;
	(void)to_dir;
	(void)to;
	errno = ENOSYS;
	return -1;
#endif
}

static int
real_unlink(void *ctx, int dir, const char *name)
{
	(void)ctx;
	return unlinkat(dir, name, 0);
}

static int
real_mkdir(void *ctx, int dir, const char *name, mode_t mode)
{
	(void)ctx;
	return mkdirat(dir, name, mode);
}

static int
real_chmod(void *ctx, int fd, mode_t mode)
{
	(void)ctx;
	return fchmod(fd, mode);
}

static int
real_mkfifo(void *ctx, int dir, const char *name, mode_t mode)
{
	(void)ctx;
	return mkfifoat(dir, name, mode);
}

static ssize_t
real_send(void *ctx, int fd, const void *buf, size_t len)
{
	ssize_t n;

	(void)ctx;
	RETRY(n, write(fd, buf, len));
	return n;
}

/*
 * Network file systems have locks of their own, and FUSE and 9p promise
 * nothing about syncing: a store there could lose events.
 */
static const char *
real_unfit(void *ctx, int fd)
{
#ifdef HAVE_LINUX_MAGIC_H
	static const struct {
		unsigned long type;
		const char *name;
	} kinds[] = {
		{ 0x6969, "NFS" }, { 0x517B, "SMB" }, { 0xFF534D42, "CIFS" },
		{ 0xFE534D42, "SMB" }, { 0x01021997, "9p" },
		{ 0x65735546, "FUSE" }, { 0x00C36400, "Ceph" },
		{ 0x5346414F, "AFS" }, { 0x73757245, "Coda" },
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if ((uint32_t)fs.f_type == kinds[i].type)
			return kinds[i].name;
#else
	(void)fd;
#endif
	(void)ctx;
	return NULL;
}

static int
real_list(void *ctx, int dir, bool (*entry)(void *arg, const char *name),
    void *arg)
{
	struct dirent *d;
	DIR *stream;
	int fd, error;

	(void)ctx;
	/* a new descriptor: a duplicate would share the stream's position */
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	stream = fdopendir(fd);
	if (stream == NULL) {
		close(fd);
		return -1;
	}
	while (errno = 0, (d = readdir(stream)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0)
			continue;
		if (!entry(arg, d->d_name))
			break;
	}
	error = d == NULL ? errno : 0;
	closedir(stream);
	errno = error;
	return error == 0 ? 0 : -1;
}

static int
real_lock_shared(void *ctx, int fd)
{
	int rc;

	(void)ctx;
	RETRY(rc, flock(fd, LOCK_SH));
	return rc;
}

static int
real_unlock(void *ctx, int fd)
{
	(void)ctx;
	return flock(fd, LOCK_UN);
}

static int64_t
real_now_us(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

const struct fileops fileops_posix = {
	NULL, real_open, real_close, real_stat, real_stat_at, real_read,
	real_write, real_truncate, real_start, real_sync_data, real_sync,
	real_rename, real_rename_new, real_unlink, real_mkdir, real_chmod,
	real_mkfifo, fileops_receive, real_send, real_unfit, real_list,
	fileops_lock, real_lock_shared, real_unlock, real_now_us
};
