/* SPDX-License-Identifier: ISC */
/*
 * Lines past the mark may have been acknowledged and may not be on the disk:
 * copies them aside (a, b), cuts and rewrites them (c), indexes them (d).  A
 * tail is always complete; nothing is acknowledged while there is one.
 *
 *   killed or power loss in     found then           done
 *   a, b before the rename      tail.new             removed; a again
 *   b after the rename, c, d    tail                 sync its name; c, d again
 *   d, tail renamed back        tail.new             sync that; removed
 *   its file is gone            orphans, or tail     appended to the current
 *                               again                file (log_orphans.c)
 *   likewise, with orphans      tail                 waits until they are gone
 *
 * d renames tail to tail.new, syncs the directory and removes it: a tail that
 * came back after power loss, when lines had been appended after it, would
 * cut them off.  So nobody appends while either of them exists.  The
 * name of orphans needs no sync: until it has gone that way, too, the lines in
 * it are all that can be appended, and each only once.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/log_tail.h"

static bool
fail(struct log *log, const char *name, const char *what, struct err *err)
{
	return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s: %s",
	    log->ledger.dir.path, name, what);
}

static bool
write_head(struct log *log, int fd, const struct log_tail *t)
{
	const struct mark *m = &t->mark;
	char head[LOG_TAIL_HEAD + 1], hash[2 * sizeof(m->last_hash) + 1];
	struct iovec iov = { head, LOG_TAIL_HEAD };
	int n;

	for (size_t i = 0; i < sizeof(m->last_hash); i++)
		snprintf(hash + 2 * i, 3, "%02x", m->last_hash[i]);
	n = snprintf(head, sizeof(head), "hookcask tail 1 %" PRIu64 " %" PRId64
	    " %" PRId64 " %" PRId64 " %s %s\n", m->inode, m->offset, t->len,
	    m->last_len, hash, m->file);
	memset(head + n, ' ', LOG_TAIL_HEAD - (size_t)n - 1);
	head[LOG_TAIL_HEAD - 1] = '\n';
	return fileops_write_all(log->ledger.ops, fd, &iov, 1, 0);
}

bool
log_tail_read_head(struct log *log, int fd, struct log_tail *t)
{
	char head[LOG_TAIL_HEAD + 1], hash[2 * sizeof(t->mark.last_hash) + 1];
	struct mark *m = &t->mark;
	char *lf;
	int at = 0;

	memset(t, 0, sizeof(*t));
	if (!fileops_read_all(log->ledger.ops, fd, head, LOG_TAIL_HEAD, 0))
		return false;
	head[LOG_TAIL_HEAD] = '\0';
	errno = EINVAL;
	lf = strchr(head, '\n');
	if (lf == NULL)
		return false;
	*lf = '\0';
	if (sscanf(head, "hookcask tail 1 %" SCNu64 " %" SCNd64 " %" SCNd64
	    " %" SCNd64 " %64s %n", &m->inode, &m->offset, &t->len,
	    &m->last_len, hash, &at) != 5 || at == 0 || m->offset < 0 ||
	    t->len < 0 || strlen(head + at) > INDEX_NAME_MAX)
		return false;
	for (size_t i = 0; i < sizeof(m->last_hash); i++)
		if (sscanf(hash + 2 * i, "%2hhx", &m->last_hash[i]) != 1)
			return false;
	strcpy(m->file, head + at);
	return true;
}

/*
 * Step a: whole records stay, fragments and NULs go.  alien reaches from the
 * first to the last line that neither we nor a power loss can have written.
 */
static bool
copy_lines(struct log *log, int fd, int64_t size, struct log_tail *tail,
    struct log_bytes *alien, struct err *err)
{
	struct record_view view;
	struct lines lines;
	struct line line;
	int rc;

	tail->len = 0;
	lines_init(&lines, log->ledger.ops, log->fd, tail->mark.offset, size);
	while ((rc = lines_next(&lines, &line)) > 0) {
		struct iovec iov = { (void *)(uintptr_t)line.text,
			line.len + 1 };

		if (!log_parse(log, &line, &view)) {
			if (log_may_be_ours(log, &line))
				continue;
			if (alien->to == 0)
				alien->from = line.offset;
			alien->to = line.offset + (int64_t)line.len +
			    line.whole;
			continue;
		}
		if (!fileops_write_all(log->ledger.ops, fd, &iov, 1,
		    LOG_TAIL_HEAD + tail->len))
			break;
		tail->len += (int64_t)line.len + 1;
	}
	if (rc != 0)
		fail(log, LOG_TAIL_NEW, "copying lines to it", err);
	lines_wipe(&lines);
	return rc == 0;
}

