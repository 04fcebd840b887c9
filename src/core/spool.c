/* SPDX-License-Identifier: ISC */
/*
 * Duty: publish a batch of records in a spool directory, durably and once.
 * Refuses to forget an id whose file may have been published.
 *
 *   #  under the lock                          after a kill or power loss
 *   0  an index made anew: the ids that stand  the same again
 *      in new/ enter it
 *   1  finish what is in tmp/: copy the index  the same again
 *      (ledger_index.c); id indexed for that
 *      name: steps 4, 5; else unlink
 *   2  duplicates; write tmp/NAME, fdatasync,  tmp/ holds it, not indexed:
 *      fsync(tmp); error: removed, 503         removed by 1
 *   3  index: id and NAME, synced; error: 503, tmp/ holds it, indexed:
 *      left to 1                               published by 1
 *   4  rename tmp/NAME -> new/NAME             the same, or published
 *   5  fsync(new)                              published
 *   6  unlock, answer                          published; retry: duplicate
 *
 * The index comes before the publishing: a consumer may delete the file at
 * once, and a retry must still find the id.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/lines.h"
#include "core/spool.h"
#include "lib/mac.h"

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

/* Opens tmp or new, making it if it is not there; its name is durable. */
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
	/* the umask may have taken bits; a setgid bit is inherited: it stays */
	if (ops->stat(ops->ctx, fd, &st) != 0 || (made &&
	    ops->chmod(ops->ctx, fd, (st.st_mode & 02000) | mode) != 0) ||
	    ops->sync(ops->ctx, home_fd) != 0)
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s", home, name);
	else if (st.st_uid != geteuid())
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: belongs to user "
		    "%ld, this process is user %ld", home, name,
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

/* One that was moved away would still take files, where nobody looks. */
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
	/* the second lock, should the state directory be made anew */
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

void
spool_name(char name[SPOOL_NAME_SIZE], int64_t microseconds, const char *id)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-";
	unsigned char hash[HKC_SHA256_SIZE];
	struct hookcask_span span = { id, strlen(id) };
	char hex[33];

	if (span.len == 0 || span.len > 64 || strspn(id, safe) != span.len) {
		hkc_sha256(&span, 1, hash);
		for (int i = 0; i < 16; i++)
			snprintf(hex + 2 * i, 3, "%02x", hash[i]);
		id = hex;
	}
	snprintf(name, SPOOL_NAME_SIZE, "%016lld-%s.json",
	    (long long)microseconds, id);
}

/* One file in tmp/, its bytes on stable storage. */
static bool
write_one(struct spool *spool, const struct record *r, const char *name,
    struct err *err)
{
	const struct fileops *ops = spool->ledger.ops;
	struct iovec iov[RECORD_PARTS];
	bool ok;
	int fd;

	memcpy(iov, r->part, sizeof(*iov) * (size_t)r->part_count);
	fd = ops->open(ops->ctx, spool->tmp_fd, name,
	    O_WRONLY | O_CREAT | O_EXCL, spool->ledger.dir.mode);
	/* never synced again after an error: step 1 removes the file */
	ok = fd >= 0 &&
	    ops->chmod(ops->ctx, fd, spool->ledger.dir.mode) == 0 &&
	    fileops_write_all(ops, fd, iov, r->part_count, 0) &&
	    ops->sync_data(ops->ctx, fd) == 0;
	if (!ok)
		err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/tmp/%s: cannot be written", spool->ledger.path, name);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	return ok;
}

/* The name that a put of the batch has got. */
struct spool_file {
	char name[SPOOL_NAME_SIZE];
};

/* Steps 2 and 3. */
static bool
prepare(struct spool *spool, struct put **puts, size_t count,
    struct spool_file *files, size_t *fresh, bool *undo, struct err *err)
{
	struct ledger *l = &spool->ledger;
	struct index_row row;
	struct mark mark = l->mark;
	int64_t now = l->ops->now_us(l->ops->ctx);
	bool found;

