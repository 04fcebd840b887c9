/* SPDX-License-Identifier: ISC */
/*
 * Makes, checks and locks the state directory.  Refuses a directory of somebody
 * else's, and a file system that cannot keep a promise.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/civil.h"
#include "store/statedir.h"

/* A process that has the flag for longer was stopped: others pass it. */
#define STOPPED_MS 100
#define ASIDE_MAX 100	/* directories bad-DATE-NN of a day */

bool
statedir_init(struct statedir *d, const struct fileops *ops,
    const struct endpoint *endpoint, struct err *err)
{
	size_t home_len;
	const char *home = endpoint_store(endpoint, &home_len);

	/* first, because closing must be legal even after a failure */
	d->ops = ops;
	d->home_fd = d->fd = d->flag_fd = -1;
	d->has_held = false;
	if (home_len == 0)
		home = "/", home_len = 1;
	if (home_len + sizeof(d->name) + 16 > sizeof(d->path))
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: the path of its store is too long", endpoint->where);
	d->mode = endpoint->mode;
	memcpy(d->home, home, home_len);
	d->home[home_len] = '\0';
	snprintf(d->name, sizeof(d->name), ".hookcask-%s", endpoint->name);
	snprintf(d->path, sizeof(d->path), "%.*s/%s",
	    (int)(home_len == 1 && home[0] == '/' ? 0 : home_len), home,
	    d->name);
	return true;
}

/* A directory that others may write to is not a place for a store. */
static bool
check(struct statedir *d, int fd, const char *path, bool ours,
    struct stat *st, struct err *err)
{
	const char *unfit;

	if (d->ops->stat(d->ops->ctx, fd, st) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s", path);
	if (!S_ISDIR(st->st_mode))
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s: not a directory", path);
	if (ours && st->st_uid != geteuid())
		return err_set(err, OUTCOME_STORE_ERROR, "%s: belongs to user "
		    "%ld, this process is user %ld; the user that writes a "
		    "store must own it: chown it or choose another place",
		    path, (long)st->st_uid, (long)geteuid());
	if ((st->st_mode & (ours ? 0022 : 0002)) != 0)
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s: others may write to it (mode %04o); chmod %s it",
		    path, (unsigned)st->st_mode & 07777, ours ? "go-w" :
		    "o-w");
	unfit = d->ops->unfit(d->ops->ctx, fd);
	if (unfit != NULL)
		return err_set(err, OUTCOME_STORE_ERROR, "%s: is on %s, where "
		    "neither locks nor syncs can be relied on; put the store "
		    "on a local file system", path, unfit);
	return true;
}

static int
open_dir(const struct statedir *d, int dir, const char *name)
{
	return d->ops->open(d->ops->ctx, dir, name, O_RDONLY | O_DIRECTORY,
	    0);
}

/* Makes it and its name durable: acknowledged events will depend on it. */
static bool
create(struct statedir *d, struct err *err)
{
	const struct fileops *ops = d->ops;
	mode_t mode = (d->mode & 0040) != 0 ? 0750 : 0700;

	if (ops->mkdir(ops->ctx, d->home_fd, d->name, mode) != 0 &&
	    errno != EEXIST)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s: cannot be made", d->path);
	d->fd = open_dir(d, d->home_fd, d->name);
	if (d->fd < 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s",
		    d->path);
	/* the umask may have taken bits */
	if (!fileops_set_mode(ops, d->fd, mode) ||
	    ops->sync(ops->ctx, d->home_fd) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s",
		    d->path);
	return true;
}

bool
statedir_open(struct statedir *d, struct err *err)
{
	struct stat st;
	int error;

	statedir_close(d);
	d->home_fd = d->ops->open(d->ops->ctx, AT_FDCWD, d->home,
	    O_RDONLY | O_DIRECTORY, 0);
	if (d->home_fd < 0) {
		error = errno;
		if (d->ops->stat_at(d->ops->ctx, AT_FDCWD, d->home, &st) ==
		    0 && S_ISLNK(st.st_mode))
			return err_set(err, OUTCOME_STORE_ERROR, "%s: a "
			    "symbolic link; name the directory that it "
			    "leads to", d->home);
		return err_sys(err, OUTCOME_STORE_ERROR, error,
		    "%s: the directory of the store (make it, owned by the "
		    "user that runs the responder)", d->home);
	}
	if (!check(d, d->home_fd, d->home, false, &st, err))
		goto fail;
	d->fd = open_dir(d, d->home_fd, d->name);
	if (d->fd < 0 && errno != ENOENT) {
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s", d->path);
		goto fail;
	}
	if (d->fd < 0 && !create(d, err))
		goto fail;
	if (!check(d, d->fd, d->path, true, &st, err))
		goto fail;
	d->dev = st.st_dev;
	d->ino = st.st_ino;
	return true;
fail:
	statedir_close(d);
	return false;
}

void
statedir_close(struct statedir *d)
{
	if (d->flag_fd >= 0)
		d->ops->close(d->ops->ctx, d->flag_fd);
	if (d->fd >= 0)
		d->ops->close(d->ops->ctx, d->fd);
	if (d->home_fd >= 0)
		d->ops->close(d->ops->ctx, d->home_fd);
	d->fd = d->home_fd = d->flag_fd = -1;
	d->has_held = false;
}