/*
 * At most one batch can be unsynced after a kill: it goes aside.  That is the
 * last BATCH_BYTES, or the last line if that is longer.  It never begins inside
 * a line, not even one that is longer than any record: lines appended there
 * could not be read.
 */
bool
log_tail_start(struct log *log, int64_t size, int64_t *offset,
    struct err *err)
{
	int64_t start = log->ledger.mark.offset;
	int64_t from = size - (int64_t)BATCH_BYTES, to = size - 1;
	char buf[4096], *p;
	size_t n;

	if (from < start)
		from = start;
	*offset = from;
	for (; to > start; to -= (int64_t)n) {
		n = to - start > (int64_t)sizeof(buf) ? sizeof(buf) :
		    (size_t)(to - start);
		if (!fileops_read_all(log->ledger.ops, log->fd, buf, n,
		    to - (int64_t)n))
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s: reading", log->ledger.path);
		for (p = buf + n; p > buf; p--)
			if (p[-1] == '\n') {
				to += p - (buf + n);
				if (to < from)
					*offset = to;
				return true;
			}
	}
	*offset = start;
	return true;
}

bool
log_tail_make(struct log *log, int64_t size, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	const struct mark *mark = &log->ledger.mark;
	struct log_tail tail = { .mark = *mark };
	struct log_bytes alien = { 0, 0 };
	int state = log->ledger.dir.fd;
	bool ok = false;
	int fd;

	/* it has to wait for orphans, and its lines are nowhere else */
	if (statedir_has(&log->ledger.dir, LOG_TAIL))
		return err_set(err, OUTCOME_STORE_ERROR, "%s/%s: waits for "
		    "%s there; move %s away", log->ledger.dir.path, LOG_TAIL,
		    LOG_ORPHANS, log->ledger.path);
	fd = ops->open(ops->ctx, state, LOG_TAIL_NEW,
	    O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return fail(log, LOG_TAIL_NEW, "cannot be made", err);
	if (!copy_lines(log, fd, size, &tail, &alien, err))
		goto out;
	/* from a file that others have made, nothing is thrown away */
	if (mark->foreign && tail.len < size - mark->offset) {
		alien.from = mark->offset;
		alien.to = size;
	}
	if (alien.to > 0 && !log_aside(log, &alien, err))
		goto out;
	if (tail.len == 0) {
		/* synced: else its bytes could mix with those of a batch */
		ok = ops->truncate(ops->ctx, log->fd, mark->offset) == 0 &&
		    ops->sync_data(ops->ctx, log->fd) == 0 &&
		    ops->unlink(ops->ctx, state, LOG_TAIL_NEW) == 0;
		if (!ok)
			err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s: its torn end cannot be cut",
			    log->ledger.path);
		goto out;
	}
	/* once the directory is synced the lines can no longer be lost */
	ok = write_head(log, fd, &tail) && ops->sync(ops->ctx, fd) == 0 &&
	    ops->rename(ops->ctx, state, LOG_TAIL_NEW, state, LOG_TAIL) ==
	    0 && ops->sync(ops->ctx, state) == 0;
	if (!ok)
		fail(log, LOG_TAIL, "cannot be made", err);
out:
	ops->close(ops->ctx, fd);
	return ok;
}

bool
log_tail_clear(struct log *log, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	int state = log->ledger.dir.fd;

	if (!statedir_has(&log->ledger.dir, LOG_TAIL_NEW))
		return true;
	/* it may have been a tail: only now it can no longer become one */
	if (ops->sync(ops->ctx, state) != 0 ||
	    ops->unlink(ops->ctx, state, LOG_TAIL_NEW) != 0)
		return fail(log, LOG_TAIL_NEW, "cannot be removed", err);
	return true;
}

bool
log_tail_remove(struct log *log, const char *name, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	int state = log->ledger.dir.fd;

	if (ops->rename(ops->ctx, state, name, state, LOG_TAIL_NEW) != 0)
		return fail(log, name, "cannot be removed", err);
	return log_tail_clear(log, err);
}

