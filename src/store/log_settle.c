/* SPDX-License-Identifier: ISC */
/*
 * Brings a log from any state into the one in which a batch may be appended:
 * everything in it synced and indexed, nothing past the mark.  Acknowledges
 * nothing; whatever fails is done again by the next one.
 *
 *   found under the lock           comes from                  done
 *   tail.new (looked at first)     killed making, ending one,  synced: it, and
 *                                  or after a cut              what was cut
 *   tail                           killed while settling       tail_redo
 *   fragment or NULs past mark     killed, power loss in 4-5   cut, synced
 *   whole lines past the mark      killed in 5-6; power loss   tail_make,
 *                                  took the index's commits    tail_redo
 *   size < mark, other last line   copytruncate, an editor     note; read again
 *   another name or inode          rotation                    old settled, new
 *                                                              taken up
 *   the old inode is nowhere, or   renamed and compressed      note; go on
 *   is another file's by now
 *   no mark                        new store, index deleted    files are read
 *                                                              (log_siblings)
 *   a mark, files unread           killed, or late, at that    read on
 *
 * Lines past the mark may have been acknowledged (power loss took their index
 * commits), and may never have reached the disk (their sync failed).  So they
 * are copied aside, cut and rewritten: new blocks, and a sync that can be
 * trusted.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/span.h"
#include "store/log.h"

/* Everything from the mark to the end of the current file. */
static bool
settle_past_mark(struct log *log, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	struct mark *mark = &log->ledger.mark;
	struct mark clean;
	struct stat st;
	int64_t last;

	if (ops->stat(ops->ctx, log->fd, &st) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s",
		    log->ledger.path);
	if (st.st_size - mark->offset > (int64_t)BATCH_BYTES) {
		/* index only what is surely on the disk */
		if (ops->sync_data(ops->ctx, log->fd) != 0)
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s: cannot be synced", log->ledger.path);
		if (!log_tail_start(log, st.st_size, &last, err) ||
		    !log_index(log, last, err))
			return false;
	}
	if (st.st_size > mark->offset) {
		if (!log_tail_make(log, st.st_size, err))
			return false;
		if (statedir_has(&log->ledger.dir, LOG_TAIL) &&
		    !log_tail_redo(log, err))
			return false;
	}
	if (!ledger_begin(&log->ledger, false, err))
		return false;
	if (!mark->foreign) {
		ledger_rollback(&log->ledger);
		return true;
	}
	clean = *mark;
	clean.foreign = false;
	return ledger_commit_mark(&log->ledger, &clean, err);
}

/* The file is not as the mark remembers it: somebody has changed it. */
static bool
start_over(struct log *log, struct err *err)
{
	struct mark mark = log->ledger.mark;

	ledger_note(&log->ledger, "%s/%s was cut or changed by somebody else "
	    "(copytruncate, an editor, a backup); run \"hookcask index "
	    "--forget-lost\" before asking the sender for events again: "
	    "until then those that it lost count as stored",
	    log->ledger.dir.home, mark.file);
	mark.offset = mark.last_len = 0;
	mark.foreign = mark.cut = true;
	return ledger_begin(&log->ledger, false, err) &&
	    ledger_commit_mark(&log->ledger, &mark, err);
}

/* Opens the file that the mark names, wherever it is called now. */
static bool
open_marked(struct log *log, enum log_found *found, struct err *err)
{
	const struct mark *mark = &log->ledger.mark;

	if (!log_open_marked(log, mark, found, err))
		return false;
	if (*found != LOG_GONE)
		return true;
	ledger_note(&log->ledger, "%s/%s, the file written last, has gone "
	    "(renamed and compressed, or removed); events of its last moments "
	    "may be stored again if the sender repeats them; if it is lost, "
	    "run \"hookcask index --forget-lost %s\" before asking the "
	    "sender for its events again", log->ledger.dir.home, mark->file,
	    mark->file);
	log_drop_file(log);
	return true;
}

