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

#include <errno.h>
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

#define UNKNOWN	(-2)

/* The size of the current file; -1 if it is not found, or UNKNOWN. */
static int64_t
size_of_current(const struct drain_log *l)
{
	struct stat st;

	if (l->open && l->file.current && l->part.fd != -1)
		return fstat(l->part.fd, &st) == 0 ? st.st_size : UNKNOWN;
	if (fstatat(l->dir.fd, l->mark.file, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? -1 : UNKNOWN;
	return st.st_ino == l->mark.inode ? st.st_size : -1;
}

static bool
is_unsettled(const struct drain_log *l)
{
	int64_t size = size_of_current(l);

	return drain_log_is_settling(l) ||
	    (size != -1 && size != l->mark.offset);
}

/* Does nobody write, for a moment?  False with err if that cannot be known. */
static bool
is_still(struct drain_log *l, struct err *err)
{
	int64_t until = fileops_clock_ms() + MOMENT_MS;
	int64_t size = size_of_current(l), offset = l->mark.offset, now;

	while (fileops_clock_ms() < until) {
		poll(NULL, 0, LOOK_MS);
		now = size_of_current(l);
		if (stops_count() > 0 || !drain_log_mark(l, err) ||
		    l->mark.offset != offset || !is_unsettled(l) ||
		    (now != size && now != UNKNOWN && size != UNKNOWN))
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

/* What follows may take longer than what power loss may repeat. */
static bool
sync_ends(struct drain_log *l, struct err *err)
{
	struct consumer_state *state = l->place.state;

	log_window_tell(&l->window, state);
	return state_write(state, err) && state_sync(state, err);
}

bool
drain_log_settle(struct drain_log *l, struct err *err)
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
	if (now < l->settle_again_ms || !sync_ends(l, err))
		return false;
	if (!is_still(l, err)) {
		*l->place.unsure = false;
		/* the mark has gone: say so */
		return err->kind == OUTCOME_STORED && !l->mark.set;
	}
	l->settle_again_ms = now + AGAIN_MS;
	if (!settle(l))
		return false;
	*l->place.unsure = false;
	l->found = false;
	return true;
}
