/* SPDX-License-Identifier: ISC */
/*
 * Appends a batch of records to a JSON-lines log, durably and once.  Never
 * writes to an unsettled log, and never reports "stored" before the sync has
 * succeeded.
 *
 *   #  under the lock                          after a kill or power loss
 *   1  name the file; its size is the mark's   nothing happened
 *      and no tail waits, else log_settle()
 *   2  ids in the index, twins: duplicates     nothing happened
 *   3  (log_settle) new file, fsync(dir)       an empty file
 *   4  write all lines at the mark; error:     a torn tail past the mark
 *      cut back to it, 503
 *   4b start the write-out; meanwhile ids      whole lines past the mark,
 *      and mark into the open transaction      synced or not
 *   5  fdatasync; error: cut, close, roll      likewise
 *      back, 503, no second sync
 *   5b the name is still this file's; else     likewise; not acknowledged
 *      cut, and again from 1 in the new one
 *   5c answer, if nobody else waits            whole lines past the mark,
 *      (store_batch.c)                         acknowledged: to be settled
 *   6  index: the commit, log_commit()         stored; a retry: duplicate
 *   7  unlock, answer the others               stored; a retry: duplicate
 *
 * 5b: if the file was renamed before the sync, a compressor may already have
 * read it, and will remove it.  If it is renamed later it is read complete.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/log.h"

#define TRIES 3 /* after a rename (step 5b), or with a new index */

bool
log_open(struct log *log, const struct endpoint *endpoint,
    const struct store_options *options, struct err *err)
{
	const char *slash = strrchr(endpoint->log, '/');
	char name[INDEX_NAME_MAX + 1];

	memset(log, 0, sizeof(*log));
	log->fd = -1;
	log->pattern = slash == NULL ? endpoint->log : slash + 1;
	if (!ledger_init(&log->ledger, endpoint, options, err))
		return false;
	if (!log_name(name, log->pattern, 0))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: log \"%s\": its "
		    "last component must be a name of at most 255 bytes in "
		    "which only %%Y %%m %%d %%H and %%%% are replaced",
		    endpoint->where, endpoint->log);
	return true;
}

void
log_close(struct log *log)
{
	log_drop_file(log);
	ledger_close(&log->ledger);
}

bool
log_lock(struct log *log, int64_t deadline_ms, struct err *err)
{
	bool reopened;

	log->deadline_ms = deadline_ms;
	if (!ledger_lock(&log->ledger, deadline_ms, &reopened, err))
		return false;
	if (reopened)
		log_drop_file(log);
	return true;
}

void
log_unlock(struct log *log)
{
	if (log->locked)
		log->ledger.ops->unlock(log->ledger.ops->ctx, log->fd);
	log->locked = false;
	ledger_unlock(&log->ledger);
}

/* The present name, which never goes back in time. */
static bool
current_name(struct log *log, char *name, int64_t *seconds, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;

	*seconds = ops->now_us(ops->ctx) / 1000000;
	if (*seconds < log->ledger.mark.named)
		*seconds = log->ledger.mark.named;
	if (!log_name(name, log->pattern, *seconds))
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s: expands to a file name longer than 255 bytes",
		    log->ledger.path);
	return true;
}

/* Is the open file still at that name, with nothing past the mark? */
static bool
is_settled(struct log *log, const char *name)
{
	const struct fileops *ops = log->ledger.ops;
	const struct mark *mark = &log->ledger.mark;
	struct stat st;

	return log->fd >= 0 && mark->set && log->ino == mark->inode &&
	    strcmp(mark->file, name) == 0 &&
	    ops->stat_at(ops->ctx, log->ledger.dir.home_fd, name, &st) == 0 &&
	    st.st_ino == log->ino && st.st_dev == log->dev &&
	    st.st_size == mark->offset && !mark->foreign && !mark->unread &&
	    !statedir_has(&log->ledger.dir, LOG_TAIL) &&
	    !statedir_has(&log->ledger.dir, LOG_TAIL_NEW) &&
	    !statedir_has(&log->ledger.dir, LOG_ORPHANS);
}

