/* SPDX-License-Identifier: ISC */
/*
 * Keeps bytes that another program wrote to a log, for the operator, before
 * they are cut.  Does not fill the disk with them: for each day it keeps no
 * more than the longest line, and reports the rest.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "store/log_tail.h"

#define ASIDE_BYTES ((int64_t)LINE_MAX_BYTES)

static void
note_aside(struct log *log, const char *bad, int64_t len, int64_t kept)
{
	const char *home = log->ledger.dir.home, *file = log->ledger.mark.file;
	const char *dir = log->ledger.dir.path;

	if (kept == len)
		ledger_note(&log->ledger, "%s/%s: what followed its last "
		    "record was moved to %s/%s/%s", home, file, dir, bad,
		    file);
	else
		ledger_note(&log->ledger, "%s/%s: %" PRId64 " bytes that "
		    "followed its last record were removed, and the first %"
		    PRId64 " of them are now in %s/%s/%s; no more than %d MiB "
		    "a day are kept", home, file, len, kept, dir, bad, file,
		    (int)(ASIDE_BYTES >> 20));
}

bool
log_aside(struct log *log, const struct log_bytes *b, struct err *err)
{
	const struct fileops *ops = log->ledger.ops;
	const char *name = log->ledger.mark.file, *none[] = { NULL };
	int64_t kept = b->to - b->from;
	struct stat st;
	char bad[64];
	int dir, fd;
	bool ok, looked;

	/* one file a day: such a program writes repeatedly */
	dir = statedir_aside(&log->ledger.dir, none, bad, err);
	if (dir < 0)
		return false;
	fd = ops->open(ops->ctx, dir, name, O_RDWR | O_CREAT, 0600);
	looked = fd >= 0 && ops->stat(ops->ctx, fd, &st) == 0;
	if (looked && kept > ASIDE_BYTES - st.st_size)
		kept = st.st_size < ASIDE_BYTES ? ASIDE_BYTES - st.st_size : 0;
	ok = looked && log_copy(log, log->fd, b->from, fd, st.st_size, kept) &&
	    ops->sync(ops->ctx, fd) == 0 && ops->sync(ops->ctx, dir) == 0 &&
	    ops->sync(ops->ctx, log->ledger.dir.fd) == 0;
	if (ok)
		note_aside(log, bad, b->to - b->from, kept);
	else
		err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s: cannot be "
		    "written to", log->ledger.dir.path, bad);
	/* the next try appends all of it again */
	if (!ok && looked)
		ops->truncate(ops->ctx, fd, st.st_size);
	if (fd >= 0)
		ops->close(ops->ctx, fd);
	ops->close(ops->ctx, dir);
	return ok;
}
