/* SPDX-License-Identifier: ISC */
/*
 * Duty: lines past the mark, which may have been acknowledged and may not be
 * on the disk: copy them aside (a, b), cut and write them anew (c), index
 * them (d).  A tail that is there is complete; nobody is answered while it is.
 *
 *   killed or power loss in     found then           done
 *   a, b before the rename      tail.new             a again; it is replaced
 *   b after the rename, c, d    tail                 c, d again, from it
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"

#define HEAD_SIZE 1024 /* of a tail; blanks fill it up */
#define COPY_SIZE ((size_t)1 << 20)

/* What the head of a tail says. */
struct tail {
	char file[INDEX_NAME_MAX + 1];
	uint64_t inode;
	int64_t offset;		/* in that file */
	int64_t len;		/* of the lines behind the head */
};

static bool
fail(struct log *log, const char *name, const char *what, struct err *err)
{
	return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s: %s",
	    log->ledger.dir.path, name, what);
}

static bool
write_head(struct log *log, int fd, const struct tail *t)
{
	char head[HEAD_SIZE + 1];
	struct iovec iov = { head, HEAD_SIZE };
	int n;

	n = snprintf(head, sizeof(head), "hookcask tail 1 %" PRIu64 " %" PRId64
	    " %" PRId64 " %s\n", t->inode, t->offset, t->len, t->file);
	memset(head + n, ' ', HEAD_SIZE - (size_t)n - 1);
	head[HEAD_SIZE - 1] = '\n';
	return fileops_write_all(log->ledger.ops, fd, &iov, 1, 0);
}

static bool
read_head(struct log *log, int fd, struct tail *t)
{
	char head[HEAD_SIZE + 1];
	char *lf;
	int at = 0;

	if (!fileops_read_all(log->ledger.ops, fd, head, HEAD_SIZE, 0))
		return false;
	head[HEAD_SIZE] = '\0';
	errno = EINVAL;
	lf = strchr(head, '\n');
	if (lf == NULL)
		return false;
	*lf = '\0';
	if (sscanf(head, "hookcask tail 1 %" SCNu64 " %" SCNd64 " %" SCNd64
	    " %n", &t->inode, &t->offset, &t->len, &at) != 3 || at == 0 ||
	    t->offset < 0 || t->len < 0 ||
	    strlen(head + at) > INDEX_NAME_MAX)
		return false;
	strcpy(t->file, head + at);
	return true;
}

static bool
copy(struct log *log, int from, int64_t from_offset, int to,
    int64_t to_offset, int64_t len)
{
	const struct fileops *ops = log->ledger.ops;
	char *buf = malloc(COPY_SIZE);
	bool ok = buf != NULL;

	while (ok && len > 0) {
		size_t n = len < (int64_t)COPY_SIZE ? (size_t)len : COPY_SIZE;
		struct iovec iov = { buf, n };

		ok = fileops_read_all(ops, from, buf, n, from_offset) &&
		    fileops_write_all(ops, to, &iov, 1, to_offset);
		from_offset += (int64_t)n;
		to_offset += (int64_t)n;
		len -= (int64_t)n;
	}
	free(buf);
	return ok;
}

/* Keeps bytes that are not ours where the operator finds them. */
static bool
copy_aside(struct log *log, int64_t from, int64_t to, struct err *err)
{
	static const char *const none[] = { NULL };
	const struct fileops *ops = log->ledger.ops;
	const char *name = log->ledger.mark.file;
	int state = log->ledger.dir.fd;
	int dir, fd = -1;
	char bad[64];
	bool ok = false;

	if (!statedir_set_aside(&log->ledger.dir, none, bad, err))
		return false;
	dir = ops->open(ops->ctx, state, bad, O_RDONLY | O_DIRECTORY, 0);
	if (dir >= 0)
		fd = ops->open(ops->ctx, dir, name, O_RDWR | O_CREAT | O_EXCL,
		    0600);
	if (fd >= 0)
		ok = copy(log, log->fd, from, fd, 0, to - from) &&
		    ops->sync(ops->ctx, fd) == 0 &&
		    ops->sync(ops->ctx, dir) == 0 &&
		    ops->sync(ops->ctx, state) == 0;
	if (ok)
		ledger_note(&log->ledger, "%s/%s: what followed its last "
		    "record lies in %s/%s now", log->ledger.dir.home, name,
		    log->ledger.dir.path, bad);
	else
		fail(log, bad, "cannot be written to", err);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	if (dir >= 0)
		ops->close(ops->ctx, dir);
	return ok;
}

