/* SPDX-License-Identifier: ISC */
/*
 * Keeps facts in a file that may be cut off at any byte.
 *
 *   found at its end, under the lock   comes from            done
 *   a whole line, its sum right        written               applied
 *   a line without LF, a wrong sum     a writer was killed,  cut by the next
 *                                      or power was lost     writer's lock
 *   likewise, and good lines after it  power was lost, or    cut, reported
 *                                      the disk forgot it
 *   another file at its name           journal_replace()     opened again
 *   nothing but NULs, no longer than   power was lost while  made again
 *   its head                           it was made
 *
 * What remains is an earlier state of the file: events are handed over again,
 * none is lost.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "cli/consumer/journal.h"
#include "cli/term/say.h"

#define STEP ((size_t)1 << 20)

static bool
fail(const struct journal *j, int errnum, const char *what, struct err *err)
{
	return err_sys(err, errnum == ENOMEM ? OUTCOME_NO_MEMORY :
	    OUTCOME_IO_ERROR, errnum, "%s: %s", j->path, what);
}

static bool
check_head(struct journal *j, const struct line *line, struct err *err)
{
	if (line->whole && line->len + 1 == strlen(j->head) &&
	    memcmp(line->text, j->head, line->len) == 0)
		return true;
	return err_set(err, OUTCOME_BAD_DATA, "%s: not what this program "
	    "keeps here (\"%.*s\" was expected): of another endpoint, "
	    "consumer or target, or of a newer version", j->path,
	    (int)strlen(j->head) - 1, j->head);
}

/* A torn write is the last one: good lines after it are a loss. */
static void
report_loss(const struct journal *j, struct lines *lines)
{
	struct line line;

	while (lines_next(lines, &line) > 0)
		if (line.whole && line_is_sound(line.text, line.len)) {
			say("%s: broken at byte %" PRId64 ", and all that "
			    "follows is lost: check the disk; some finished "
			    "events are handed over again",
			    j->path, j->end);
			return;
		}
}

/* Cuts off what comes after the last good line. */
static bool
cut(const struct journal *j)
{
	return j->ops->truncate(j->ops->ctx, j->fd, j->end) == 0;
}

/* Applies all good lines from j->end to the file's end. */
static bool
catch_up(struct journal *j, struct err *err)
{
	struct journal_line known;
	struct lines lines;
	struct line line;
	struct stat st;
	bool ok = true, torn = false;
	int rc = 0;

	if (j->ops->stat(j->ops->ctx, j->fd, &st) != 0)
		return fail(j, errno, "cannot be read", err);
	if (st.st_size <= j->end)
		return true;
	lines_init(&lines, j->ops, j->fd, j->end, st.st_size);
	while (ok && (rc = lines_next(&lines, &line)) > 0) {
		if (line.offset == 0) {
			ok = check_head(j, &line, err);
		} else {
			if (!line.whole ||
			    !line_is_sound(line.text, line.len)) {
				report_loss(j, &lines);
				torn = true;
				break;
			}
			known.text = line.text + LINE_SUM_LEN;
			known.len = line.len - LINE_SUM_LEN;
			known.offset = line.offset + LINE_SUM_LEN;
			ok = j->apply(j->ctx, &known, err);
		}
		j->end = line.offset + (int64_t)line.len + 1;
	}
	if (rc < 0)
		ok = fail(j, errno, "cannot be read", err);
	lines_wipe(&lines);
	/* nobody is writing it: we hold the writer's lock */
	if (torn && j->writable && !cut(j))
		ok = fail(j, errno, "cannot be cut", err);
	return ok;
}

