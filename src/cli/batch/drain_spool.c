/* SPDX-License-Identifier: ISC */
/*
 * Duty: the events of a spool.  Where a file lies is what counts; the state
 * adds the tries of those whose run failed, by their names.
 *
 *   step                            after a kill or power loss right here
 *   new/ -> cur/, then it is run    in cur/ (or new/): taken up again, first
 *   run failed: entry, waiting      in cur/ with an entry: waits
 *   cur/ -> done/ or unlinked       finished; an entry is dropped at start
 *   cur/ -> failed/                 in failed/ with an entry that waits: it
 *                                   is set aside at start
 *   entry: set aside                done
 *
 * Power loss may bring a file back from done/ to cur/: its event is handed
 * over again, as long as its end was not synced.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/span.h"
#include "cli/consumer/lease.h"
#include "cli/consumer/state.h"
#include "cli/batch/drain.h"
#include "cli/reading/spool_dirs.h"
#include "cli/term/say.h"
#include "event/record.h"
#include "store/statedir.h"

struct drain_spool {
	struct drain_place	 place;
	struct spool_dirs	 dirs;
	struct spool_names	 names;
	enum spool_stage	 stage;		/* where the names are from */
	size_t			 next;
	struct timespec		 seen;		/* new/ was changed then */
	bool			 waits;		/* nothing stored there yet */
};

/* Tells names apart without reading them: FNV-1a. */
static struct state_passed
origin_of(const char *name)
{
	struct state_passed origin = { UINT64_C(14695981039346656037), 0 };

	for (const char *p = name; *p != '\0'; p++)
		origin.file = (origin.file ^ (unsigned char)*p) *
		    UINT64_C(1099511628211);
	return origin;
}

/* Has the file an entry? */
static bool
has_entry(struct drain_spool *s, const char *name)
{
	struct consumer_state *state = s->place.state;
	uint64_t hash = origin_of(name).file;

	for (size_t i = 0; i < state->entry_count; i++) {
		char *text;
		bool same;

		if (state->entries[i].origin.file != hash)
			continue;
		text = state_text(state, &state->entries[i], NULL);
		same = text != NULL && strcmp(text, name) == 0;
		free(text);
		if (same)
			return true;
	}
	return false;
}

/* Makes the entries say what the directories say. */
static bool
settle(struct drain_spool *s, struct err *err)
{
	struct consumer_state *state = s->place.state;

	for (size_t i = 0; i < state->entry_count; i++) {
		const struct state_entry *e = &state->entries[i];
		struct state_try try = { e->seq, e->tries, e->when_ms, true,
			e->tried_ms, "", span_text("") };
		char *name = state_text(state, e, err);
		struct hookcask_span reason;
		char *why;

		if (name == NULL)
			return false;
		if (spool_has(&s->dirs, SPOOL_FAILED, name)) {
			why = e->failed ? NULL : state_why(state, e,
			    &reason, &try.said, err);
			if (why != NULL) {
				snprintf(try.reason, sizeof(try.reason),
				    "%.*s", (int)reason.len,
				    (const char *)reason.data);
				state_try(state, &try);
			}
			free(why);
		} else if (e->failed || (!spool_has(&s->dirs, SPOOL_CUR, name)
		    && !spool_has(&s->dirs, SPOOL_NEW, name))) {
			/* finished, or somebody put it back by hand */
			state_drop(state, e->seq);
		}
		free(name);
	}
	return state_write(state, err);
}

/* The directories, as soon as there is something in them. */
static bool
open_dirs(struct drain_spool *s, struct err *err)
{
	char cur[PATH_MAX];

	if (!spool_dirs_open(&s->dirs, s->place.home, true, &s->waits, err))
		return false;
	if (s->waits)
		return true;
	snprintf(cur, sizeof(cur), "%s/cur", s->place.home);
	if (!lease_directory(s->dirs.fd[SPOOL_CUR], cur, err) ||
	    !settle(s, err) ||
	    !spool_names_read(&s->names, &s->dirs, SPOOL_CUR, err))
		return false;
	s->stage = SPOOL_CUR;
	s->next = 0;
	return true;
}

