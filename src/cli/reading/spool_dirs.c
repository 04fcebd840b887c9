/* SPDX-License-Identifier: ISC */
/*
 * Moves the files of a spool from directory to directory.  A file is in only
 * one of them, which is the state of its event.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "cli/reading/spool_dirs.h"

static const char *const names[SPOOL_STAGES] = {
	[SPOOL_NEW] = "new",
	[SPOOL_CUR] = "cur",
	[SPOOL_DONE] = "done",
	[SPOOL_FAILED] = "failed",
};

const char *
spool_stage_name(enum spool_stage stage)
{
	return names[stage];
}

static bool
fail(const struct spool_dirs *d, enum spool_stage stage, int errnum,
    struct err *err)
{
	return err_sys(err, errnum == EACCES || errnum == EPERM ?
	    OUTCOME_NO_PERMISSION : OUTCOME_IO_ERROR, errnum, "%s/%s",
	    d->home, names[stage]);
}

static bool
fail_file(const struct spool_dirs *d, enum spool_stage stage,
    const char *name, int errnum, struct err *err)
{
	return err_sys(err, errnum == EACCES || errnum == EPERM ?
	    OUTCOME_NO_PERMISSION : OUTCOME_IO_ERROR, errnum, "%s/%s/%s",
	    d->home, names[stage], name);
}

static int
open_dir(const struct spool_dirs *d, enum spool_stage stage)
{
	return d->ops->open(d->ops->ctx, d->home_fd, names[stage],
	    O_RDONLY | O_DIRECTORY, 0);
}

/* Makes one of the consumer's, with the mode that new/ has, and opens it. */
static bool
make(struct spool_dirs *d, enum spool_stage stage, struct err *err)
{
	const struct fileops *ops = d->ops;
	struct stat st, made;
	mode_t before;
	bool is_made;

	if (ops->stat(ops->ctx, d->fd[SPOOL_NEW], &st) != 0)
		return fail(d, SPOOL_NEW, errno, err);
	before = umask(07);
	is_made = ops->mkdir(ops->ctx, d->home_fd, names[stage],
	    st.st_mode & 0770) == 0 || errno == EEXIST;
	umask(before);
	if (!is_made)
		return err_sys(err, OUTCOME_CANNOT_CREATE, errno, "%s/%s: "
		    "cannot be made; let the spool's owner make it, writable "
		    "for this user", d->home, names[stage]);
	/*
	 * A chmod that is not needed could cost the setgid bit of a group that
	 * this user is not in.  Through a descriptor: others who may write to
	 * the spool could put a link there.  Synced: what is moved into the
	 * directory must stay there.
	 */
	d->fd[stage] = open_dir(d, stage);
	if (d->fd[stage] == -1 ||
	    ops->stat(ops->ctx, d->fd[stage], &made) != 0 ||
	    ((made.st_mode & 02777) != (st.st_mode & 02770) &&
	    ops->chmod(ops->ctx, d->fd[stage], st.st_mode & 02770) != 0) ||
	    ops->sync(ops->ctx, d->home_fd) != 0)
		return fail(d, stage, errno, err);
	return true;
}

/* With a link at that name: an operator may have moved the spool. */
static int
open_home(const struct fileops *ops, const char *home)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/.", home);
	return ops->open(ops->ctx, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
}

