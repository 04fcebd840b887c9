/* SPDX-License-Identifier: ISC */
/*
 * Opens, finds and cuts the files of a log, and tells whose lines they hold.
 * Refuses links and other people's files.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/log.h"

#define COPY_SIZE ((size_t)1 << 20)
#define BROKEN_BYTES ((int64_t)1 << 20) /* looked past for a whole line */

bool
log_has_own_home(const struct log *log)
{
	const struct fileops *ops = log->ledger.ops;
	struct stat st;

	return ops->stat(ops->ctx, log->ledger.dir.home_fd, &st) == 0 &&
	    (st.st_uid == geteuid() || st.st_uid == 0) &&
	    (st.st_mode & 0022) == 0;
}

int
log_open_file(struct log *log, const char *name, bool may_miss,
    struct stat *st, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	const char *home = log->ledger.dir.home;
	int fd, error;

	/* O_NONBLOCK: it may be a FIFO */
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
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: not a regular file; "
		    "move it away, or choose another path", home, name);
	else if (st->st_nlink != 1 && !log_has_own_home(log))
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: is a hard link in a "
		    "directory that others may write to; chmod go-w it",
		    home, name);
	else if (st->st_uid != geteuid())
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: belongs to user "
		    "%ld, this process is user %ld; the user that writes a "
		    "store must own it: chown it", home, name,
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
	/* others could add lines that nobody has verified */
	if ((st->st_mode & 0002) != 0) {
		err_set(err, OUTCOME_STORE_ERROR, "%s: others may write to "
		    "the log (mode %04o); chmod o-w it", log->ledger.path,
		    (unsigned)st->st_mode & 07777);
		log_drop_file(log);
		return false;
	}
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

void
log_cut_back(struct log *log, int64_t offset)
{
	const struct fileops *ops = log->ledger.ops;
	int state = log->ledger.dir.fd;
	int fd = ops->open(ops->ctx, state, LOG_TAIL_NEW, O_RDWR | O_CREAT,
	    0600);

	if (fd >= 0)
		ops->close(ops->ctx, fd);
	/*
	 * Synced, so that after power loss no block of what failed follows a
	 * block of what was written in its place.  Until then tail.new makes
	 * the next process settle the log.
	 */
	if (ops->truncate(ops->ctx, log->fd, offset) == 0 &&
	    ops->sync_data(ops->ctx, log->fd) == 0 && fd >= 0)
		ops->unlink(ops->ctx, state, LOG_TAIL_NEW);
}

bool
log_copy(struct log *log, int from, int64_t from_offset, int to,
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

struct search {
	struct log *log;
	uint64_t inode;
	char *name;
	int error;
};

static bool
is_it(void *arg, const char *name)
{
	struct search *s = arg;
	const struct fileops *ops = s->log->ledger.ops;
	struct stat st;

	if (strlen(name) > INDEX_NAME_MAX)
		return true;
	if (ops->stat_at(ops->ctx, s->log->ledger.dir.home_fd, name, &st) !=
	    0) {
		/* what cannot be looked at has not gone */
		s->error = errno == ENOENT ? 0 : errno;
		return s->error == 0;
	}
	if (!S_ISREG(st.st_mode) || st.st_ino != s->inode)
		return true;
	strcpy(s->name, name);
	return false;
}

bool
log_find_file(struct log *log, const char *hint, uint64_t inode,
    char name[INDEX_NAME_MAX + 1], struct err *err)
{
	struct search search = { log, inode, name, 0 };

	name[0] = '\0';
	if (is_it(&search, hint) && log->ledger.ops->list(log->ledger.ops->ctx,
	    log->ledger.dir.home_fd, is_it, &search) != 0)
		search.error = errno;
	if (search.error != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, search.error, "%s",
		    log->ledger.dir.home);
	return true;
}

static const char start[] = "{\"specversion\":\"1.0\",\"id\":\"";

/*
 * Can power loss have made this of a record of ours?  It cuts a line short,
 * and leaves blocks of 512 bytes or more as NULs.
 */
static bool
may_be_ours(const struct log *log, const struct line *line)
{
	static const char source[] = "\"source\":\"";
	const char *name = log->ledger.endpoint->name, *p;
	size_t nuls = 0, left, len = strlen(name);

	while (nuls < line->len && line->text[nuls] == '\0')
		nuls++;
	if (nuls > 0)
		return nuls == line->len || nuls % 512 == 0;
	if (line->len < sizeof(start) - 1 ||
	    memcmp(line->text, start, sizeof(start) - 1) != 0 ||
	    (line->whole && memchr(line->text, '\0', line->len) == NULL))
		return false;
	p = memmem(line->text, line->len, source, sizeof(source) - 1);
	if (p == NULL)
		return true;
	p += sizeof(source) - 1;
	left = (size_t)(line->text + line->len - p);
	return memcmp(p, name, left < len ? left : len) == 0 &&
	    (left <= len || p[len] == '"' || p[len] == '\0');
}

bool
log_may_be_ours(const struct log *log, const struct line *line)
{
	const char *nul = memchr(line->text, '\0', line->len);
	size_t nuls = 0, head = nul == NULL ? line->len :
	    (size_t)(nul - line->text);

	while (nuls < line->len && line->text[nuls] == '\0')
		nuls++;
	/* a block of which only the part up to the mark was written */
	if (nuls > 0 && (line->offset + (int64_t)nuls) % 512 == 0)
		return true;
	/* its first bytes, up to a block that was not written or to the end */
	if (head > 0 && head < sizeof(start) - 1 && (nul != NULL ||
	    !line->whole))
		return memcmp(line->text, start, head) == 0;
	return may_be_ours(log, line);
}

bool
log_is_ours(struct log *log, int fd, int64_t size, unsigned head, bool *ours,
    struct err *err)
{
	int64_t most = BROKEN_BYTES;
	struct record_view view;
	struct lines lines;
	struct line line;
	int rc;

	*ours = size == 0;
	lines_init(&lines, log->ledger.ops, fd, 0, size);
	while ((rc = lines_next(&lines, &line)) > 0) {
		if (line.whole && record_parse(&view, line.text, line.len)) {
			*ours = log_parse(log, &line, &view);
			break;
		}
		if (line.offset == 0 && may_be_ours(log, &line))
			*ours = (head & LOG_HEAD_BROKEN) != 0;
		else if (line.offset == 0)
			most = (head & LOG_HEAD_FOREIGN) != 0 ?
			    LOG_FOREIGN_MAX - 1 : 0;
		/* the next one would begin past what is looked at */
		if (line.offset + (int64_t)line.len + line.whole > most)
			break;
	}
	if (rc < 0)
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s: reading a log",
		    log->ledger.dir.home);
	lines_wipe(&lines);
	return rc >= 0;
}

bool
log_parse(const struct log *log, const struct line *line,
    struct record_view *view)
{
	return line->whole && record_parse(view, line->text, line->len) &&
	    strcmp(view->source, log->ledger.endpoint->name) == 0;
}