/*
 * A new process (under CGI, every process) usually finds the log as the last
 * one left it: then this is all that settling would do.  is_settled() detects
 * everything else.
 */
static void
open_as_left(struct log *log, const char *name)
{
	const struct mark *mark = &log->ledger.mark;
	enum log_found found;

	if (log->fd >= 0 || !mark->set || mark->last_len == 0 ||
	    strcmp(mark->file, name) != 0)
		return;
	if (!log_open_marked(log, mark, &found, NULL) || found != LOG_SAME)
		log_drop_file(log);
}

/* Step 1: opens a transaction and locks the file. */
static bool
begin(struct log *log, int64_t *seconds, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	char name[INDEX_NAME_MAX + 1];

	if (log->fd >= 0 && !log->locked) {
		if (ops->lock(ops->ctx, log->fd, log->deadline_ms) != 0)
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s: the log cannot be locked", log->ledger.path);
		log->locked = true;
	}
	if (!ledger_begin(&log->ledger, false, err) ||
	    !current_name(log, name, seconds, err))
		return false;
	open_as_left(log, name);
	if (is_settled(log, name))
		return true;
	ledger_rollback(&log->ledger);
	log->settle_until_ms = fileops_clock_ms() + 1000;
	if (!log_settle(log, name, *seconds, err) ||
	    !ledger_begin(&log->ledger, false, err))
		return false;
	if (!is_settled(log, name))
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s: keeps changing while it is being opened; is another "
		    "program writing to it?", log->ledger.path);
	return true;
}

/* Step 2: false if the index cannot tell. */
static bool
find_duplicates(struct log *log, struct put **puts, size_t count,
    size_t *fresh, struct err *err)
{
	struct index_row row;
	bool found;

	*fresh = 0;
	for (size_t i = 0; i < count; i++) {
		struct put *p = puts[i];

		p->is_new = false;
		if (p->twin != NULL)
			continue;
		if (!ledger_check(&log->ledger, index_find(log->ledger.index,
		    p->record->id, &found, &row, err)))
			return false;
		if (found) {
			p->outcome = OUTCOME_DUPLICATE;
			p->first_body = row.body_hash;
		} else {
			p->is_new = true;
			++*fresh;
		}
	}
	return true;
}

/* Step 4.  If not all can be written, nothing stays. */
static bool
append(struct log *log, struct put **puts, size_t count, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	struct iovec *iov;
	int parts = 0;
	bool ok;

	iov = malloc(sizeof(*iov) * RECORD_PARTS * count);
	if (iov == NULL)
		return err_set(err, OUTCOME_STORE_ERROR,
		    "no memory for a batch of %zu records", count);
	for (size_t i = 0; i < count; i++) {
		if (!puts[i]->is_new)
			continue;
		memcpy(iov + parts, puts[i]->record->part,
		    sizeof(*iov) * (size_t)puts[i]->record->part_count);
		parts += puts[i]->record->part_count;
	}
	ok = fileops_write_all(ops, log->fd, iov, parts,
	    log->ledger.mark.offset);
	if (!ok) {
		err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s: cannot be written to", log->ledger.path);
		log_cut_back(log, log->ledger.mark.offset);
	}
	free(iov);
	return ok;
}

/*
 * Step 4b.  If it fails, as if the commit fails, the next holder catches up: no
 * answer changes.
 */
static bool
enter(struct log *log, struct put **puts, size_t count, struct mark *mark,
    struct err *err)
{
	struct ledger *l = &log->ledger;
	const struct record *last = NULL;
	int added = 0;