/* Step c. */
static bool
rewrite(struct log *log, int from, const struct log_tail *tail,
    struct err *err)
{
	const struct fileops *ops = log->ledger.ops;

	/*
	 * Cut first: that frees blocks whose sync has failed, and the sync of
	 * new blocks is reliable.
	 */
	if (ops->truncate(ops->ctx, log->fd, tail->mark.offset) == 0 &&
	    log_copy(log, from, LOG_TAIL_HEAD, log->fd, tail->mark.offset,
	    tail->len) &&
	    ops->sync_data(ops->ctx, log->fd) == 0)
		return true;
	return err_sys(err, OUTCOME_STORE_ERROR, errno,
	    "%s/%s: its last lines cannot be rewritten (they are safe in "
	    "%s/%s)", log->ledger.dir.home, tail->mark.file,
	    log->ledger.dir.path, LOG_TAIL);
}

/* Steps c and d for the file that is there. */
static bool
finish(struct log *log, int from, const struct log_tail *tail, struct err *err)
{
	struct ledger *l = &log->ledger;

	if (!rewrite(log, from, tail, err) || !ledger_begin(l, false, err))
		return false;
	ledger_rollback(l);
	/*
	 * From the mark, which power loss may have set back to before the
	 * tail's start.  Without a mark the file is read when it is taken up.
	 */
	if (l->mark.set && l->mark.inode == tail->mark.inode &&
	    !log_index(log, tail->mark.offset + tail->len, err))
		return false;
	return log_tail_remove(log, LOG_TAIL, err);
}

/*
 * The bytes after the tail's mark will be cut: are all their records in the
 * tail?  The inode of a file that was empty may be another file's by now.
 */
static bool
holds_all(struct log *log, int fd, const struct log_tail *tail, bool *all,
    struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	struct record_view view;
	struct lines here, kept;
	struct line line, other;
	int rc = 0, more = 1;
	struct stat st;

	if (ops->stat(ops->ctx, log->fd, &st) != 0)
		return fail(log, LOG_TAIL, "its file", err);
	*all = true;
	lines_init(&here, ops, log->fd, tail->mark.offset, st.st_size);
	lines_init(&kept, ops, fd, LOG_TAIL_HEAD, LOG_TAIL_HEAD + tail->len);
	while (*all && (rc = lines_next(&here, &line)) > 0) {
		if (!log_parse(log, &line, &view))
			continue;
		do
			more = lines_next(&kept, &other);
		while (more > 0 && (other.len != line.len ||
		    memcmp(other.text, line.text, line.len) != 0));
		*all = more > 0;
	}
	if (rc < 0 || more < 0)
		fail(log, LOG_TAIL, "cannot be compared with its file", err);
	lines_wipe(&here);
	lines_wipe(&kept);
	return rc >= 0 && more >= 0;
}

bool
log_tail_redo(struct log *log, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	int state = log->ledger.dir.fd;
	struct log_tail tail;
	enum log_found found;
	bool ok = false, same = false;
	int fd;

	fd = ops->open(ops->ctx, state, LOG_TAIL, O_RDWR, 0);
	if (fd < 0)
		return fail(log, LOG_TAIL, "cannot be opened", err);
	if (!log_tail_read_head(log, fd, &tail)) {
		fail(log, LOG_TAIL, "cannot be read; move it away", err);
	} else if (ops->sync(ops->ctx, state) != 0) {
		/* its maker may have been killed before its name was synced */
		fail(log, LOG_TAIL, "its name cannot be synced", err);
	} else if (log_open_marked(log, &tail.mark, &found, err) &&
	    (found != LOG_SAME || holds_all(log, fd, &tail, &same, err))) {
		if (same)
			ok = finish(log, fd, &tail, err);
		else
			/* orphans that already wait come first */
			ok = statedir_has(&log->ledger.dir, LOG_ORPHANS) ||
			    ops->rename(ops->ctx, state, LOG_TAIL, state,
			    LOG_ORPHANS) == 0 ||
			    fail(log, LOG_TAIL, "cannot be renamed", err);
	}
	ops->close(ops->ctx, fd);
	return ok;
}
