/* SPDX-License-Identifier: ISC */
/*
 * Publishes a batch of records in a spool directory, durably and once.  Never
 * forgets an id whose file may have been published.
 *
 *   #  under the lock                          after a kill or power loss
 *   0  a new index: add the ids in new/,       the same again
 *      cur/, done/ and failed/
 *   1  finish what is in tmp/: settle a doubt  the same again
 *      (ledger_redo.c); id indexed for that
 *      name: steps 4, 5; else unlink
 *   2  duplicates; write the others' tmp/NAME, tmp/ holds it, not indexed:
 *      fdatasync each, fsync(tmp); error:      removed by 1
 *      removed, 503
 *   3  index: id and NAME, synced; error: 503, tmp/ holds it, indexed:
 *      left to 1                               published by 1
 *   4  rename tmp/NAME -> new/NAME             the same, or published
 *   5  fsync(new)                              published
 *   6  unlock, answer                          published; retry: duplicate
 *
 * The index is written before the file is published: a consumer may delete the
 * file at once, and a retry must still find the id.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/spool.h"

bool
spool_open(struct spool *spool, const struct endpoint *endpoint,
    const struct store_options *options, struct err *err)
{
	memset(spool, 0, sizeof(*spool));
	spool->tmp_fd = spool->new_fd = -1;
	return ledger_init(&spool->ledger, endpoint, options, err);
}

static void
close_dirs(struct spool *spool)
{
	const struct fileops *ops = spool->ledger.ops;

	if (spool->tmp_fd >= 0)
		ops->close(ops->ctx, spool->tmp_fd);
	if (spool->new_fd >= 0)
		ops->close(ops->ctx, spool->new_fd);
	spool->tmp_fd = spool->new_fd = -1;
	spool->locked = false;
}

void
spool_close(struct spool *spool)
{
	close_dirs(spool);
	ledger_close(&spool->ledger);
}

/* Opens tmp or new, and makes it if it is missing; its name is then durable. */
static int
open_dir(struct spool *spool, const char *name, struct err *err)
{
	const struct fileops *ops = spool->ledger.ops;
	const char *home = spool->ledger.dir.home;
	int home_fd = spool->ledger.dir.home_fd;
	/* consumers of the group move files: they write to the directory */
	mode_t mode = (spool->ledger.dir.mode & 0040) != 0 ? 0770 : 0700;
	struct stat st;
	bool made;
	int fd;

	made = ops->mkdir(ops->ctx, home_fd, name, mode) == 0;
	if (!made && errno != EEXIST) {
		err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/%s: cannot be made", home, name);
		return -1;
	}
	fd = ops->open(ops->ctx, home_fd, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0) {
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s", home, name);
		return -1;
	}
	/* the umask may have cleared bits */
	if ((made && !fileops_set_mode(ops, fd, mode)) ||
	    ops->stat(ops->ctx, fd, &st) != 0 ||
	    ops->sync(ops->ctx, home_fd) != 0)
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s", home, name);
	else if (st.st_uid != geteuid())
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: belongs to user "
		    "%ld, this process is user %ld; the user that writes a "
		    "store must own it: chown it", home, name,
		    (long)st.st_uid, (long)geteuid());
	else if ((st.st_mode & 0002) != 0)
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: others may write to "
		    "it (mode %04o); chmod o-w it", home, name,
		    (unsigned)st.st_mode & 07777);
	else
		return fd;
	ops->close(ops->ctx, fd);
	return -1;
}

/* A directory that was moved away would still accept files, unseen. */
static bool
is_named(const struct spool *spool, int fd, const char *name)
{
	const struct fileops *ops = spool->ledger.ops;
	struct stat st, named;

	return ops->stat(ops->ctx, fd, &st) == 0 && ops->stat_at(ops->ctx,
	    spool->ledger.dir.home_fd, name, &named) == 0 &&
	    st.st_ino == named.st_ino && st.st_dev == named.st_dev;
}

bool
spool_lock(struct spool *spool, int64_t deadline_ms, struct err *err)
{
	const struct fileops *ops = spool->ledger.ops;
	bool reopened;

	if (!ledger_lock(&spool->ledger, deadline_ms, &reopened, err))
		return false;
	if (reopened || (spool->tmp_fd >= 0 &&
	    !is_named(spool, spool->tmp_fd, "tmp")) || (spool->new_fd >= 0 &&
	    !is_named(spool, spool->new_fd, "new")))
		close_dirs(spool);
	if (spool->tmp_fd < 0)
		spool->tmp_fd = open_dir(spool, "tmp", err);
	if (spool->tmp_fd >= 0 && spool->new_fd < 0)
		spool->new_fd = open_dir(spool, "new", err);
	if (spool->tmp_fd < 0 || spool->new_fd < 0)
		goto fail;
	/* the second lock, in case the state directory is replaced */
	if (ops->lock(ops->ctx, spool->tmp_fd, deadline_ms) != 0) {
		err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/tmp: cannot be locked", spool->ledger.path);
		goto fail;
	}
	spool->locked = true;
	return true;
fail:
	spool_unlock(spool);
	return false;
}