static bool
settle_marked(struct log *log, struct err *err)
{
	const struct mark *mark = &log->ledger.mark;
	enum log_found found;

	if (!open_marked(log, &found, err))
		return false;
	if (found == LOG_GONE)
		return true;
	/*
	 * Without a line that identifies it, it may be another file that got
	 * the inode's number, and its maker may have been killed before its
	 * name was on the disk.
	 */
	if ((found == LOG_CHANGED || mark->last_len == 0) &&
	    log->ledger.ops->sync(log->ledger.ops->ctx,
	    log->ledger.dir.home_fd) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s: cannot be synced", log->ledger.dir.home);
	/* a process may have been killed between cutting and syncing it */
	if (statedir_has(&log->ledger.dir, LOG_TAIL_NEW) &&
	    log->ledger.ops->sync_data(log->ledger.ops->ctx, log->fd) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s: cannot be synced", log->ledger.path);
	if (found == LOG_CHANGED && !start_over(log, err))
		return false;
	return settle_past_mark(log, err);
}

/* Opens or makes the file of that name; its name is durable then. */
static int
open_or_make(struct log *log, const char *name, struct stat *st,
    struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	int home = log->ledger.dir.home_fd;
	bool made = false;
	int fd;

	fd = log_open_file(log, name, true, st, err);
	if (fd < 0 && errno == ENOENT) {
		fd = ops->open(ops->ctx, home, name, O_RDWR | O_CREAT | O_EXCL,
		    log->ledger.dir.mode);
		made = fd >= 0;
		/* the umask may have taken the group's bits */
		if (!made || !fileops_set_mode(ops, fd,
		    log->ledger.dir.mode) || ops->stat(ops->ctx, fd, st) !=
		    0) {
			err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s/%s: cannot be made", log->ledger.dir.home,
			    name);
			goto fail;
		}
	}
	if (fd < 0)
		return -1;
	/* an event is no more durable than the name of its file */
	if (ops->sync(ops->ctx, home) != 0) {
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s: cannot be "
		    "synced", log->ledger.dir.home);
		goto fail;
	}
	return fd;
fail:
	if (made)
		ops->unlink(ops->ctx, home, name);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	return -1;
}

/*
 * Makes it the current file.  The commit that names it is synced: after
 * power loss the index lags by the current file only.
 */
static bool
take_up(struct log *log, const char *name, int64_t seconds, struct err *err)
{
	struct ledger *l = &log->ledger;
	struct mark mark = { .set = true };
	struct stat st;
	bool ours;
	int fd;

	/*
	 * What was cut from the old file must stay cut: nobody will look
	 * past its mark again.
	 */
	if (log->fd >= 0 && l->ops->sync_data(l->ops->ctx, log->fd) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s: the old file cannot be synced", l->path);
	fd = open_or_make(log, name, &st, err);
	if (fd < 0 || !log_use_file(log, fd, &st, err))
		return false;
	if (l->ops->stat(l->ops->ctx, fd, &st) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s",
		    l->dir.home, name);
	if (!log_is_ours(log, fd, st.st_size, LOG_HEAD_BROKEN |
	    LOG_HEAD_FOREIGN, &ours, err))
		return false;
	if (!ours)
		return err_set(err, OUTCOME_STORE_ERROR, "%s/%s: not a "
		    "hookcask log of endpoint \"%s\"; remove what precedes its "
		    "records, or move it away if it has none, or choose "
		    "another path", l->dir.home, name, l->endpoint->name);
	if (!ledger_begin(l, true, err))
		return false;
	if (!l->mark.set && !log_add_siblings(log, name, err))
		return false;
	strcpy(mark.file, name);
	mark.inode = st.st_ino;
	mark.newest = l->mark.newest;
	strcpy(mark.swept, l->mark.swept);
	mark.due = l->mark.due;
	mark.cut = l->mark.cut;
	mark.named = seconds;
	mark.foreign = st.st_size > 0;
	/* until all of them have been read, nobody can tell a duplicate */
	mark.unread = !l->mark.set || l->mark.unread;
	if (!ledger_check(l, index_file_number(l->index, name, mark.inode,
	    l->mark.set, &mark.file_number, err)) ||
	    !ledger_commit_mark(l, &mark, err))
		return false;
	return settle_past_mark(log, err);
}

static bool
settle(struct log *log, const char *name, int64_t seconds, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	struct mark *mark = &log->ledger.mark;
	struct stat st = { 0 };
	bool current;

	if (statedir_has(&log->ledger.dir, LOG_TAIL) &&
	    !log_tail_redo(log, err))
		return false;
	if (!ledger_begin(&log->ledger, false, err))
		return false;
	ledger_rollback(&log->ledger);
	if ((mark->set && !settle_marked(log, err)) ||
	    !log_tail_clear(log, err))
		return false;
	if (ops->stat_at(ops->ctx, log->ledger.dir.home_fd, name, &st) != 0 &&
	    errno != ENOENT)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s",
		    log->ledger.dir.home, name);
	current = mark->set && log->fd >= 0 && log->ino == mark->inode &&
	    strcmp(mark->file, name) == 0 && st.st_ino == log->ino &&
	    st.st_dev == log->dev;
	if (!current && !take_up(log, name, seconds, err))
		return false;
	return log_index_unread(log, err) &&
	    (!statedir_has(&log->ledger.dir, LOG_ORPHANS) ||
	    log_orphans(log, err));
}

bool
log_settle(struct log *log, const char *name, int64_t seconds,
    struct err *err)
{
	if (settle(log, name, seconds, err))
		return true;
	/* open, it would look settled to the next batch: its name may not be */
	log_drop_file(log);
	return false;
}
