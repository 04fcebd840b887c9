/* SPDX-License-Identifier: ISC */
/*
 * Finds the events of a spool.  The directory of a file is what counts; for
 * those whose run failed the state has the number of tries, by their names.
 *
 *   step                            after a kill or power loss right here
 *   new/ -> cur/, then it is run    in cur/ (or new/): run again, first
 *   run failed: entry, waiting      in cur/ with an entry: waits
 *   cur/ -> done/ or unlinked       finished; an entry is dropped at start
 *   entry: set aside                in cur/, which outdates the entry: run
 *                                   again
 *   cur/ -> failed/                 done
 *
 * The last two steps are taken under the lock of the state, so that "failed
 * retry", which removes the entry before it moves the file back, sees both or
 * neither.  If an operator moves a file into new/ or cur/, its entry no longer
 * counts, and it is run.
 *
 * Power loss may bring a file back from done/ to cur/: its event is handed
 * over again if its end was not synced.  It may also forget that an entry was
 * set aside and leave the file in failed/: the entry is corrected at start.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fileops.h"
#include "base/span.h"
#include "cli/batch/drain_spool.h"
#include "cli/consumer/lease.h"
#include "cli/term/say.h"
#include "event/record.h"
#include "store/statedir.h"

#define LOOK_MS	2000		/* between two looks at the whole of cur/ */

static uint32_t *
hand_slot(struct drain_spool *s, const char *name)
{
	return &s->in_hand[spool_origin(name).file % IN_HAND_SLOTS];
}

static bool
read_names(struct drain_spool *s, enum spool_stage stage, struct err *err)
{
	spool_names_wipe(&s->names);
	s->next = 0;
	s->stage = stage;
	return spool_names_read(&s->names, &s->dirs, stage, err);
}

/* Unix time. */
static int64_t
seconds(const struct drain_spool *s)
{
	const struct fileops *ops = s->place.state->journal.ops;

	return ops->now_us(ops->ctx) / 1000000;
}

/* Opens the directories, as soon as something is stored. */
static bool
open_dirs(struct drain_spool *s, struct err *err)
{
	const struct fileops *ops = s->place.state->journal.ops;
	char cur[PATH_MAX];

	if (!spool_dirs_open(&s->dirs, ops, s->place.home, true, &s->waits,
	    err))
		return false;
	if (s->waits)
		return true;
	if (s->place.died)
		spool_dirs_doubt(&s->dirs);
	snprintf(cur, sizeof(cur), "%s/cur", s->place.home);
	s->look_ms = fileops_clock_ms() + LOOK_MS;
	return lease_directory(ops, s->dirs.fd[SPOOL_CUR], cur, err) &&
	    spool_entries_settle(s, err) && read_names(s, SPOOL_CUR, err);
}

/*
 * Reads cur/ again from time to time, if it has changed: somebody may have
 * moved a file back by hand.
 */
static bool
look_at_cur(struct drain_spool *s, bool *looked, struct err *err)
{
	int64_t now = fileops_clock_ms();
	struct stat st;

	*looked = false;
	if (now < s->look_ms)
		return true;
	s->look_ms = now + LOOK_MS;
	if (!spool_stat(&s->dirs, SPOOL_CUR, &st, err))
		return false;
	if (st.st_mtim.tv_sec == s->looked.tv_sec &&
	    st.st_mtim.tv_nsec == s->looked.tv_nsec &&
	    seconds(s) - st.st_mtim.tv_sec > LOOK_MS / 1000 + 2)
		return true;
	s->looked = st.st_mtim;
	*looked = true;
	return read_names(s, SPOOL_CUR, err);
}

/* Reads more names: of cur/ if it is time, or of new/ if it has changed. */
static bool
refill(struct drain_spool *s, struct err *err)
{
	struct stat st;
	bool looked;

	if (!look_at_cur(s, &looked, err))
		return false;
	if (looked && s->names.count > 0)
		return true;
	if (!spool_stat(&s->dirs, SPOOL_NEW, &st, err))
		return false;
	/* a coarse clock may hide a change: look once more */
	if (s->stage == SPOOL_NEW && st.st_mtim.tv_sec == s->seen.tv_sec &&
	    st.st_mtim.tv_nsec == s->seen.tv_nsec &&
	    seconds(s) - st.st_mtim.tv_sec > 2)
		return true;
	s->seen = st.st_mtim;
	return read_names(s, SPOOL_NEW, err);
}

static bool
finish(struct drain_spool *s, const char *name, struct err *err)
{
	if (!s->place.unlink)
		return spool_move(&s->dirs, name, SPOOL_CUR, SPOOL_DONE,
		    true, err) || err->kind == OUTCOME_STORED;
	return spool_remove(&s->dirs, SPOOL_CUR, name, err);
}

/* A file without a record cannot be handed over. */
static bool
refuse(struct drain_spool *s, const char *name, struct err *err)
{
	struct state_try try = { .failed = true, .reason = "record",
		.tried_ms = seconds(s) * 1000,
		.said = span_text("the file does not hold a record") };

	say("%s/failed/%s: not a record; set aside", s->place.home, name);
	++*s->place.broken;
	return spool_set_aside(s, name, &try, err);
}

/* Reads cur/NAME; *event NULL if it holds no record. */
static bool
read_event(struct drain_spool *s, const char *name,
    struct drain_event **result, struct err *err)
{
	struct drain_event *event = calloc(1, sizeof(*event));