static bool
open_file(struct journal *j, bool make, struct err *err)
{
	j->fd = j->ops->open(j->ops->ctx, j->dir, j->name,
	    (j->writable ? O_RDWR : O_RDONLY) | (make ? O_CREAT : 0), 0600);
	if (j->fd == -1 && errno == ENOENT)
		return err_set(err, OUTCOME_NO_INPUT,
		    "%s: there was no consumer of that name yet", j->path);
	if (j->fd == -1)
		return err_sys(err, errno == EACCES ? OUTCOME_NO_PERMISSION :
		    OUTCOME_CANNOT_CREATE, errno, "%s", j->path);
	j->end = 0;
	j->forget(j->ctx);
	return true;
}

static void
close_file(struct journal *j)
{
	if (j->fd != -1)
		j->ops->close(j->ops->ctx, j->fd);
	j->fd = -1;
}

/* Locks the file that is at the name now. */
static bool
take_lock(struct journal *j, struct err *err)
{
	const struct fileops *ops = j->ops;
	struct stat st, named;
	int old;

	for (;;) {
		if ((j->writable ?
		    ops->lock(ops->ctx, j->fd, FILEOPS_FOREVER) :
		    ops->lock_shared(ops->ctx, j->fd)) != 0)
			return fail(j, errno, "cannot be locked", err);
		j->locked = true;
		if (ops->stat(ops->ctx, j->fd, &st) != 0)
			return fail(j, errno, "cannot be read", err);
		if (ops->stat_at(ops->ctx, j->dir, j->name, &named) != 0)
			return errno == ENOENT ? err_set(err,
			    OUTCOME_NO_INPUT, "%s: somebody has removed it "
			    "while it was in use", j->path) :
			    fail(j, errno, "cannot be read", err);
		if (st.st_ino == named.st_ino && st.st_dev == named.st_dev)
			return true;
		/* it was replaced while we waited */
		journal_unlock(j);
		old = j->fd;
		if (!open_file(j, false, err)) {
			j->fd = old;
			return false;
		}
		ops->close(ops->ctx, old);
	}
}

static bool
write_all(const struct fileops *ops, int fd, const char *data, size_t len,
    int64_t offset)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };

	return fileops_write_all(ops, fd, &iov, 1, offset);
}

/* Was its maker killed, or the power lost, before its head was written? */
static bool
is_half_made(const char *found, size_t n, const char *head)
{
	if (n > strlen(head) ||
	    (n == strlen(head) && memcmp(found, head, n) == 0))
		return false;
	for (size_t i = 0; i < n; i++)
		if (found[i] != head[i] && found[i] != '\0')
			return false;
	return true;
}

void
journal_close(struct journal *j)
{
	close_file(j);
	j->locked = false;
	lines_out_wipe(&j->out);
}

bool
journal_lock(struct journal *j, struct err *err)
{
	if (j->locked || (take_lock(j, err) && catch_up(j, err)))
		return true;
	journal_unlock(j);
	return false;
}

void
journal_unlock(struct journal *j)
{
	if (j->locked)
		j->ops->unlock(j->ops->ctx, j->fd);
	j->locked = false;
}

bool
journal_write(struct journal *j, struct err *err)
{
	bool had = j->locked, ok;
	struct stat st;
	int error;

	if (j->out.lost)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
		    j->path);
	if (j->out.len == 0)
		return true;
	if (!journal_lock(j, err))
		return false;
	/* bytes past the last good line are a torn write */
	ok = j->ops->stat(j->ops->ctx, j->fd, &st) == 0 &&
	    (st.st_size == j->end || cut(j)) &&
	    write_all(j->ops, j->fd, j->out.data, j->out.len, j->end);
	if (!ok) {
		error = errno;
		/* the next writer cuts half a line, if this does not */
		if (!cut(j))
			errno = error;
		fail(j, error, "cannot be written", err);
	} else {
		j->out.len = 0;
		ok = catch_up(j, err);
	}
	if (!had)
		journal_unlock(j);
	return ok;
}

bool
journal_sync(struct journal *j, struct err *err)
{
	/* from now on a finished event is not handed over again */
	if (j->ops->sync_data(j->ops->ctx, j->fd) == 0)
		return true;
	return fail(j, errno, "cannot be synced; check the disk", err);
}