/* It ends with its process.  Without it the lock is only less fair. */
static bool
raise_flag(struct statedir *d, int64_t deadline_ms)
{
	if (d->flag_fd < 0)
		d->flag_fd = d->ops->open(d->ops->ctx, d->fd,
		    STATEDIR_WAITING, O_RDWR | O_CREAT, 0600);
	return d->flag_fd >= 0 &&
	    d->ops->lock(d->ops->ctx, d->flag_fd, deadline_ms) == 0;
}

/*
 * flock(2) is unfair: the process that just released the lock usually gets it
 * again.  So a process queues on the flag file first and holds it while it
 * waits for the lock.  A process that has never held the lock (every CGI
 * process) tries the lock directly and queues only if it is taken.  At once
 * (deadline_ms 0) means: if nobody waits.
 */
static int
lock_in_turn(struct statedir *d, int64_t deadline_ms)
{
	int64_t turn_ms = fileops_clock_ms() + STOPPED_MS;
	bool has_flag;
	int rc, error;

	if (!d->has_held) {
		rc = d->ops->lock(d->ops->ctx, d->fd, 0);
		if (rc == 0 || errno != ETIMEDOUT || deadline_ms == 0)
			return rc;
	}
	has_flag = raise_flag(d, turn_ms < deadline_ms ? turn_ms :
	    deadline_ms);
	if (deadline_ms == 0 && !has_flag) {
		errno = ETIMEDOUT;
		return -1;
	}
	rc = d->ops->lock(d->ops->ctx, d->fd, deadline_ms);
	error = errno;
	if (has_flag)
		d->ops->unlock(d->ops->ctx, d->flag_fd);
	errno = error;
	return rc;
}

bool
statedir_lock(struct statedir *d, int64_t deadline_ms, bool *replaced,
    struct err *err)
{
	struct stat st;

	if (lock_in_turn(d, deadline_ms) != 0) {
		if (errno == ETIMEDOUT)
			return err_set(err, OUTCOME_STORE_ERROR, "%s: another "
			    "process has held the store's lock for longer "
			    "than lock-timeout; a slow disk, or a process "
			    "that was stopped (fuser %s)", d->path, d->path);
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s: cannot be locked", d->path);
	}
	/* if it was deleted and made again, there are two locks */
	*replaced = d->ops->stat_at(d->ops->ctx, AT_FDCWD, d->path, &st) !=
	    0 || st.st_dev != d->dev || st.st_ino != d->ino;
	if (*replaced)
		statedir_unlock(d);
	d->has_held = true;
	return true;
}

void
statedir_unlock(struct statedir *d)
{
	d->ops->unlock(d->ops->ctx, d->fd);
}

bool
statedir_has(const struct statedir *d, const char *name)
{
	struct stat st;

	/* after any other error it counts as there: it will be looked at */
	return d->ops->stat_at(d->ops->ctx, d->fd, name, &st) == 0 ||
	    errno != ENOENT;
}

/* 1: one of them is there, 0: none, -1: errno. */
static int
has_any(const struct statedir *d, int fd, const char *const *names)
{
	struct stat st;

	for (; *names != NULL; names++) {
		if (d->ops->stat_at(d->ops->ctx, fd, *names, &st) == 0)
			return 1;
		if (errno != ENOENT)
			return -1;
	}
	return 0;
}

int
statedir_aside(const struct statedir *d, const char *const *names,
    char moved[64], struct err *err)
{
	const struct fileops *ops = d->ops;
	struct civil c = civil_of(ops->now_us(ops->ctx) / 1000000);
	int fd = -1, taken;

	/*
	 * At most ASIDE_MAX a day: what fails for hours must not fill the
	 * disk.  In the last one each set of files replaces the one before.
	 */
	for (int i = 0; i < ASIDE_MAX; i++) {
		snprintf(moved, 64, "bad-%04d%02d%02d-%02d", c.year, c.month,
		    c.day, i);
		if (ops->mkdir(ops->ctx, d->fd, moved, 0700) != 0 &&
		    errno != EEXIST)
			break;
		fd = open_dir(d, d->fd, moved);
		if (fd < 0)
			break;
		taken = has_any(d, fd, names);
		if (taken == 0 || (taken > 0 && i == ASIDE_MAX - 1))
			return fd;
		ops->close(ops->ctx, fd);
		if (taken < 0)
			break;
	}
	err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s: cannot be made",
	    d->path, moved);
	return -1;
}

bool
statedir_set_aside(const struct statedir *d, const char *const *names,
    char moved[64], struct err *err)
{
	const struct fileops *ops = d->ops;
	int fd = statedir_aside(d, names, moved, err);

	if (fd < 0)
		return false;
	for (; *names != NULL; names++) {
		if (ops->rename(ops->ctx, d->fd, *names, fd, *names) != 0 &&
		    errno != ENOENT) {
			err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s/%s: cannot be set aside", d->path, *names);
			ops->close(ops->ctx, fd);
			return false;
		}
	}
	ops->close(ops->ctx, fd);
	return true;
}
