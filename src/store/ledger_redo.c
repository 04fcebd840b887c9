/* SPDX-License-Identifier: ISC */
/*
 * Settles an index of which a sync may have failed.  Everything that can be
 * missing from its file is still in SQLite's write-ahead log, because the log
 * starts over only after the file was synced.  So it is enough to write the
 * log to new blocks and sync it.
 *
 *   #  under the lock, nothing open          after a kill or power loss
 *   1  copy the log to index.new, sync it    index.new: removed; again
 *   2  rename it to index.db-wal, remove     the same again
 *      -shm and -journal, fsync(state
 *      directory)
 *   3  cut from the file what is in the      the same again
 *      log: new pages get new blocks
 *   4  remove index.doubt                    done
 *
 * Without a -shm, SQLite checks the sums of the log and copies all of it into
 * the file again.  The cost depends on the size of the log, not of the index.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "index/index_wal.h"
#include "store/ledger_redo.h"

#define FRAMES 16	/* at once */

struct redo {
	struct ledger	*ledger;
	struct index_wal wal;
	unsigned char	*buf;
	size_t		 buf_size;
	int		 from, to;	/* -1: closed */
	int64_t		 size;		/* of from */
};

static bool
fail(struct redo *r, struct err *err)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s: the "
		    "index is in doubt after a failed sync or a kill, and "
		    "settling it needs %lld bytes",
		    r->ledger->dir.path, INDEX_NEW, (long long)r->size);
	return ledger_fail(r->ledger, INDEX_FILE "-wal", err);
}

static bool
copy_some(struct redo *r, size_t len, int64_t at)
{
	struct iovec iov = { r->buf, len };

	return fileops_read_all(r->ledger->ops, r->from, r->buf, len, at) &&
	    fileops_write_all(r->ledger->ops, r->to, &iov, 1, at);
}

static bool
look_at_frames(struct redo *r, size_t len)
{
	size_t frame = INDEX_WAL_FRAME + (size_t)r->wal.page_size;

	for (size_t at = 0; at + frame <= len && !r->wal.ended; at += frame)
		if (!index_wal_add(&r->wal, r->buf + at))
			return false;
	return true;
}

static bool
copy_log(struct redo *r)
{
	int64_t at = r->size < INDEX_WAL_HEAD ? r->size : INDEX_WAL_HEAD;

	r->buf_size = INDEX_WAL_HEAD;
	if ((r->buf = calloc(1, r->buf_size)) == NULL ||
	    !copy_some(r, (size_t)at, 0))
		return false;
	index_wal_begin(&r->wal, r->buf);
	r->buf_size = FRAMES * (INDEX_WAL_FRAME + (r->wal.page_size == 0 ?
	    4096 : (size_t)r->wal.page_size));
	free(r->buf);
	if ((r->buf = malloc(r->buf_size)) == NULL)
		return false;
	while (at < r->size) {
		size_t len = r->size - at < (int64_t)r->buf_size ?
		    (size_t)(r->size - at) : r->buf_size;

		if (!copy_some(r, len, at) || !look_at_frames(r, len))
			return false;
		at += (int64_t)len;
	}
	return true;
}

/* Step 1, and the rename of step 2. */
static bool
redo_log(struct redo *r, struct err *err)
{
	struct ledger *l = r->ledger;
	const struct fileops *ops = l->ops;
	struct stat st;

	r->from = ops->open(ops->ctx, l->dir.fd, INDEX_FILE "-wal", O_RDONLY,
	    0);
	if (r->from < 0)
		return errno == ENOENT || fail(r, err);
	if (ops->stat(ops->ctx, r->from, &st) != 0)
		return fail(r, err);
	r->size = st.st_size;
	if (r->size == 0)
		return true;
	r->to = ops->open(ops->ctx, l->dir.fd, INDEX_NEW, O_RDWR | O_CREAT |
	    O_EXCL, l->dir.mode);
	if (r->to < 0 || !fileops_set_mode(ops, r->to, l->dir.mode) ||
	    !copy_log(r) || ops->sync_data(ops->ctx, r->to) != 0)
		return fail(r, err);
	if (ops->rename(ops->ctx, l->dir.fd, INDEX_NEW, l->dir.fd,
	    INDEX_FILE "-wal") != 0)
		return fail(r, err);
	return true;
}

/* Step 3. */
static bool
cut_file(struct redo *r, struct err *err)
{
	const struct fileops *ops = r->ledger->ops;
	int fd = ops->open(ops->ctx, r->ledger->dir.fd, INDEX_FILE, O_RDWR,
	    0);
	uint32_t pages, needed;
	struct stat st;
	bool ok = fd >= 0 && ops->stat(ops->ctx, fd, &st) == 0;

	if (ok && r->wal.committed > 0) {
		pages = (uint32_t)(st.st_size / r->wal.page_size);
		needed = index_wal_needs(&r->wal, pages);
		ok = needed == pages || ops->truncate(ops->ctx, fd,
		    (int64_t)needed * r->wal.page_size) == 0;
	}
	if (!ok)
		ledger_fail(r->ledger, INDEX_FILE, err);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	return ok;
}

bool
ledger_redo(struct ledger *l, struct err *err)
{
	struct redo r = { .ledger = l, .from = -1, .to = -1 };
	const struct fileops *ops = l->ops;
	/* a journal exists only while a new log gets its first page */
	bool ok = redo_log(&r, err) &&
	    ledger_remove(l, INDEX_FILE "-shm", err) &&
	    ledger_remove(l, INDEX_FILE "-journal", err) &&
	    (ops->sync(ops->ctx, l->dir.fd) == 0 ||
	    ledger_fail(l, ".", err)) && cut_file(&r, err);

	if (!ok)
		/* a full disk needs its room */
		ledger_remove(l, INDEX_NEW, NULL);
	if (r.to >= 0)
		ops->close(ops->ctx, r.to);
	if (r.from >= 0)
		ops->close(ops->ctx, r.from);
	index_wal_wipe(&r.wal);
	free(r.buf);
	return ok && ledger_trust(l, err);
}