static bool
write_new(struct journal *j, int fd,
    bool (*fill)(void *ctx, struct lines_out *))
{
	struct lines_out out = { 0 };
	int64_t at = (int64_t)strlen(j->head);
	bool more = true, ok;

	ok = write_all(j->ops, fd, j->head, (size_t)at, 0);
	while (ok && more) {
		more = fill(j->ctx, &out);
		if (out.lost)
			errno = ENOMEM;
		if (!more || out.len >= STEP) {
			ok = write_all(j->ops, fd, out.data, out.len, at);
			at += (int64_t)out.len;
			out.len = 0;
		}
		ok = ok && !out.lost;
	}
	lines_out_wipe(&out);
	return ok;
}

bool
journal_replace(struct journal *j,
    bool (*fill)(void *ctx, struct lines_out *), struct err *err)
{
	const struct fileops *ops = j->ops;
	char name[512];
	struct stat st;
	bool had = j->locked, ok;
	int fd;

	snprintf(name, sizeof(name), "%s.new", j->name);
	if (!journal_lock(j, err))
		return false;
	fd = ops->open(ops->ctx, j->dir, name, O_RDWR | O_CREAT | O_TRUNC,
	    0600);
	/*
	 * Complete and synced before it has the name: power loss leaves the
	 * old file or the new one.  Locked, so that a process that waits for
	 * the old one's lock finds this one locked, too.
	 */
	ok = fd != -1 && ops->lock(ops->ctx, fd, 0) == 0 &&
	    ops->stat(ops->ctx, j->fd, &st) == 0 &&
	    ops->chmod(ops->ctx, fd, st.st_mode & 07777) == 0 &&
	    write_new(j, fd, fill) && ops->sync(ops->ctx, fd) == 0 &&
	    ops->rename(ops->ctx, j->dir, name, j->dir, j->name) == 0 &&
	    ops->sync(ops->ctx, j->dir) == 0;
	if (!ok) {
		fail(j, errno, "cannot be rewritten", err);
		if (fd != -1) {
			ops->close(ops->ctx, fd);
			ops->unlink(ops->ctx, j->dir, name);
		}
		if (!had)
			journal_unlock(j);
		return false;
	}
	close_file(j);
	j->fd = fd;
	j->end = 0;
	j->forget(j->ctx);
	ok = catch_up(j, err);
	if (!had)
		journal_unlock(j);
	return ok;
}

static bool
no_more(void *ctx, struct lines_out *out)
{
	(void)ctx;
	(void)out;
	return false;
}

/*
 * A new file has its head, durably, before it is used.  A head whose sync
 * failed would look good and be gone after power loss: so the head comes with
 * a file of its own, which is named only once it is on the disk.
 */
static bool
make_head(struct journal *j, struct err *err)
{
	char found[256];
	ssize_t n;

	n = j->ops->read(j->ops->ctx, j->fd, found, sizeof(found), 0);
	if (n < 0)
		return fail(j, errno, "cannot be read", err);
	return !j->writable || !is_half_made(found, (size_t)n, j->head) ||
	    journal_replace(j, no_more, err);
}

bool
journal_open(struct journal *j, bool writable, bool make, struct err *err)
{
	j->writable = writable;
	j->locked = false;
	if (!open_file(j, make, err))
		return false;
	if (take_lock(j, err) && make_head(j, err) && catch_up(j, err)) {
		journal_unlock(j);
		return true;
	}
	journal_close(j);
	return false;
}

char *
journal_text(struct journal *j, int64_t offset, size_t len, struct err *err)
{
	char *text = malloc(len + 1);

	if (text == NULL) {
		err_set(err, OUTCOME_NO_MEMORY, "%s: no memory", j->path);
		return NULL;
	}
	if (!fileops_read_all(j->ops, j->fd, text, len, offset)) {
		fail(j, errno, "cannot be read", err);
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}