/* Step a: whole records stay, fragments and NULs go. */
static bool
copy_lines(struct log *log, int fd, int64_t size, struct tail *tail,
    struct err *err)
{
	struct record_view view;
	struct lines lines;
	struct line line;
	int rc;

	tail->len = 0;
	lines_init(&lines, log->ledger.ops, log->fd, tail->offset, size);
	while ((rc = lines_next(&lines, &line)) > 0) {
		struct iovec iov = { (void *)(uintptr_t)line.text,
			line.len + 1 };

		if (!log_parse(log, &line, &view))
			continue;
		if (!fileops_write_all(log->ledger.ops, fd, &iov, 1,
		    HEAD_SIZE + tail->len))
			break;
		tail->len += (int64_t)line.len + 1;
	}
	if (rc != 0)
		fail(log, LOG_TAIL_NEW, "copying lines to it", err);
	lines_wipe(&lines);
	return rc == 0;
}

bool
log_tail_make(struct log *log, int64_t size, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	const struct mark *mark = &log->ledger.mark;
	struct tail tail = { .inode = mark->inode, .offset = mark->offset };
	int state = log->ledger.dir.fd;
	bool ok = false;
	int fd;

	strcpy(tail.file, mark->file);
	fd = ops->open(ops->ctx, state, LOG_TAIL_NEW,
	    O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return fail(log, LOG_TAIL_NEW, "cannot be made", err);
	if (!copy_lines(log, fd, size, &tail, err))
		goto out;
	if (mark->foreign && tail.len < size - mark->offset &&
	    !copy_aside(log, mark->offset, size, err))
		goto out;
	if (tail.len == 0) {
		ok = ops->unlink(ops->ctx, state, LOG_TAIL_NEW) == 0 &&
		    ops->truncate(ops->ctx, log->fd, mark->offset) == 0;
		if (!ok)
			err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s: its torn end cannot be cut",
			    log->ledger.path);
		goto out;
	}
	/* from the directory's sync on the lines cannot be lost any more */
	ok = write_head(log, fd, &tail) && ops->sync(ops->ctx, fd) == 0 &&
	    ops->rename(ops->ctx, state, LOG_TAIL_NEW, state, LOG_TAIL) ==
	    0 && ops->sync(ops->ctx, state) == 0;
	if (!ok)
		fail(log, LOG_TAIL, "cannot be made", err);
out:
	ops->close(ops->ctx, fd);
	return ok;
}

static bool
remove_tail(struct log *log, const char *name, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;

	if (ops->unlink(ops->ctx, log->ledger.dir.fd, name) != 0 ||
	    ops->sync(ops->ctx, log->ledger.dir.fd) != 0)
		return fail(log, name, "cannot be removed", err);
	return true;
}

/* Opens the file that a tail was cut from; *gone if there is none. */
static bool
open_target(struct log *log, const struct tail *tail, bool *gone,
    struct err *err)
{
	char name[INDEX_NAME_MAX + 1];
	struct stat st;
	int fd;

	if (!log_find_file(log, tail->file, tail->inode, name, err))
		return false;
	*gone = name[0] == '\0';
	if (*gone || (log->fd >= 0 && log->ino == tail->inode))
		return true;
	fd = log_open_file(log, name, false, &st, err);
	return fd >= 0 && log_use_file(log, fd, &st, err);
}

/* Step c. */
static bool
write_anew(struct log *log, int from, const struct tail *tail,
    struct err *err)
{
	const struct fileops *ops = log->ledger.ops;

	/*
	 * Cut first: blocks whose sync has failed are given back, and the
	 * sync of the new ones tells the truth.
	 */
	if (ops->truncate(ops->ctx, log->fd, tail->offset) == 0 &&
	    copy(log, from, HEAD_SIZE, log->fd, tail->offset, tail->len) &&
	    ops->sync_data(ops->ctx, log->fd) == 0)
		return true;
	return err_sys(err, OUTCOME_STORE_ERROR, errno,
	    "%s/%s: its last lines cannot be written anew (they are safe in "
	    "%s/%s)", log->ledger.dir.home, tail->file, log->ledger.dir.path,
	    LOG_TAIL);
}