bool
spool_dirs_open(struct spool_dirs *d, const struct fileops *ops,
    const char *home, bool may_make, bool *empty, struct err *err)
{
	d->ops = ops;
	d->home = home;
	for (int i = 0; i < SPOOL_STAGES; i++) {
		d->fd[i] = -1;
		d->entered[i] = d->left[i] = false;
	}
	*empty = false;
	d->home_fd = open_home(ops, home);
	if (d->home_fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", home);
	for (enum spool_stage i = 0; i < SPOOL_STAGES; i++) {
		d->fd[i] = open_dir(d, i);
		if (d->fd[i] == -1 && errno == ENOENT && i == SPOOL_NEW) {
			*empty = true;
			spool_dirs_close(d);
			return true;
		}
		if (d->fd[i] == -1 && errno == ENOENT && may_make) {
			if (!make(d, i, err))
				goto bad;
		}
		if (d->fd[i] == -1 && (may_make || errno != ENOENT)) {
			fail(d, i, errno, err);
			goto bad;
		}
	}
	return true;
bad:
	spool_dirs_close(d);
	return false;
}

void
spool_dirs_close(struct spool_dirs *d)
{
	for (int i = 0; i < SPOOL_STAGES; i++) {
		if (d->fd[i] != -1)
			d->ops->close(d->ops->ctx, d->fd[i]);
		d->fd[i] = -1;
	}
	if (d->home_fd != -1)
		d->ops->close(d->ops->ctx, d->home_fd);
	d->home_fd = -1;
}

bool
spool_move(struct spool_dirs *d, const char *name, enum spool_stage from,
    enum spool_stage to, bool may_miss, struct err *err)
{
	if (d->ops->rename(d->ops->ctx, d->fd[from], name, d->fd[to],
	    name) != 0) {
		if (errno == ENOENT && may_miss)
			return false;
		return fail(d, from, errno, err);
	}
	d->left[from] = d->entered[to] = true;
	return true;
}

bool
spool_has(const struct spool_dirs *d, enum spool_stage stage,
    const char *name)
{
	struct stat st;

	return d->fd[stage] != -1 &&
	    d->ops->stat_at(d->ops->ctx, d->fd[stage], name, &st) == 0;
}

bool
spool_stat(const struct spool_dirs *d, enum spool_stage stage,
    struct stat *st, struct err *err)
{
	return d->ops->stat(d->ops->ctx, d->fd[stage], st) == 0 ||
	    fail(d, stage, errno, err);
}

bool
spool_remove(struct spool_dirs *d, enum spool_stage stage, const char *name,
    struct err *err)
{
	d->left[stage] = true;
	return d->ops->unlink(d->ops->ctx, d->fd[stage], name) == 0 ||
	    errno == ENOENT || fail_file(d, stage, name, errno, err);
}

void
spool_dirs_doubt(struct spool_dirs *d)
{
	for (int i = 0; i < SPOOL_STAGES; i++)
		d->entered[i] = d->left[i] = true;
}

static bool
sync_marked(struct spool_dirs *d, const bool *marked, struct err *err)
{
	for (int i = SPOOL_STAGES - 1; i >= 0; i--) {
		if (!marked[i])
			continue;
		if (d->ops->sync(d->ops->ctx, d->fd[i]) != 0)
			return fail(d, (enum spool_stage)i, errno, err);
		d->entered[i] = d->left[i] = false;
	}
	return true;
}

/*
 * Syncs the directories that files moved to before those that they left, and
 * later stages first: after power loss each file is somewhere.
 */
bool
spool_dirs_sync(struct spool_dirs *d, struct err *err)
{
	return sync_marked(d, d->entered, err) && sync_marked(d, d->left, err);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_event_name(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 &&
	    strcmp(name + len - 5, ".json") == 0 && strchr(name, '\n') == NULL;
}

int64_t
spool_name_us(const char *name)
{
	int64_t us = 0;

	if (strspn(name, "0123456789") < 16)
		return 0;
	for (int i = 0; i < 16; i++)
		us = us * 10 + (name[i] - '0');
	return us;
}

struct names_read {
	struct spool_names	*names;
	size_t			 size;
	bool			 lost;		/* memory ran out */
};

static bool
add(void *arg, const char *name)
{
	struct names_read *r = arg;
	struct spool_names *n = r->names;
	size_t more = r->size == 0 ? 64 : r->size * 2;
	char **list;

	if (!is_event_name(name))
		return true;
	if (n->count == r->size) {
		list = realloc(n->list, more * sizeof(*list));
		if (list == NULL) {
			r->lost = true;
			return false;
		}
		n->list = list;
		r->size = more;
	}
	n->list[n->count] = strdup(name);
	r->lost = n->list[n->count++] == NULL;
	return !r->lost;
}

bool
spool_names_read(struct spool_names *n, const struct spool_dirs *d,
    enum spool_stage stage, struct err *err)
{
	struct names_read r = { n, 0, false };
	bool ok;

	n->list = NULL;
	n->count = 0;
	ok = d->ops->list(d->ops->ctx, d->fd[stage], add, &r) == 0;
	if (!ok || r.lost) {
		fail(d, stage, r.lost ? ENOMEM : errno, err);
		spool_names_wipe(n);
		return false;
	}
	if (n->count > 0)
		qsort(n->list, n->count, sizeof(*n->list), by_name);
	return true;
}

void
spool_names_wipe(struct spool_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->list[i]);
	free(n->list);
	n->list = NULL;
	n->count = 0;
}

bool
spool_read(const struct spool_dirs *d, enum spool_stage stage,
    const char *name, char **line, size_t *len, struct err *err)
{
	const struct fileops *ops = d->ops;
	struct stat st;
	bool ok = false;
	int fd;

	*line = NULL;
	*len = 0;
	fd = ops->open(ops->ctx, d->fd[stage], name, O_RDONLY | O_NONBLOCK, 0);
	if (fd == -1 && errno == ELOOP)
		return true;
	if (fd == -1 || ops->stat(ops->ctx, fd, &st) != 0) {
		fail_file(d, stage, name, errno, err);
		goto out;
	}
	ok = true;
	if (!S_ISREG(st.st_mode) || st.st_size < 2 ||
	    st.st_size > (off_t)LINE_MAX_BYTES)
		goto out;
	*len = (size_t)st.st_size - 1;
	*line = malloc(*len + 1);
	ok = *line != NULL &&
	    fileops_read_all(ops, fd, *line, *len + 1, 0);
	if (!ok)
		fail_file(d, stage, name, *line == NULL ? ENOMEM : errno,
		    err);
	if (!ok || (*line)[*len] != '\n' ||
	    memchr(*line, '\n', *len) != NULL) {
		free(*line);
		*line = NULL;
	} else {
		(*line)[*len] = '\0';
	}
out:
	if (fd != -1)
		ops->close(ops->ctx, fd);
	return ok;
}
