/* SPDX-License-Identifier: ISC */
/*
 * Goes back in a spool: moves what came into done/ since a checkpoint back to
 * new/.  A file keeps the time of its last rename.
 */
#include <config.h>

#include <sys/stat.h>

#include "base/fileops.h"
#include "cli/batch/drain_spool.h"
#include "cli/term/say.h"

#define SLACK_MS INT64_C(2000)	/* a file system's clock may be coarse */

/* Unix; a clock that was set back since must not hide a file. */
static int64_t
cutoff(const struct drain_spool *s, const struct state_mark *to)
{
	const struct consumer_state *state = s->place.state;
	const struct fileops *ops = state->journal.ops;
	int64_t ms;

	if (to == NULL)
		return INT64_MIN;
	ms = ops->now_us(ops->ctx) / 1000;
	for (; to < state->marks + state->mark_count; to++)
		if (to->at_ms < ms)
			ms = to->at_ms;
	return ms - SLACK_MS;
}

bool
drain_spool_back(struct drain_spool *s, const struct state_mark *to,
    struct err *err)
{
	const struct fileops *ops = s->dirs.ops;
	int64_t since = cutoff(s, to);
	struct spool_names names = { NULL, 0 };
	struct stat st;
	size_t moved = 0;
	bool ok;

	if (s->waits)
		return true;
	if (s->place.unlink) {
		say("%s: what was handed over cannot be handed over again, "
		    "since --delete has removed it", s->place.home);
		++*s->place.broken;
		return true;
	}
	ok = spool_names_read(&names, &s->dirs, SPOOL_DONE, err);
	for (size_t i = 0; ok && i < names.count; i++) {
		if (ops->stat_at(ops->ctx, s->dirs.fd[SPOOL_DONE],
		    names.list[i], &st) != 0 ||
		    (int64_t)st.st_ctim.tv_sec * 1000 +
		    st.st_ctim.tv_nsec / 1000000 < since)
			continue;
		ok = spool_move(&s->dirs, names.list[i], SPOOL_DONE,
		    SPOOL_NEW, true, err) || err->kind == OUTCOME_STORED;
		moved++;
	}
	spool_names_wipe(&names);
	say("%s: going back: %zu events are handed over again", s->place.home,
	    moved);
	return ok;
}
