/* SPDX-License-Identifier: ISC */
/*
 * Duty: keep lock, state directory and index together: the index is the one
 * of the directory that is locked, or it is closed.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/ledger.h"

bool
ledger_init(struct ledger *l, const struct endpoint *endpoint,
    const struct store_options *options, struct err *err)
{
	const char *slash;
	size_t len;

	memset(l, 0, sizeof(*l));
	l->ops = options->ops == NULL ? &fileops_posix : options->ops;
	l->endpoint = endpoint;
	l->options = *options;
	l->full = endpoint->spool != NULL;
	l->path = l->full ? endpoint->spool : endpoint->log;
	slash = strrchr(l->path, '/');
	len = l->full || slash == NULL ? strlen(l->path) :
	    (size_t)(slash - l->path);
	return statedir_init(&l->dir, l->ops, endpoint, l->path, len, err);
}

void
ledger_close(struct ledger *l)
{
	ledger_rollback(l);
	index_close(l->index);
	l->index = NULL;
	statedir_close(&l->dir);
}

bool
ledger_lock(struct ledger *l, int64_t deadline_ms, bool *reopened,
    struct err *err)
{
	bool replaced;

	*reopened = false;
	do {
		if (l->dir.fd < 0) {
			if (!statedir_open(&l->dir, err))
				return false;
			*reopened = true;
		}
		if (!statedir_lock(&l->dir, deadline_ms, &replaced, err))
			return false;
		if (replaced) {
			index_close(l->index);
			l->index = NULL;
			statedir_close(&l->dir);
		}
	} while (replaced && fileops_clock_ms() < deadline_ms);
	if (replaced)
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s: is being replaced again and again", l->dir.path);
	return true;
}

void
ledger_unlock(struct ledger *l)
{
	ledger_rollback(l);
	if (l->dir.fd >= 0)
		statedir_unlock(&l->dir);
}

bool
ledger_check(struct ledger *l, enum index_status status)
{
	static const char *const files[] = { INDEX_FILE, INDEX_FILE "-wal",
		INDEX_FILE "-shm", NULL };
	char moved[64];

	if (status == INDEX_OK)
		return true;
	ledger_rollback(l);
	index_close(l->index);
	l->index = NULL;
	if (status == INDEX_BROKEN &&
	    statedir_set_aside(&l->dir, files, moved, NULL))
		ledger_note(l, "%s/%s was broken: it lies in %s now and is "
		    "made anew", l->dir.path, INDEX_FILE, moved);
	return false;
}

/* Makes the empty file, so that its mode is ours and not SQLite's. */
static bool
make_index_file(struct ledger *l, struct err *err)
{
	const struct fileops *ops = l->ops;
	int fd;

	fd = ops->open(ops->ctx, l->dir.fd, INDEX_FILE,
	    O_RDWR | O_CREAT | O_EXCL, l->dir.mode);
	if (fd >= 0 && ops->chmod(ops->ctx, fd, l->dir.mode) == 0 &&
	    ops->sync(ops->ctx, l->dir.fd) == 0) {
		ops->close(ops->ctx, fd);
		return true;
	}
	err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s: cannot be made",
	    l->dir.path, INDEX_FILE);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	return false;
}

static bool
open_index(struct ledger *l, struct err *err)
{
	struct index_options o = {
		.dir = l->dir.path,
		.vfs = l->options.vfs,
		.endpoint = l->endpoint->name,
		.path = l->path,
		.full = l->full,
		.is_cgi = l->options.is_cgi,
	};
	struct stat st;

	if (l->ops->stat_at(l->ops->ctx, l->dir.fd, INDEX_FILE, &st) != 0) {
		if (errno != ENOENT)
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s/%s", l->dir.path, INDEX_FILE);
		if (!make_index_file(l, err) ||
		    l->ops->stat_at(l->ops->ctx, l->dir.fd, INDEX_FILE, &st)
		    != 0)
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s/%s", l->dir.path, INDEX_FILE);
	}
	l->index_dev = st.st_dev;
	l->index_ino = st.st_ino;
	return ledger_check(l, index_open(&l->index, &o, err));
}

bool
ledger_begin(struct ledger *l, bool full, struct err *err)
{
	struct stat st;

	/* a deleted index would be written to as if it were there */
	if (l->index != NULL &&
	    (l->ops->stat_at(l->ops->ctx, l->dir.fd, INDEX_FILE, &st) != 0 ||
	    st.st_ino != l->index_ino || st.st_dev != l->index_dev)) {
		index_close(l->index);
		l->index = NULL;
	}
	if (l->index == NULL && !open_index(l, err))
		return false;
	if (!ledger_check(l, index_begin(l->index, full, err)))
		return false;
	l->open = true;
	return ledger_check(l, index_get_mark(l->index, &l->mark, err));
}

bool
ledger_commit(struct ledger *l, struct err *err)
{
	l->open = false;
	return ledger_check(l, index_commit(l->index, err));
}

bool
ledger_commit_mark(struct ledger *l, const struct mark *mark,
    struct err *err)
{
	if (!ledger_check(l, index_set_mark(l->index, mark, err)) ||
	    !ledger_commit(l, err))
		return false;
	l->mark = *mark;
	l->mark.set = true;
	return true;
}

void
ledger_rollback(struct ledger *l)
{
	if (l->open && l->index != NULL)
		index_rollback(l->index);
	l->open = false;
}

void
ledger_note(const struct ledger *l, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (l->options.note == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->options.note(l->options.ctx, text);
}