/* Names of new/, if it was changed since they were read. */
static bool
refill(struct drain_spool *s, struct err *err)
{
	struct timespec now;
	struct stat st;

	if (fstat(s->dirs.fd[SPOOL_NEW], &st) != 0)
		return err_sys(err, OUTCOME_IO_ERROR, errno, "%s/new",
		    s->place.home);
	/* a clock of coarse steps: one more look while it may stand still */
	clock_gettime(CLOCK_REALTIME, &now);
	if (s->stage == SPOOL_NEW && st.st_mtim.tv_sec == s->seen.tv_sec &&
	    st.st_mtim.tv_nsec == s->seen.tv_nsec &&
	    now.tv_sec - st.st_mtim.tv_sec > 2)
		return true;
	s->seen = st.st_mtim;
	spool_names_wipe(&s->names);
	s->next = 0;
	s->stage = SPOOL_NEW;
	return spool_names_read(&s->names, &s->dirs, SPOOL_NEW, err);
}

static bool
finish(struct drain_spool *s, const char *name, struct err *err)
{
	if (!s->place.unlink)
		return spool_move(&s->dirs, name, SPOOL_CUR, SPOOL_DONE,
		    true, err) || err->kind == OUTCOME_STORED;
	s->dirs.moved[SPOOL_CUR] = true;
	return unlinkat(s->dirs.fd[SPOOL_CUR], name, 0) == 0 ||
	    errno == ENOENT || err_sys(err, OUTCOME_IO_ERROR, errno,
	    "%s/cur/%s", s->place.home, name);
}

/* A file that holds no record: nobody can be given it. */
static bool
refuse(struct drain_spool *s, const char *name, struct err *err)
{
	struct state_try try = { .failed = true, .reason = "record",
		.tried_ms = (int64_t)time(NULL) * 1000,
		.said = span_text("the file does not hold a record") };

	say("%s/failed/%s: not a record; set aside", s->place.home, name);
	if (!spool_move(&s->dirs, name, SPOOL_CUR, SPOOL_FAILED, false, err))
		return false;
	try.seq = state_keep(s->place.state,
	    origin_of(name), span_text(name));
	state_try(s->place.state, &try);
	return true;
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
	struct err why = ERR_INIT;

	if (s->stage == SPOOL_NEW &&
	    !spool_move(&s->dirs, name, SPOOL_NEW, SPOOL_CUR, true, err))
		return err->kind == OUTCOME_STORED ? 0 : -1;
	/* its turn comes when it has waited, or has been already */
	if (has_entry(s, name) || !spool_has(&s->dirs, SPOOL_CUR, name))
		return 0;
	if (!read_event(s, name, event, &why)) {
		if (why.kind != OUTCOME_NO_PERMISSION) {
			*err = why;
			return -1;
		}
		/* the others need not wait for it; the next run looks again */
		say("%s; left there until it can be read", why.text);
		++*s->place.unread;
		return 0;
	}
	if (*event == NULL)
		return refuse(s, name, err) ? 0 : -1;
	if (drain_wants(&s->place, (*event)->view.type))
		return 1;
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
	/* power loss may have taken its way into cur/ back */
	if (!spool_has(&s->dirs, SPOOL_CUR, name) &&
	    spool_has(&s->dirs, SPOOL_NEW, name))
		spool_move(&s->dirs, name, SPOOL_NEW, SPOOL_CUR, true, err);
	ok = !spool_has(&s->dirs, SPOOL_CUR, name) ||
	    read_event(s, name, event, err);
	if (ok && *event == NULL)
		state_drop(s->place.state, seq);
	if (*event != NULL) {
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

	if (try->failed && !spool_move(&s->dirs, event->name, SPOOL_CUR,
	    SPOOL_FAILED, false, err))
		return false;
	if (event->seq == 0)
		event->seq = state_keep(s->place.state,
		    origin_of(event->name), span_text(event->name));
	try->seq = event->seq;
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
	source->close = close_spool;
	source->ctx = s;
	return true;
}
