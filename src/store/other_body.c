/* SPDX-License-Identifier: ISC */
/*
 * Keeps other bodies that came under a known id, durably, in bounded space.
 *
 *   #  under the lock                          after a kill or power loss
 *   1  mkdir other-body, fsync(state           the same again
 *      directory)
 *   2  write other-body/new, fdatasync         new: removed by the next one
 *   3  rename it to NAME, fsync(other-body)    kept, or the same again
 *   4  answer                                  kept; a retry: 1 to 4 again
 *
 * NAME follows from id and body, so that a retry replaces its own file.  It
 * is written again each time: nothing that may hide a failed sync is trusted.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "store/other_body.h"

void
other_body_id(char digits[OTHER_BODY_ID_SIZE], const char *id)
{
	snprintf(digits, OTHER_BODY_ID_SIZE, "%016" PRIx64,
	    record_body_hash(span_text(id)));
}

bool
other_body_is_named(const char *name)
{
	static const char hex[] = "0123456789abcdef";

	return strspn(name, hex) == 16 && name[16] == '-' &&
	    strspn(name + 17, hex) == 16 && strcmp(name + 33, ".json") == 0;
}

static bool
fail(const struct ledger *l, const char *name, struct err *err)
{
	return err_sys(err, OUTCOME_STORE_ERROR, errno,
	    "%s/" OTHER_BODY_DIR "/%s", l->dir.path, name);
}

/* Step 1. */
static int
open_dir(struct ledger *l, struct err *err)
{
	const struct fileops *ops = l->ops;
	mode_t mode = (l->dir.mode & 0040) != 0 ? 0750 : 0700;
	int fd = -1;

	if (ops->mkdir(ops->ctx, l->dir.fd, OTHER_BODY_DIR, mode) == 0 ||
	    errno == EEXIST)
		fd = ops->open(ops->ctx, l->dir.fd, OTHER_BODY_DIR,
		    O_RDONLY | O_DIRECTORY, 0);
	/* the umask may have cleared bits */
	if (fd >= 0 && fileops_set_mode(ops, fd, mode) &&
	    ops->sync(ops->ctx, l->dir.fd) == 0)
		return fd;
	fail(l, "", err);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	return -1;
}

/* Counts what is there, without the file that will be replaced. */
struct room {
	const struct fileops *ops;
	int		 dir;
	const char	*name;
	int64_t		 files, bytes;
};

static bool
count_file(void *arg, const char *name)
{
	struct room *room = arg;
	struct stat st;

	if (strcmp(name, room->name) == 0 ||
	    room->ops->stat_at(room->ops->ctx, room->dir, name, &st) != 0)
		return true;
	room->files++;
	room->bytes += st.st_size;
	return true;
}

static bool
has_room(const struct ledger *l, int dir, const char *name, size_t len,
    struct err *err)
{
	struct room room = { .ops = l->ops, .dir = dir, .name = name };

	if (l->ops->list(l->ops->ctx, dir, count_file, &room) != 0)
		return fail(l, "", err);
	if (room.files < OTHER_BODY_FILES &&
	    room.bytes + (int64_t)len <= OTHER_BODY_BYTES)
		return true;
	return err_set(err, OUTCOME_STORE_ERROR, "%s/" OTHER_BODY_DIR ": %"
	    PRId64 " bodies that came under a known id fill the space for "
	    "them (%d files, %d MiB); see them with \"hookcask list "
	    "--other-body\" and remove the files that are settled",
	    l->dir.path, room.files, OTHER_BODY_FILES,
	    (int)(OTHER_BODY_BYTES >> 20));
}

/* Step 2. */
static bool
write_new(const struct ledger *l, int dir, const struct record *r,
    struct err *err)
{
	const struct fileops *ops = l->ops;
	struct iovec iov[RECORD_PARTS];
	bool ok;
	int fd;

	if (ops->unlink(ops->ctx, dir, OTHER_BODY_NEW) != 0 &&
	    errno != ENOENT)
		return fail(l, OTHER_BODY_NEW, err);
	fd = ops->open(ops->ctx, dir, OTHER_BODY_NEW,
	    O_RDWR | O_CREAT | O_EXCL, l->dir.mode);
	memcpy(iov, r->part, sizeof(iov));
	ok = fd >= 0 && fileops_set_mode(ops, fd, l->dir.mode) &&
	    fileops_write_all(ops, fd, iov, r->part_count, 0) &&
	    ops->sync_data(ops->ctx, fd) == 0;
	if (!ok)
		fail(l, OTHER_BODY_NEW, err);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	/* free its space on a full disk */
	if (!ok && fd >= 0)
		ops->unlink(ops->ctx, dir, OTHER_BODY_NEW);
	return ok;
}

/* Steps 2 and 3. */
static bool
keep(struct ledger *l, int dir, const struct record *r, struct err *err)
{
	const struct fileops *ops = l->ops;
	char id[OTHER_BODY_ID_SIZE], name[OTHER_BODY_NAME_SIZE];

	other_body_id(id, r->id);
	snprintf(name, sizeof(name), "%s-%016" PRIx64 ".json", id,
	    r->body_hash);
	if (!has_room(l, dir, name, r->len, err) ||
	    !write_new(l, dir, r, err))
		return false;
	if (ops->rename(ops->ctx, dir, OTHER_BODY_NEW, dir, name) != 0 ||
	    ops->sync(ops->ctx, dir) != 0)
		return fail(l, name, err);
	return true;
}

bool
other_bodies_keep(struct ledger *l, struct put **puts, size_t count,
    struct err *err)
{
	int dir = -1;
	bool ok = true;

	for (size_t i = 0; i < count; i++) {
		struct put *p = puts[i];

		if (p->outcome != OUTCOME_DUPLICATE ||
		    p->record->body_hash == p->first_body)
			continue;
		if (dir < 0)
			dir = open_dir(l, err);
		p->outcome = OUTCOME_OTHER_BODY;
		if (dir >= 0 && keep(l, dir, p->record, err))
			continue;
		p->outcome = OUTCOME_STORE_ERROR;
		ok = false;
	}
	if (dir >= 0)
		l->ops->close(l->ops->ctx, dir);
	return ok;
}