/* Steps c and d for the file that is there. */
static bool
finish(struct log *log, int from, const struct tail *tail, struct err *err)
{
	struct ledger *l = &log->ledger;

	if (!write_anew(log, from, tail, err) || !ledger_begin(l, false, err))
		return false;
	ledger_rollback(l);
	/*
	 * From the mark, which power loss may have set back further than the
	 * tail's start.  Without a mark the file is read when it is taken up.
	 */
	if (l->mark.set && l->mark.inode == tail->inode &&
	    !log_index(log, tail->offset + tail->len, err))
		return false;
	return remove_tail(log, LOG_TAIL, err);
}

bool
log_tail_redo(struct log *log, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	int state = log->ledger.dir.fd;
	struct tail tail;
	bool gone, ok = false;
	int fd;

	fd = ops->open(ops->ctx, state, LOG_TAIL, O_RDWR, 0);
	if (fd < 0)
		return fail(log, LOG_TAIL, "cannot be opened", err);
	if (!read_head(log, fd, &tail)) {
		fail(log, LOG_TAIL, "cannot be read; move it away", err);
	} else if (open_target(log, &tail, &gone, err)) {
		if (!gone)
			ok = finish(log, fd, &tail, err);
		else if (ops->rename(ops->ctx, state, LOG_TAIL, state,
		    LOG_ORPHANS) == 0 && ops->sync(ops->ctx, state) == 0)
			ok = true;
		else
			fail(log, LOG_TAIL, "cannot be renamed", err);
	}
	ops->close(ops->ctx, fd);
	return ok;
}

/* One line of a tail, appended as step 4 to 6 of a batch do it. */
static bool
append_orphan(struct log *log, const struct line *line,
    const struct record_view *view, struct err *err)
{
	struct iovec iov = { (void *)(uintptr_t)line->text, line->len + 1 };
	struct iovec once = iov;
	struct ledger *l = &log->ledger;
	struct index_row row;
	struct mark mark;
	bool found;

	if (!ledger_begin(l, false, err) ||
	    !ledger_check(l, index_find(l->index, view->id, &found, &row,
	    err)))
		return false;
	if (found) {
		ledger_rollback(l);
		return true;
	}
	mark = l->mark;
	if (!fileops_write_all(l->ops, log->fd, &once, 1, mark.offset) ||
	    l->ops->sync_data(l->ops->ctx, log->fd) != 0) {
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s: cannot be "
		    "written to", l->path);
		l->ops->truncate(l->ops->ctx, log->fd, mark.offset);
		log_drop_file(log);
		return false;
	}
	if (!log_row(&row, view, mark.file_number, mark.offset, err) ||
	    !ledger_check(l, index_add(l->index, view->id, &row, err)))
		return false;
	if (view->time > mark.newest)
		mark.newest = view->time;
	log_mark_line(&mark, &iov, 1, iov.iov_len, mark.offset);
	return ledger_commit_mark(l, &mark, err);
}

bool
log_orphans(struct log *log, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	struct record_view view;
	struct lines lines;
	struct tail tail;
	struct line line;
	int fd, rc = -1;

	fd = ops->open(ops->ctx, log->ledger.dir.fd, LOG_ORPHANS, O_RDWR, 0);
	if (fd < 0 || !read_head(log, fd, &tail)) {
		if (fd >= 0)
			ops->close(ops->ctx, fd);
		return fail(log, LOG_ORPHANS, "cannot be read", err);
	}
	lines_init(&lines, ops, fd, HEAD_SIZE, HEAD_SIZE + tail.len);
	while ((rc = lines_next(&lines, &line)) > 0)
		if (log_parse(log, &line, &view) &&
		    !append_orphan(log, &line, &view, err))
			break;
	if (rc < 0)
		fail(log, LOG_ORPHANS, "cannot be read", err);
	lines_wipe(&lines);
	ops->close(ops->ctx, fd);
	if (rc != 0)
		return false;
	ledger_note(&log->ledger, "%s/%s has gone: its last lines were "
	    "appended to the current file", log->ledger.dir.home, tail.file);
	return remove_tail(log, LOG_ORPHANS, err);
}
