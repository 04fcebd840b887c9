/* SPDX-License-Identifier: ISC */
/*
 * Duty: the files of a log: open, judge, find, and tell by the mark whether
 * one is still what it was.  Refuses links and other people's files.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "lib/mac.h"

#define HASHED 4096 /* of a line: its head holds id and time */

int
log_open_file(struct log *log, const char *name, bool may_miss,
    struct stat *st, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	const char *home = log->ledger.dir.home;
	int fd, error;

	/* without waiting: a pipe may stand there */
	fd = ops->open(ops->ctx, log->ledger.dir.home_fd, name,
	    O_RDWR | O_NONBLOCK, 0);
	if (fd < 0) {
		error = errno;
		if (error == ELOOP)
			err_set(err, OUTCOME_STORE_ERROR, "%s/%s: a symbolic "
			    "link; the log must be a file of its own", home,
			    name);
		else if (error != ENOENT || !may_miss)
			err_sys(err, OUTCOME_STORE_ERROR, error, "%s/%s",
			    home, name);
		errno = error;
		return -1;
	}
	if (ops->stat(ops->ctx, fd, st) != 0)
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s", home, name);
	else if (!S_ISREG(st->st_mode))
		err_set(err, OUTCOME_STORE_ERROR,
		    "%s/%s: not a regular file", home, name);
	else if (st->st_nlink != 1)
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: has %lu names "
		    "(hard links); the log must have one", home, name,
		    (unsigned long)st->st_nlink);
	else if (st->st_uid != geteuid())
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: belongs to user "
		    "%ld, this process is user %ld", home, name,
		    (long)st->st_uid, (long)geteuid());
	else
		return fd;
	ops->close(ops->ctx, fd);
	errno = EINVAL;
	return -1;
}

bool
log_use_file(struct log *log, int fd, const struct stat *st, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;

	log_drop_file(log);
	log->fd = fd;
	log->dev = st->st_dev;
	log->ino = st->st_ino;
	/*
	 * A state directory that was deleted and made again gives two
	 * processes a lock each; this second one still keeps them apart.
	 */
	if (ops->lock(ops->ctx, fd, log->deadline_ms) != 0) {
		err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s: the log cannot be locked", log->ledger.path);
		log_drop_file(log);
		return false;
	}
	log->locked = true;
	return true;
}

void
log_drop_file(struct log *log)
{
	if (log->fd >= 0)
		log->ledger.ops->close(log->ledger.ops->ctx, log->fd);
	log->fd = -1;
	log->locked = false;
}

struct search {
	struct log *log;
	uint64_t inode;
	char *name;
};

static bool
is_it(void *arg, const char *name)
{
	struct search *s = arg;
	const struct fileops *ops = s->log->ledger.ops;
	struct stat st;

	if (strlen(name) > INDEX_NAME_MAX ||
	    ops->stat_at(ops->ctx, s->log->ledger.dir.home_fd, name, &st) !=
	    0 || !S_ISREG(st.st_mode) || st.st_ino != s->inode)
		return true;
	strcpy(s->name, name);
	return false;
}

bool
log_find_file(struct log *log, const char *hint, uint64_t inode,
    char name[INDEX_NAME_MAX + 1], struct err *err)
{
	struct search search = { log, inode, name };

	name[0] = '\0';
	if (is_it(&search, hint) && log->ledger.ops->list(log->ledger.ops->ctx,
	    log->ledger.dir.home_fd, is_it, &search) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s",
		    log->ledger.dir.home);
	return true;
}

bool
log_check_mark(struct log *log, int fd, const struct mark *mark, bool *same,
    struct err *err)
{
	size_t len = mark->last_len < HASHED ? (size_t)mark->last_len :
	    HASHED;
	unsigned char head[HASHED], hash[HKC_SHA256_SIZE], end;
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

void
log_mark_line(struct mark *mark, const struct iovec *iov, int count,
    size_t len, int64_t offset)
{
	struct hookcask_span parts[RECORD_PARTS];
	size_t left = HASHED;
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
