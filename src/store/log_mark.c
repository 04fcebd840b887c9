/* SPDX-License-Identifier: ISC */
/*
 * Tells by the mark's last line whether a file is still the one that the mark
 * names.  Trusts neither a name nor the number of an inode alone.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "lib/mac.h"
#include "store/log.h"

/* Is the last line before the mark the one that the mark remembers? */
static bool
check_mark(struct log *log, int fd, const struct mark *mark, bool *same,
    struct err *err)
{
	size_t len = mark->last_len < LOG_HASHED ? (size_t)mark->last_len :
	    LOG_HASHED;
	unsigned char head[LOG_HASHED], hash[HKC_SHA256_SIZE], end;
	struct hookcask_span part = { head, len };
	struct stat st;

	*same = false;
	if (log->ledger.ops->stat(log->ledger.ops->ctx, fd, &st) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s",
		    log->ledger.dir.home, mark->file);
	if (st.st_size < mark->offset || mark->last_len < 0 ||
	    mark->last_len > mark->offset)
		return true;
	if (mark->last_len == 0) {
		*same = true;
		return true;
	}
	if (!fileops_read_all(log->ledger.ops, fd, head, len,
	    mark->offset - mark->last_len) ||
	    !fileops_read_all(log->ledger.ops, fd, &end, 1, mark->offset - 1))
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/%s: reading its last line", log->ledger.dir.home,
		    mark->file);
	hkc_sha256(&part, 1, hash);
	*same = end == '\n' && memcmp(hash, mark->last_hash, sizeof(hash)) ==
	    0;
	return true;
}

/*
 * The number of an inode is used again at once, in this directory also by
 * other logs and by compressed ones: alone it proves nothing.
 */
static bool
recognise(struct log *log, int fd, const char *name, const struct mark *mark,
    enum log_found *found, struct err *err)
{
	bool same, named = strcmp(name, mark->file) == 0, ours = false;
	struct stat st;

	if (!check_mark(log, fd, mark, &same, err))
		return false;
	if (same && mark->last_len > 0) {
		*found = LOG_SAME;
		return true;
	}
	if (log->ledger.ops->stat(log->ledger.ops->ctx, fd, &st) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s",
		    log->ledger.dir.home, name);
	if (!log_is_ours(log, fd, st.st_size, LOG_HEAD_BROKEN |
	    LOG_HEAD_FOREIGN, &ours, err))
		return false;
	*found = !ours ? LOG_GONE : same ? LOG_SAME : named ? LOG_CHANGED :
	    LOG_GONE;
	return true;
}

bool
log_open_marked(struct log *log, const struct mark *mark,
    enum log_found *found, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	char name[INDEX_NAME_MAX + 1];
	bool same, known;
	struct stat st;
	int fd;

	*found = LOG_GONE;
	if (!log_find_file(log, mark->file, mark->inode, name, err))
		return false;
	if (name[0] == '\0')
		return true;
	if (log->fd >= 0 && log->ino == mark->inode) {
		/* while it is open, no other file gets its number */
		if (!check_mark(log, log->fd, mark, &same, err))
			return false;
		*found = same ? LOG_SAME : LOG_CHANGED;
		return true;
	}
	fd = log_open_file(log, name, false, &st, err);
	if (fd < 0)
		return false;
	if (st.st_ino != mark->inode) {
		ops->close(ops->ctx, fd);
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s/%s: is being replaced", log->ledger.dir.home, name);
	}
	known = recognise(log, fd, name, mark, found, err);
	if (known && *found != LOG_GONE)
		return log_use_file(log, fd, &st, err);
	ops->close(ops->ctx, fd);
	return known;
}

void
log_mark_line(struct mark *mark, const struct iovec *iov, int count,
    size_t len, int64_t offset)
{
	struct hookcask_span parts[RECORD_PARTS];
	size_t left = LOG_HASHED;
	int n = 0;

	for (; n < count && n < RECORD_PARTS && left > 0; n++) {
		parts[n].data = iov[n].iov_base;
		parts[n].len = iov[n].iov_len < left ? iov[n].iov_len : left;
		left -= parts[n].len;
	}
	hkc_sha256(parts, (size_t)n, mark->last_hash);
	mark->last_len = (int64_t)len;
	mark->offset = offset + (int64_t)len;
}
