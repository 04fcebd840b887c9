/* SPDX-License-Identifier: ISC */
/*
 * Indexes lines that are in files already, in committed steps, so that after a
 * request or a crash the next one continues.  Takes only lines on stable
 * storage.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/log.h"

#define STEP_BYTES ((int64_t)64 << 20)

/* How far one step has come, and the last record in it. */
struct step {
	int64_t offset;
	int64_t last_offset;
	int64_t last_len;		/* 0: no record in this step */
};

/* Adds the ids of one step in the open transaction; changes the mark. */
static bool
index_step(struct log *log, int fd, int64_t number, int64_t to,
    struct step *step, struct mark *mark, struct err *err)
{
	struct ledger *l = &log->ledger;
	int64_t stop = to - step->offset > STEP_BYTES ?
	    step->offset + STEP_BYTES : to;
	struct record_view view;
	struct index_row row;
	struct lines lines;
	struct line line;
	bool ok = true;
	int rc;

	step->last_len = 0;
	lines_init(&lines, l->ops, fd, step->offset, to);
	while ((rc = lines_next(&lines, &line)) > 0) {
		if (!line.whole && line.offset + (int64_t)line.len == to)
			break; /* cut off by the end: not for this step */
		if (log_parse(log, &line, &view)) {
			ok = ledger_row(&row, &view, number, line.offset,
			    err) &&
			    ledger_check(l, index_add(l->index, view.id, &row,
			    err));
			if (ok && view.time > mark->newest)
				mark->newest = view.time;
			ok = ok && ledger_prune(l, mark, 1, err);
			if (!ok)
				break;
			step->last_offset = line.offset;
			step->last_len = (int64_t)line.len + 1;
		}
		step->offset = lines.at + (int64_t)lines.used;
		if (step->offset >= stop ||
		    fileops_clock_ms() >= log->settle_until_ms)
			break;
	}
	if (rc < 0)
		ok = err_sys(err, OUTCOME_STORE_ERROR, errno, "%s: reading",
		    l->path);
	lines_wipe(&lines);
	return ok;
}

bool
log_is_late(struct log *log, int64_t left, struct err *err)
{
	if (fileops_clock_ms() < log->settle_until_ms)
		return false;
	log->late = true;
	log->left = left;
	err_set(err, OUTCOME_STORE_ERROR, "%s: reading its records into the "
	    "index, %lld MiB left; each request continues, and "
	    "\"hookcask index --rebuild\" does it at once", log->ledger.path,
	    (long long)(left >> 20));
	return true;
}

/* Moves the mark past the last record of a step. */
static bool
advance(struct log *log, struct mark *mark, const struct step *step,
    struct err *err)
{
	char head[LOG_HASHED];
	struct iovec iov = { head, sizeof(head) };

	if (step->last_len == 0) {
		/* no line by which to recognise the file */
		mark->offset = step->offset;
		mark->last_len = 0;
		return true;
	}
	if ((int64_t)iov.iov_len > step->last_len)
		iov.iov_len = (size_t)step->last_len;
	if (!fileops_read_all(log->ledger.ops, log->fd, head, iov.iov_len,
	    step->last_offset))
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s: reading",
		    log->ledger.path);
	log_mark_line(mark, &iov, 1, (size_t)step->last_len,
	    step->last_offset);
	return true;
}

bool
log_index(struct log *log, int64_t to, struct err *err)
{
	struct ledger *l = &log->ledger;
	struct step step = { 0 };
	struct mark mark;
	int64_t from;

	do {
		if (!ledger_begin(l, false, err))
			return false;
		mark = l->mark;
		from = step.offset = mark.offset;
		if (!index_step(log, log->fd, mark.file_number, to, &step,
		    &mark, err) || !advance(log, &mark, &step, err)) {
			ledger_rollback(l);
			return false;
		}
		if (step.offset == from) {
			ledger_rollback(l);
			return true;
		}
		if (!ledger_commit_mark(l, &mark, err))
			return false;
	} while (step.offset < to && !log_is_late(log, to - step.offset, err));
	return step.offset >= to;
}

/* Reads one file: adds its rows, and notes how far it was read. */
static bool
index_file(struct log *log, int fd, int64_t number, int64_t offset,
    int64_t size, struct err *err)
{
	struct ledger *l = &log->ledger;
	struct step step = { .offset = offset };
	struct mark mark;
	int64_t from;

	do {
		if (!ledger_begin(l, false, err))
			return false;
		mark = l->mark;
		from = step.offset;
		if (!index_step(log, fd, number, size, &step, &mark, err))
			return false;
		if (step.offset == from)
			step.offset = size;
		if (!ledger_check(l, index_set_unread(l->index, number,
		    step.offset < size ? step.offset : -1, err)) ||
		    !ledger_commit_mark(l, &mark, err))
			return false;
	} while (step.offset < size &&
	    !log_is_late(log, size - step.offset, err));
	return step.offset >= size;
}

/* The first file that was not read to its end; number 0: none. */
static bool
next_unread(struct log *log, int64_t *number, int64_t *offset, char *name,
    uint64_t *inode, struct err *err)
{
	struct ledger *l = &log->ledger;
	bool ok;

	ok = ledger_begin(l, false, err) &&
	    ledger_check(l, index_next_unread(l->index, number, offset,
	    err)) &&
	    (*number == 0 || ledger_check(l, index_file_name(l->index,
	    *number, name, inode, err)));
	ledger_rollback(l);
	return ok;
}

/* All files are read: a batch may look for duplicates now. */
static bool
all_read(struct log *log, struct err *err)
{
	struct ledger *l = &log->ledger;
	struct mark mark;

	if (!ledger_begin(l, false, err))
		return false;
	mark = l->mark;
	mark.unread = false;
	if (l->mark.set && l->mark.unread)
		return ledger_commit_mark(l, &mark, err);
	ledger_rollback(l);
	return true;
}

bool
log_index_unread_step(struct log *log, bool *more, struct err *err)
{
	struct err late = ERR_INIT;
	bool ok;

	log->late = false;
	ok = log_index_unread(log, &late);
	/* being out of time is no failure here */
	*more = !ok && log->late;
	if (!ok && !*more && err != NULL)
		*err = late;
	return ok || *more;
}

bool
log_index_unread(struct log *log, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	char hint[INDEX_NAME_MAX + 1], name[INDEX_NAME_MAX + 1];
	int64_t number, offset;
	struct stat st;
	uint64_t inode;
	bool ok;
	int fd;

	for (;;) {
		if (!next_unread(log, &number, &offset, hint, &inode, err))
			return false;
		if (number == 0)
			return all_read(log, err);
		if (!log_find_file(log, hint, inode, name, err))
			return false;
		fd = name[0] == '\0' ? -1 :
		    log_open_file(log, name, true, &st, err);
		if (fd < 0) {
			/* removed since: its ids cannot be known */
			if (name[0] != '\0' && errno != ENOENT)
				return false;
			if (!index_file(log, -1, number, 0, 0, err))
				return false;
			continue;
		}
		ok = ops->sync_data(ops->ctx, fd) == 0 ?
		    index_file(log, fd, number, offset, st.st_size, err) :
		    err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/%s: cannot be synced", log->ledger.dir.home, name);
		ops->close(ops->ctx, fd);
		if (!ok)
			return false;
	}
}