	for (size_t i = 0; i < count; i++) {
		const struct record *r = puts[i]->record;
		struct index_row row = {
			.time = r->time,
			.body_hash = r->body_hash,
			.file_number = mark->file_number,
			.offset = mark->offset,
		};

		if (!puts[i]->is_new)
			continue;
		if (!ledger_check(l, index_add(l->index, r->id, &row, err)))
			return false;
		if (r->time > mark->newest)
			mark->newest = r->time;
		mark->offset += (int64_t)r->len;
		last = r;
		added++;
	}
	/* only its hash is kept */
	if (last != NULL)
		log_mark_line(mark, last->part, last->part_count, last->len,
		    mark->offset - (int64_t)last->len);
	return ledger_prune(l, mark, added, err) &&
	    ledger_check(l, index_set_mark(l->index, mark, err));
}

/*
 * Step 5 makes true what the sender's 2xx means: the lines, and the size that
 * reaches them, are on stable storage.  After an error it must not be
 * repeated: a second sync succeeds though the bytes are not on the disk.
 * Cutting frees their blocks.
 */
static bool
sync_lines(struct log *log, bool started, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;

	if (started && ops->sync_data(ops->ctx, log->fd) == 0)
		return true;
	err_sys(err, OUTCOME_STORE_ERROR, errno,
	    "%s: cannot be synced; check the disk", log->ledger.path);
	log_cut_back(log, log->ledger.mark.offset);
	log_drop_file(log);
	return false;
}

/* Step 5b. */
static bool
is_still_named(struct log *log)
{
	const struct fileops *ops = log->ledger.ops;
	struct stat st;

	return ops->stat_at(ops->ctx, log->ledger.dir.home_fd,
	    log->ledger.mark.file, &st) == 0 && st.st_ino == log->ino &&
	    st.st_dev == log->dev;
}

static void
note_lag(struct log *log, const struct err *lag)
{
	ledger_note(&log->ledger, "%s (the events are stored; the index "
	    "catches up)", lag->text);
}

bool
log_write(struct log *log, struct put **puts, size_t count, struct err *err)
{
	struct ledger *l = &log->ledger;
	struct err lag = ERR_INIT;
	struct mark mark;
	bool started, entered;
	int64_t seconds = 0;
	size_t fresh;

	log->is_entered = false;
	for (int i = 0; i < TRIES; i++) {
		if (!begin(log, &seconds, err) ||
		    !find_duplicates(log, puts, count, &fresh, err)) {
			if (ledger_begin_again(l, err))
				continue;
			return false;
		}
		if (fresh == 0) {
			ledger_rollback(l);
			return true;
		}
		if (!append(log, puts, count, err))
			return false;
		mark = l->mark;
		mark.named = seconds;
		started = l->ops->start(l->ops->ctx, log->fd) == 0;
		entered = started && enter(log, puts, count, &mark, &lag);
		if (!sync_lines(log, started, err))
			return false;
		if (is_still_named(log)) {
			for (size_t j = 0; j < count; j++)
				if (puts[j]->is_new)
					puts[j]->outcome = OUTCOME_STORED;
			log->is_entered = entered;
			if (!entered)
				note_lag(log, &lag);
			return true;
		}
		if (l->ops->truncate(l->ops->ctx, log->fd, l->mark.offset) !=
		    0)
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s: renamed, and cannot be cut back", l->path);
		ledger_rollback(l);
	}
	return err_set(err, OUTCOME_STORE_ERROR,
	    "%s: is renamed repeatedly", l->path);
}

void
log_commit(struct log *log)
{
	struct err lag = ERR_INIT;

	if (log->is_entered && !ledger_commit(&log->ledger, &lag))
		note_lag(log, &lag);
	log->is_entered = false;
}

bool
log_settle_now(struct log *log, int64_t until_ms, struct err *err)
{
	char name[INDEX_NAME_MAX + 1];
	int64_t seconds;

	if (!ledger_begin(&log->ledger, false, err) ||
	    !current_name(log, name, &seconds, err))
		return false;
	ledger_rollback(&log->ledger);
	log->settle_until_ms = until_ms;
	/* no delivery has proven this clock: the next one is not bound to it */
	return log_settle(log, name, log->ledger.mark.named, err);
}