	*fresh = 0;
	*undo = true;
	for (size_t i = 0; i < count; i++)
		puts[i]->is_new = false;
	for (size_t i = 0; i < count; i++) {
		struct put *p = puts[i];

		if (p->twin != NULL)
			continue;
		if (!ledger_check(l, index_find(l->index, p->record->id,
		    &found, &row, err)))
			return false;
		if (found) {
			p->outcome = OUTCOME_DUPLICATE;
			p->other_body = row.body_hash != p->record->body_hash;
			continue;
		}
		mark.named = now > mark.named ? now : mark.named + 1;
		spool_name(files[i].name, mark.named, p->record->id);
		p->is_new = true;
		if (!write_one(spool, p->record, files[i].name, err))
			return false;
		++*fresh;
	}
	if (*fresh == 0)
		return true;
	/* the names in tmp/ must be as durable as what they name */
	if (l->ops->sync(l->ops->ctx, spool->tmp_fd) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/tmp: cannot be synced", l->path);
	for (size_t i = 0; i < count; i++) {
		if (!puts[i]->is_new)
			continue;
		memset(&row, 0, sizeof(row));
		row.time = puts[i]->record->time;
		row.body_hash = puts[i]->record->body_hash;
		memcpy(row.name, files[i].name, sizeof(files[i].name));
		if (!ledger_check(l, index_add(l->index, puts[i]->record->id,
		    &row, err)))
			return false;
		if (row.time > mark.newest)
			mark.newest = row.time;
	}
	if (!ledger_check(l, index_prune(l->index, mark.newest -
	    l->endpoint->dedup_window, (int)(2 * *fresh), err)))
		return false;
	/* what fails from here on may come back: step 1 looks */
	*undo = false;
	return ledger_commit_mark(l, &mark, err);
}

/* Leaves no debris where nothing was committed. */
static void
remove_new(struct spool *spool, struct put **puts, size_t count,
    const struct spool_file *files)
{
	const struct fileops *ops = spool->ledger.ops;

	for (size_t i = 0; i < count; i++)
		if (puts[i]->is_new)
			ops->unlink(ops->ctx, spool->tmp_fd, files[i].name);
}

/* Steps 4 and 5.  The facts are on the disk; this shows them. */
static bool
publish(struct spool *spool, struct put **puts, size_t count,
    struct spool_file *files, struct err *err)
{
	const struct fileops *ops = spool->ledger.ops;

	for (size_t i = 0; i < count; i++)
		if (puts[i]->is_new && ops->rename(ops->ctx, spool->tmp_fd,
		    files[i].name, spool->new_fd, files[i].name) != 0)
			return err_sys(err, OUTCOME_STORE_ERROR, errno,
			    "%s/new/%s: cannot be published",
			    spool->ledger.path, files[i].name);
	/* one sync makes all names of the batch durable */
	if (ops->sync(ops->ctx, spool->new_fd) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s/new: cannot be synced", spool->ledger.path);
	for (size_t i = 0; i < count; i++)
		if (puts[i]->is_new)
			puts[i]->outcome = OUTCOME_STORED;
	return true;
}

bool
spool_write(struct spool *spool, struct put **puts, size_t count,
    struct err *err)
{
	struct spool_file *files = malloc(count * sizeof(*files));
	size_t fresh = 0;
	bool ok, undo;

	if (files == NULL)
		return err_set(err, OUTCOME_STORE_ERROR,
		    "no memory for a batch of %zu records", count);
	ok = spool_finish_tmp(spool, err) &&
	    ledger_begin(&spool->ledger, true, err) &&
	    (spool->ledger.mark.set || spool_index_new(spool, err));
	if (ok) {
		ok = prepare(spool, puts, count, files, &fresh, &undo, err);
		if (!ok && undo)
			remove_new(spool, puts, count, files);
	}
	ledger_rollback(&spool->ledger);
	if (ok && fresh > 0)
		ok = publish(spool, puts, count, files, err);
	free(files);
	/* somebody may have taken the directories away: look again */
	if (!ok)
		close_dirs(spool);
	return ok;
}