void
spool_unlock(struct spool *spool)
{
	if (spool->locked)
		spool->ledger.ops->unlock(spool->ledger.ops->ctx,
		    spool->tmp_fd);
	spool->locked = false;
	ledger_unlock(&spool->ledger);
}

/* Step 2: duplicates, and the files of the others in tmp/. */
static bool
write_files(struct spool *spool, struct spool_batch *batch, struct mark *mark,
    struct err *err)
{
	struct ledger *l = &spool->ledger;
	int64_t now = l->ops->now_us(l->ops->ctx);
	struct index_row row;
	bool found;

	for (size_t i = 0; i < batch->count; i++) {
		struct put *p = batch->puts[i];

		if (p->twin != NULL)
			continue;
		if (!ledger_check(l, index_find(l->index, p->record->id,
		    &found, &row, err)))
			return false;
		if (found) {
			p->outcome = OUTCOME_DUPLICATE;
			p->first_body = row.body_hash;
			continue;
		}
		mark->named = now > mark->named ? now : mark->named + 1;
		spool_name(batch->files[i].name, mark->named, p->record->id);
		p->is_new = true;
		if (!spool_files_add(spool, batch, i, err))
			return false;
		batch->fresh++;
	}
	return spool_files_sync(spool, batch, err);
}

/* Steps 2 and 3. */
static bool
prepare(struct spool *spool, struct spool_batch *batch, struct err *err)
{
	struct ledger *l = &spool->ledger;
	struct mark mark = l->mark;
	struct index_row row;

	if (!write_files(spool, batch, &mark, err))
		return false;
	if (batch->fresh == 0)
		return true;
	/* the names in tmp/ must be as durable as what they name */
	if (l->ops->sync(l->ops->ctx, spool->tmp_fd) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/tmp: cannot be synced", l->path);
	for (size_t i = 0; i < batch->count; i++) {
		const struct record *r = batch->puts[i]->record;

		if (!batch->puts[i]->is_new)
			continue;
		memset(&row, 0, sizeof(row));
		row.time = r->time;
		row.body_hash = r->body_hash;
		strcpy(row.name, batch->files[i].name);
		if (!ledger_check(l, index_add(l->index, r->id, &row, err)))
			return false;
		if (row.time > mark.newest)
			mark.newest = row.time;
	}
	if (!ledger_prune(l, &mark, (int64_t)batch->fresh, err))
		return false;
	/* a failed commit may reappear: step 1 checks */
	batch->committed = true;
	return ledger_commit_mark(l, &mark, err);
}

/* Steps 4 and 5 publish what is on the disk. */
static bool
publish(struct spool *spool, const struct spool_batch *batch,
    struct err *err)
{
	const struct fileops *ops = spool->ledger.ops;

	for (size_t i = 0; i < batch->count; i++) {
		const char *name = batch->files[i].name;

		if (batch->puts[i]->is_new && ops->rename(ops->ctx,
		    spool->tmp_fd, name, spool->new_fd, name) != 0)
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s/new/%s: cannot be published",
			    spool->ledger.path, name);
	}
	/* one sync makes all names of the batch durable */
	if (ops->sync(ops->ctx, spool->new_fd) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/new: cannot be synced", spool->ledger.path);
	for (size_t i = 0; i < batch->count; i++)
		if (batch->puts[i]->is_new)
			batch->puts[i]->outcome = OUTCOME_STORED;
	return true;
}

/* Steps 0 to 3. */
static bool
begin(struct spool *spool, struct spool_batch *batch, struct err *err)
{
	bool ok;

	batch->fresh = 0;
	for (size_t i = 0; i < batch->count; i++) {
		batch->files[i].fd = -1;
		batch->puts[i]->is_new = false;
	}
	ok = spool_finish_tmp(spool, err) &&
	    ledger_begin(&spool->ledger, true, err) &&
	    (spool->ledger.mark.set || spool_index_new(spool, err));
	if (ok) {
		ok = prepare(spool, batch, err);
		if (!ok && !batch->committed)
			spool_files_remove(spool, batch);
	}
	ledger_rollback(&spool->ledger);
	return ok;
}

bool
spool_write(struct spool *spool, struct put **puts, size_t count,
    struct err *err)
{
	struct spool_batch batch = { .puts = puts, .count = count };
	bool ok;

	batch.files = malloc(count * sizeof(*batch.files));
	if (batch.files == NULL)
		return err_set(err, OUTCOME_STORE_ERROR,
		    "no memory for a batch of %zu records", count);
	ok = begin(spool, &batch, err) || (!batch.committed &&
	    ledger_begin_again(&spool->ledger, err) &&
	    begin(spool, &batch, err));
	if (ok && batch.fresh > 0)
		ok = publish(spool, &batch, err);
	free(batch.files);
	/* the directories may have been moved away: open them again */
	if (!ok)
		close_dirs(spool);
	return ok;
}
