/* SPDX-License-Identifier: ISC */
/*
 * Keeps two drains of one consumer apart.  The lock is the kernel's, so a drain
 * that is killed leaves none.  The process id in the file is for people.  If it
 * is still there, its process was killed: one that ends removes it.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/consumer/lease.h"

static bool
busy(int fd, const struct state_where *where, struct err *err)
{
	char pid[24];
	ssize_t n = where->ops->read(where->ops->ctx, fd, pid, sizeof(pid) - 1,
	    0);

	if (n < 0)
		n = 0;
	pid[n] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	return err_set(err, OUTCOME_TRY_AGAIN, "%s: consumer \"%s\" is being "
	    "drained already%s%s", where->dir_path, where->consumer,
	    pid[0] == '\0' ? "" : ", by process ", pid);
}

/* Is it still the file of that name?  It may have been removed. */
static bool
is_named(const struct fileops *ops, int fd, int dir, const char *name)
{
	struct stat st, named;

	return ops->stat(ops->ctx, fd, &st) == 0 &&
	    ops->stat_at(ops->ctx, dir, name, &named) == 0 &&
	    st.st_ino == named.st_ino && st.st_dev == named.st_dev;
}

bool
lease_take(struct lease *lease, const struct state_where *where,
    struct err *err)
{
	const struct fileops *ops = where->ops;
	char name[32 + CONSUMER_NAME_MAX], pid[24];
	struct iovec iov = { pid, 0 };
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "drain-%s.lock", where->consumer);
	for (;;) {
		fd = ops->open(ops->ctx, where->dir, name, O_RDWR | O_CREAT,
		    0600);
		if (fd == -1)
			return err_sys(err, errno == EACCES ?
			    OUTCOME_NO_PERMISSION : OUTCOME_CANNOT_CREATE,
			    errno, "%s/%s (a reader of another user keeps its "
			    "place elsewhere: --state)", where->dir_path,
			    name);
		if (ops->lock(ops->ctx, fd, 0) != 0) {
			if (errno == ETIMEDOUT)
				busy(fd, where, err);
			else
				err_sys(err, OUTCOME_IO_ERROR, errno,
				    "%s/%s: cannot be locked",
				    where->dir_path, name);
			ops->close(ops->ctx, fd);
			return false;
		}
		if (is_named(ops, fd, where->dir, name))
			break;
		ops->close(ops->ctx, fd);
	}
	lease->where = where;
	lease->fd = fd;
	lease->died = ops->stat(ops->ctx, fd, &st) != 0 || st.st_size > 0;
	lease->synced = false;
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	iov.iov_len = strlen(pid);
	/* on error, people do not see it, and a kill is not noticed */
	if (ops->truncate(ops->ctx, fd, 0) != 0 ||
	    !fileops_write_all(ops, fd, &iov, 1, 0))
		errno = 0;
	return true;
}

void
lease_end(struct lease *lease)
{
	const struct fileops *ops = lease->where->ops;

	/* on error the next drain syncs once more than it has to */
	if (lease->synced)
		ops->truncate(ops->ctx, lease->fd, 0);
	ops->close(ops->ctx, lease->fd);
}

bool
lease_directory(const struct fileops *ops, int fd, const char *what,
    struct err *err)
{
	if (ops->lock(ops->ctx, fd, 0) == 0)
		return true;
	if (errno == ETIMEDOUT)
		return err_set(err, OUTCOME_TRY_AGAIN,
		    "%s: is being drained already (a spool has one consumer)",
		    what);
	return err_sys(err, OUTCOME_IO_ERROR, errno, "%s: cannot be locked",
	    what);
}
