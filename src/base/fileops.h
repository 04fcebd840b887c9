/* SPDX-License-Identifier: ISC */
/*
 * The file system calls of stores and consumers, in one struct, so that a test
 * can make each of them fail, cut it short, kill the process there, or lose
 * what was not synced.  They return what their namesakes do: -1 and errno.
 */
#ifndef BASE_FILEOPS_H
#define BASE_FILEOPS_H

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef PATH_MAX /* the Hurd has none */
#define PATH_MAX 4096
#endif

#define FILEOPS_FOREVER INT64_MAX	/* a deadline */

struct fileops {
	void	*ctx;
	/* dir may be AT_FDCWD; O_CLOEXEC and O_NOFOLLOW are added */
	int	(*open)(void *ctx, int dir, const char *name, int flags,
		    mode_t mode);
	int	(*close)(void *ctx, int fd);
	int	(*stat)(void *ctx, int fd, struct stat *);
	/* the entry itself, never what a symbolic link points to */
	int	(*stat_at)(void *ctx, int dir, const char *name,
		    struct stat *);
	ssize_t	(*read)(void *ctx, int fd, void *buf, size_t len,
		    int64_t offset);
	ssize_t	(*write)(void *ctx, int fd, const struct iovec *, int count,
		    int64_t offset);
	int	(*truncate)(void *ctx, int fd, int64_t size);
	/*
	 * Starts writing to the disk, so that the syncs of several files wait
	 * together.  Promises nothing; an error counts as one of the sync.
	 */
	int	(*start)(void *ctx, int fd);
	int	(*sync_data)(void *ctx, int fd);	/* fdatasync */
	int	(*sync)(void *ctx, int fd);		/* fsync; directories */
	int	(*rename)(void *ctx, int from_dir, const char *from,
		    int to_dir, const char *to);
	/*
	 * Replaces nothing: EEXIST.  ENOSYS, EINVAL: the system cannot promise
	 * that.
	 */
	int	(*rename_new)(void *ctx, int from_dir, const char *from,
		    int to_dir, const char *to);
	int	(*unlink)(void *ctx, int dir, const char *name);
	int	(*mkdir)(void *ctx, int dir, const char *name, mode_t mode);
	int	(*chmod)(void *ctx, int fd, mode_t mode);
	int	(*mkfifo)(void *ctx, int dir, const char *name, mode_t mode);
	/* of a FIFO; ETIMEDOUT at deadline_ms (fileops_clock_ms) */
	ssize_t	(*receive)(void *ctx, int fd, void *buf, size_t len,
		    int64_t deadline_ms);
	/* to a FIFO, without waiting; EPIPE: nobody has it open */
	ssize_t	(*send)(void *ctx, int fd, const void *buf, size_t len);
	/* the name of a file system that cannot keep a store, or NULL */
	const char *(*unfit)(void *ctx, int fd);
	/* calls entry for each name but . and .., until it returns false */
	int	(*list)(void *ctx, int dir,
		    bool (*entry)(void *arg, const char *name), void *arg);
	/*
	 * Exclusive flock; ETIMEDOUT at deadline_ms (fileops_clock_ms).  0:
	 * does not wait; FILEOPS_FOREVER: waits until it has it.
	 */
	int	(*lock)(void *ctx, int fd, int64_t deadline_ms);
	/* likewise for a reader, shared with others; waits until it has it */
	int	(*lock_shared)(void *ctx, int fd);
	int	(*unlock)(void *ctx, int fd);
	/* Unix time in microseconds */
	int64_t	(*now_us)(void *ctx);
};

extern const struct fileops fileops_posix;

/* Milliseconds of the monotonic clock, for deadlines. */
int64_t	fileops_clock_ms(void);

/*
 * Writes all of iov at offset, repeating short writes; it changes iov.  False
 * with errno; a write that makes no progress is ENOSPC.
 */
bool	fileops_write_all(const struct fileops *, int fd, struct iovec *,
	    int count, int64_t offset);
/*
 * Gives fd these permissions, if it has others.  A setgid bit that a directory
 * inherited stays, unless a chmod is needed by a user who is not in its group:
 * the system then takes it away.  False with errno.
 */
bool	fileops_set_mode(const struct fileops *, int fd, mode_t mode);
/* Reads len bytes at offset; false with errno (EIO at the end of file). */
bool	fileops_read_all(const struct fileops *, int fd, void *buf,
	    size_t len, int64_t offset);

#endif