	*result = NULL;
	if (event != NULL)
		event->name = strdup(name);
	if (event == NULL || event->name == NULL) {
		free(event);
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	}
	if (!spool_read(&s->dirs, SPOOL_CUR, name, &event->line, &event->len,
	    err)) {
		drain_event_free(event);
		return false;
	}
	if (event->line == NULL ||
	    !record_parse(&event->view, event->line, event->len))
		drain_event_free(event);
	else
		*result = event;
	return true;
}

/* 1: *event is it; 0: look at the next name; -1: err. */
static int
take(struct drain_spool *s, const char *name, struct drain_event **event,
    struct err *err)
{
	const struct state_entry *entry;
	struct err why = ERR_INIT;

	if (s->stage == SPOOL_NEW &&
	    !spool_move(&s->dirs, name, SPOOL_NEW, SPOOL_CUR, true, err))
		return err->kind == OUTCOME_STORED ? 0 : -1;
	if (s->stage == SPOOL_CUR && (*hand_slot(s, name) > 0 ||
	    !spool_has(&s->dirs, SPOOL_CUR, name)))
		return 0;
	entry = spool_entry_find(s, name);
	/* not before its delay is over */
	if (entry != NULL && !entry->failed)
		return 0;
	/* it was put back: its failures no longer count */
	if (entry != NULL)
		state_drop(s->place.state, entry->seq);
	if (!read_event(s, name, event, &why)) {
		if (why.kind != OUTCOME_NO_PERMISSION) {
			*err = why;
			return -1;
		}
		/* others need not wait for it; the next drain tries again */
		say("%s; left there until it can be read", why.text);
		++*s->place.unread;
		++*hand_slot(s, name);
		return 0;
	}
	if (*event == NULL)
		return refuse(s, name, err) ? 0 : -1;
	if (drain_wants(&s->place, &(*event)->view)) {
		++*hand_slot(s, name);
		return 1;
	}
	drain_event_free(*event);
	*event = NULL;
	return finish(s, name, err) ? 0 : -1;
}

static int
next(void *ctx, struct drain_event **event, struct err *err)
{
	struct drain_spool *s = ctx;
	int rc;

	if (s->waits && !open_dirs(s, err))
		return -1;
	if (s->waits)
		return 0;
	for (;;) {
		while (s->next < s->names.count) {
			rc = take(s, s->names.list[s->next++], event, err);
			if (rc != 0)
				return rc;
		}
		if (!refill(s, err))
			return -1;
		if (s->next == s->names.count)
			return 0;
	}
}

static bool
load(void *ctx, const struct state_entry *entry, struct drain_event **event,
    struct err *err)
{
	struct drain_spool *s = ctx;
	char *name = state_text(s->place.state, entry, err);
	uint64_t seq = entry->seq;
	int64_t tries = entry->tries;
	bool ok;

	*event = NULL;
	if (name == NULL)
		return false;
	/* power loss may have undone its move to cur/ */
	if (!spool_has(&s->dirs, SPOOL_CUR, name) &&
	    spool_has(&s->dirs, SPOOL_NEW, name))
		spool_move(&s->dirs, name, SPOOL_NEW, SPOOL_CUR, true, err);
	ok = !spool_has(&s->dirs, SPOOL_CUR, name) ||
	    read_event(s, name, event, err);
	if (ok && *event == NULL)
		state_drop(s->place.state, seq);
	if (*event != NULL) {
		++*hand_slot(s, name);
		(*event)->seq = seq;
		(*event)->tries = tries;
	}
	free(name);
	return ok;
}

static bool
done(void *ctx, struct drain_event *event, struct err *err)
{
	struct drain_spool *s = ctx;

	--*hand_slot(s, event->name);
	if (!finish(s, event->name, err))
		return false;
	if (event->seq != 0)
		state_drop(s->place.state, event->seq);
	return true;
}

static bool
failed(void *ctx, struct drain_event *event, struct state_try *try,
    struct err *err)
{
	struct drain_spool *s = ctx;

	--*hand_slot(s, event->name);
	try->seq = event->seq;
	if (try->failed)
		return spool_set_aside(s, event->name, try, err);
	if (try->seq == 0)
		try->seq = state_keep(s->place.state,
		    spool_origin(event->name), span_text(event->name));
	state_try(s->place.state, try);
	return true;
}

static void
tell_nothing(void *ctx)
{
	(void)ctx;
}

static bool
sync_dirs(void *ctx, struct err *err)
{
	struct drain_spool *s = ctx;

	return s->waits || spool_dirs_sync(&s->dirs, err);
}

static bool
spot(void *ctx, struct state_file *at)
{
	(void)ctx;
	/* what counts in a spool is when a file came into done/ */
	memset(at, 0, sizeof(*at));
	return true;
}

static bool
back(void *ctx, const struct state_mark *to, struct err *err)
{
	return drain_spool_back(ctx, to, err);
}

static void
close_spool(void *ctx)
{
	struct drain_spool *s = ctx;

	spool_names_wipe(&s->names);
	spool_dirs_close(&s->dirs);
	free(s);
}

bool
drain_spool_open(struct drain_source *source, const struct drain_place *place,
    struct err *err)
{
	struct drain_spool *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	s->place = *place;
	if (!open_dirs(s, err)) {
		close_spool(s);
		return false;
	}
	source->next = next;
	source->load = load;
	source->done = done;
	source->failed = failed;
	source->tell = tell_nothing;
	source->sync = sync_dirs;
	source->spot = spot;
	source->back = back;
	source->close = close_spool;
	source->ctx = s;
	return true;
}
