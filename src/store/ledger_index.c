/* SPDX-License-Identifier: ISC */
/*
 * Keeps an index that is on the disk when SQLite says so.  After a failed sync
 * its pages look good in the cache, to every process, and a second sync
 * succeeds without writing them.  SQLite trusts both.  So whatever may have
 * failed leaves a doubt, which ledger_redo.c settles.
 *
 *   #  under the lock                        after a kill or power loss
 *   1  make index.doubt (never synced: the   index.doubt: settled by the
 *      cache is what is doubted)             next one
 *   2  what ends with a sync                 the same
 *   3  remove index.doubt                    nothing happened
 *
 *   a  fill index.new with tables, sync it   index.new: removed; a again
 *   b  remove -wal, -shm and -journal of     the same
 *      one that is lost, fsync(state
 *      directory)
 *   c  rename it to index.db, the same       done
 *   d  remove index.doubt                    index.doubt: ledger_redo.c
 *
 * b comes before c: SQLite would take an old WAL for one of the new file.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>

#include "store/ledger.h"
#include "store/ledger_redo.h"

static bool
sync_names(struct ledger *l, struct err *err)
{
	return l->ops->sync(l->ops->ctx, l->dir.fd) == 0 ||
	    ledger_fail(l, ".", err);
}

/* Step a begins with an empty file of our mode, not of SQLite's. */
static bool
make_file(struct ledger *l, struct err *err)
{
	const struct fileops *ops = l->ops;
	bool ok;
	int fd;

	if (!ledger_remove(l, INDEX_NEW, err))
		return false;
	fd = ops->open(ops->ctx, l->dir.fd, INDEX_NEW,
	    O_RDWR | O_CREAT | O_EXCL, l->dir.mode);
	ok = fd >= 0 && fileops_set_mode(ops, fd, l->dir.mode);
	if (!ok)
		ledger_fail(l, INDEX_NEW, err);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	return ok;
}

/* Steps b to d. */
static bool
finish_new(struct ledger *l, struct err *err)
{
	const struct fileops *ops = l->ops;
	int dir = l->dir.fd;

	/* a process that finds them gone cannot know whether that is synced */
	if (!ledger_remove(l, INDEX_FILE "-wal", err) ||
	    !ledger_remove(l, INDEX_FILE "-shm", err) ||
	    !ledger_remove(l, INDEX_FILE "-journal", err) ||
	    !sync_names(l, err))
		return false;
	if (ops->rename(ops->ctx, dir, INDEX_NEW, dir, INDEX_FILE) != 0)
		return ledger_fail(l, INDEX_NEW, err);
	return sync_names(l, err) && ledger_trust(l, err);
}

/* An incomplete index holds nothing, and a full disk needs its room. */
static bool
is_complete(struct ledger *l, enum index_status status)
{
	if (ledger_check(l, status))
		return true;
	ledger_remove(l, INDEX_NEW, NULL);
	return false;
}

static bool
make(struct ledger *l, const struct index_options *o, struct err *err)
{
	return make_file(l, err) && is_complete(l, index_make(o, err)) &&
	    finish_new(l, err);
}

/* 1: it is there, 0: it is not, -1: err. */
static int
look(struct ledger *l, const char *name, struct stat *st, struct err *err)
{
	if (l->ops->stat_at(l->ops->ctx, l->dir.fd, name, st) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	ledger_fail(l, name, err);
	return -1;
}

/* Makes the index or settles a doubt, if necessary; sets st to its stat. */
static bool
prepare(struct ledger *l, const struct index_options *o, struct stat *st,
    struct err *err)
{
	int there, doubt = 0;

	if (!ledger_remove(l, INDEX_NEW, err))
		return false;
	there = look(l, INDEX_FILE, st, err);
	if (there > 0)
		doubt = look(l, LEDGER_DOUBT, st, err);
	if (there < 0 || doubt < 0)
		return false;
	if ((there == 0 && !make(l, o, err)) ||
	    (doubt > 0 && !ledger_redo(l, err)))
		return false;
	return look(l, INDEX_FILE, st, err) > 0;
}

/* Opens it; migrates an older format, with a doubt around the sync. */
static enum index_status
open_ours(struct ledger *l, struct index_options *o, struct err *err)
{
	enum index_status status = index_open(&l->index, o, err);

	if (status != INDEX_OLDER)
		return status;
	o->any_format = true;
	if (!ledger_doubt(l, err))
		return INDEX_TEMPORARY;
	status = index_open(&l->index, o, err);
	if (status == INDEX_OK)
		status = index_migrate(l->index, err);
	if (status == INDEX_OK && !o->new_wal && !ledger_trust(l, err))
		status = INDEX_TEMPORARY;
	return status;
}

/* Opens the index as l->index. */
static bool
open_index(struct ledger *l, struct err *err)
{
	struct index_options o = {
		.dir = l->dir.path,
		.vfs = l->options.vfs,
		.endpoint = l->endpoint->name,
		.path = l->path,
		.full = l->full,
		.is_cgi = l->options.is_cgi,
		.moved = l->options.moved,
	};
	struct stat st, wal;
	int there;

	if (!prepare(l, &o, &st, err))
		return false;
	l->index_dev = st.st_dev;
	l->index_ino = st.st_ino;
	there = look(l, INDEX_FILE "-wal", &wal, err);
	if (there < 0)
		return false;
	o.new_wal = there == 0 || wal.st_size == 0;
	if (o.new_wal && !ledger_doubt(l, err))
		return false;
	if (!ledger_check(l, open_ours(l, &o, err)))
		return false;
	if (look(l, INDEX_FILE "-wal", &wal, err) < 0)
		return ledger_check(l, INDEX_TEMPORARY);
	l->wal_ino = wal.st_ino;
	/* SQLite syncs the name of its WAL, too, but ignores the error */
	return !o.new_wal || (sync_names(l, err) && ledger_trust(l, err)) ||
	    ledger_check(l, INDEX_TEMPORARY);
}

static bool
is_still(const struct ledger *l, const char *name, ino_t inode)
{
	struct stat st;

	return l->ops->stat_at(l->ops->ctx, l->dir.fd, name, &st) == 0 &&
	    st.st_ino == inode && st.st_dev == l->index_dev;
}

/* Is the open index still the store's, and can it be trusted? */
static bool
is_current(struct ledger *l)
{
	/* SQLite would go on writing to a deleted index */
	return is_still(l, INDEX_FILE, l->index_ino) &&
	    is_still(l, INDEX_FILE "-wal", l->wal_ino) &&
	    /* a process failed, or died, during a sync that may have failed */
	    !statedir_has(&l->dir, LEDGER_DOUBT);
}

bool
ledger_begin(struct ledger *l, bool full, struct err *err)
{
	if (l->index != NULL && !is_current(l)) {
		index_close(l->index);
		l->index = NULL;
	}
	if (l->index == NULL && !open_index(l, err))
		return false;
	/* for a log, only these commits are synced */
	if (full && !l->full) {
		if (!ledger_doubt(l, err))
			return false;
		l->doubted = true;
	}
	if (!ledger_check(l, index_begin(l->index, full, err)))
		return false;
	l->open = true;
	return ledger_check(l, index_get_mark(l->index, &l->mark, err));
}

bool
ledger_peek(struct ledger *l, const char *id, struct index_row *row)
{
	bool found;

	return l->index != NULL && is_current(l) &&
	    index_find(l->index, id, &found, row, NULL) == INDEX_OK && found;
}
