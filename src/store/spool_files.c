/* SPDX-License-Identifier: ISC */
/*
 * Makes, writes and syncs the files of a batch in tmp/.  Leaves no file open,
 * and no failed file unless the machine stops: then step 1 finds it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/mac.h"
#include "store/spool.h"

/* Up to this many are written before the first is synced. */
#define OPEN_MAX_FILES 64

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

static bool
fail(struct spool *spool, const struct spool_file *file, struct err *err)
{
	return err_sys(err, OUTCOME_STORE_ERROR, errno,
	    "%s/tmp/%s: cannot be written", spool->ledger.path, file->name);
}

static void
close_all(struct spool *spool, struct spool_batch *batch)
{
	const struct fileops *ops = spool->ledger.ops;

	for (size_t i = 0; batch->open_files > 0 && i < batch->count; i++) {
		if (batch->files[i].fd < 0)
			continue;
		ops->close(ops->ctx, batch->files[i].fd);
		batch->files[i].fd = -1;
		batch->open_files--;
	}
}

bool
spool_files_sync(struct spool *spool, struct spool_batch *batch,
    struct err *err)
{
	const struct fileops *ops = spool->ledger.ops;
	bool ok = true;

	/*
	 * Started together, the writes share the file system's work for each
	 * sync.  Only the syncs bring all bytes to stable storage.  None is
	 * repeated after an error.
	 */
	for (size_t i = 0; ok && batch->open_files > 1 && i < batch->count;
	    i++)
		if (batch->files[i].fd >= 0)
			ok = ops->start(ops->ctx, batch->files[i].fd) == 0 ||
			    fail(spool, &batch->files[i], err);
	for (size_t i = 0; ok && i < batch->count; i++)
		if (batch->files[i].fd >= 0)
			ok = ops->sync_data(ops->ctx, batch->files[i].fd) ==
			    0 || fail(spool, &batch->files[i], err);
	close_all(spool, batch);
	return ok;
}

static int
create(struct spool *spool, const struct spool_file *file)
{
	const struct fileops *ops = spool->ledger.ops;

	return ops->open(ops->ctx, spool->tmp_fd, file->name,
	    O_WRONLY | O_CREAT | O_EXCL, spool->ledger.dir.mode);
}

bool
spool_files_add(struct spool *spool, struct spool_batch *batch, size_t at,
    struct err *err)
{
	const struct record *r = batch->puts[at]->record;
	const struct fileops *ops = spool->ledger.ops;
	struct spool_file *file = &batch->files[at];
	struct iovec iov[RECORD_PARTS];

	if (batch->open_files == OPEN_MAX_FILES &&
	    !spool_files_sync(spool, batch, err))
		return false;
	file->fd = create(spool, file);
	if (file->fd < 0 && (errno == EMFILE || errno == ENFILE) &&
	    batch->open_files > 0) {
		/* if few files may be open, close those of the batch */
		if (!spool_files_sync(spool, batch, err))
			return false;
		file->fd = create(spool, file);
	}
	if (file->fd < 0)
		return fail(spool, file, err);
	batch->open_files++;
	memcpy(iov, r->part, sizeof(*iov) * (size_t)r->part_count);
	return (fileops_set_mode(ops, file->fd, spool->ledger.dir.mode) &&
	    fileops_write_all(ops, file->fd, iov, r->part_count, 0)) ||
	    fail(spool, file, err);
}

void
spool_files_remove(struct spool *spool, struct spool_batch *batch)
{
	const struct fileops *ops = spool->ledger.ops;

	close_all(spool, batch);
	for (size_t i = 0; i < batch->count; i++)
		if (batch->puts[i]->is_new)
			ops->unlink(ops->ctx, spool->tmp_fd,
			    batch->files[i].name);
}
