/* SPDX-License-Identifier: ISC */
/*
 * Settles records that are past the mark, or in a tail, if nobody else does.
 * After a kill or power loss they may have been acknowledged, and a drain would
 * wait for the next delivery to settle them.
 *
 *   found, with nothing in hand          done
 *   nothing past the mark, no tail       nothing
 *   the file is shorter than its mark    somebody cut it: likewise
 *   it moves                             a writer is at work: nothing
 *   it does not move, and the lock can   settled, as the next delivery would;
 *   be had                               read on
 *   the lock cannot be had, or the       unsure: a drain that does not follow
 *   store is another user's              ends with 75
 */
#include <config.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/fileops.h"
#include "cli/batch/drain_log.h"
#include "cli/host/stops.h"
#include "cli/term/say.h"
#include "store/admin.h"

#define MOMENT_MS	300	/* in which a living writer moves the mark */
#define LOOK_MS		20
#define AGAIN_MS	10000	/* before what failed is tried again */
#define LOCK_S		1

/* The size of the current file; -1 if it is not found. */
static int64_t
size_of_current(const struct drain_log *l)
{
	struct stat st;

	if (l->open && l->file.current && l->part.fd != -1)
		return fstat(l->part.fd, &st) == 0 ? st.st_size : -1;
	return fstatat(l->dir.fd, l->mark.file, &st, AT_SYMLINK_NOFOLLOW) ==
	    0 && st.st_ino == l->mark.inode ? st.st_size : -1;
}

static bool
is_unsettled(const struct drain_log *l)
{
	int64_t size = size_of_current(l);

	return drain_log_is_settling(l) ||
	    (size >= 0 && size != l->mark.offset);
}

/* Does nobody write, for a moment? */
static bool
is_still(struct drain_log *l)
{
	int64_t until = fileops_clock_ms() + MOMENT_MS;
	int64_t size = size_of_current(l), offset = l->mark.offset;
	struct err none = ERR_INIT;

	while (fileops_clock_ms() < until) {
		poll(NULL, 0, LOOK_MS);
		if (stops_count() > 0 || !drain_log_mark(l, &none) ||
		    l->mark.offset != offset || size_of_current(l) != size ||
		    !is_unsettled(l))
			return false;
	}
	return true;
}

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	say("note: %s", text);
}

static bool
settle(const struct drain_log *l)
{
	struct admin admin = { .endpoint = l->place.endpoint,
		.options = { .ops = l->place.state->journal.ops, .note = note,
		    .lock_timeout = LOCK_S } };
	struct err why = ERR_INIT;
	struct stat st;

	if (stat(l->place.state_dir, &st) != 0 || st.st_uid != geteuid())
		return false;
	if (admin_settle(&admin, &why))
		return true;
	say("note: the log cannot be settled: %s", why.text);
	return false;
}

bool
drain_log_settle(struct drain_log *l)
{
	bool waited = *l->place.unsure;
	int64_t now = fileops_clock_ms();

	if (!l->mark.set)
		return false;
	*l->place.unsure = false;
	if (l->window.count > 0 || stops_count() > 0)
		return false;
	/* what was waited for has happened: look again */
	if (!is_unsettled(l))
		return waited;
	*l->place.unsure = true;
	if (now < l->settle_again_ms)
		return false;
	if (!is_still(l)) {
		*l->place.unsure = false;
		return false;
	}
	l->settle_again_ms = now + AGAIN_MS;
	if (!settle(l))
		return false;
	*l->place.unsure = false;
	l->found = false;
	return true;
}
