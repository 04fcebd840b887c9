/* SPDX-License-Identifier: ISC */
/*
 * Keeps two drains of one consumer apart.  The lock is the kernel's, so a drain
 * that is killed leaves none; the number in the file is only for people.
 */
#include <config.h>

#include <sys/file.h>
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
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

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
is_named(int fd, int dir, const char *name)
{
	struct stat st, named;

	return fstat(fd, &st) == 0 && fstatat(dir, name, &named,
	    AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == named.st_ino &&
	    st.st_dev == named.st_dev;
}

int
lease_take(const struct state_where *where, struct err *err)
{
	char name[32 + CONSUMER_NAME_MAX], pid[24];
	int fd;

	snprintf(name, sizeof(name), "drain-%s.lock", where->consumer);
	for (;;) {
		fd = openat(where->dir, name,
		    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd == -1) {
			err_sys(err, errno == EACCES ? OUTCOME_NO_PERMISSION :
			    OUTCOME_CANNOT_CREATE, errno, "%s/%s (a reader "
			    "of another user keeps its place elsewhere: "
			    "--state)", where->dir_path, name);
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			if (errno == EWOULDBLOCK)
				busy(fd, where, err);
			else
				err_sys(err, OUTCOME_IO_ERROR, errno,
				    "%s/%s: cannot be locked",
				    where->dir_path, name);
			close(fd);
			return -1;
		}
		if (is_named(fd, where->dir, name))
			break;
		close(fd);
	}
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	/* only people read it: an error does not matter */
	if (ftruncate(fd, 0) != 0 ||
	    pwrite(fd, pid, strlen(pid), 0) != (ssize_t)strlen(pid))
		errno = 0;
	return fd;
}

bool
lease_directory(int fd, const char *what, struct err *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return err_set(err, OUTCOME_TRY_AGAIN,
		    "%s: is being drained already (a spool has one consumer)",
		    what);
	return err_sys(err, OUTCOME_IO_ERROR, errno, "%s: cannot be locked",
	    what);
}
