/* SPDX-License-Identifier: ISC */
/*
 * Appends the lines of a tail whose file is gone to the current file, unless
 * the index knows them.  Acknowledges nothing; if repeated, it continues.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>

#include "store/log_tail.h"

static bool
fail(struct log *log, struct err *err)
{
	return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s: cannot be "
	    "read", log->ledger.dir.path, LOG_ORPHANS);
}

/*
 * Appends one line of a tail, as steps 4 to 6 of a batch do; *appended: it was
 * a record and was not there.
 */
static bool
append_orphan(struct log *log, const struct line *line, bool *appended,
    struct err *err)
{
	struct iovec iov = { (void *)(uintptr_t)line->text, line->len + 1 };
	struct iovec once = iov;
	struct ledger *l = &log->ledger;
	struct record_view view;
	struct index_row row;
	struct mark mark;
	bool found;

	*appended = false;
	if (!log_parse(log, line, &view))
		return true;
	if (!ledger_begin(l, false, err) ||
	    !ledger_check(l, index_find(l->index, view.id, &found, &row,
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
		log_cut_back(log, mark.offset);
		log_drop_file(log);
		return false;
	}
	if (!ledger_row(&row, &view, mark.file_number, mark.offset, err) ||
	    !ledger_check(l, index_add(l->index, view.id, &row, err)))
		return false;
	if (view.time > mark.newest)
		mark.newest = view.time;
	log_mark_line(&mark, &iov, 1, iov.iov_len, mark.offset);
	*appended = true;
	return ledger_commit_mark(l, &mark, err);
}

bool
log_orphans(struct log *log, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	struct lines lines;
	struct log_tail tail;
	struct line line;
	bool appended;
	int fd, rc = -1;

	fd = ops->open(ops->ctx, log->ledger.dir.fd, LOG_ORPHANS, O_RDWR, 0);
	if (fd < 0 || !log_tail_read_head(log, fd, &tail)) {
		if (fd >= 0)
			ops->close(ops->ctx, fd);
		return fail(log, err);
	}
	lines_init(&lines, ops, fd, LOG_TAIL_HEAD, LOG_TAIL_HEAD + tail.len);
	while ((rc = lines_next(&lines, &line)) > 0)
		/* the next try finds what was appended already */
		if (!append_orphan(log, &line, &appended, err) || (appended &&
		    log_is_late(log, lines.end - line.offset, err)))
			break;
	if (rc < 0)
		fail(log, err);
	lines_wipe(&lines);
	ops->close(ops->ctx, fd);
	if (rc != 0)
		return false;
	ledger_note(&log->ledger, "%s/%s has gone: its last lines were "
	    "appended to the current file", log->ledger.dir.home,
	    tail.mark.file);
	return log_tail_remove(log, LOG_ORPHANS, err);
}
