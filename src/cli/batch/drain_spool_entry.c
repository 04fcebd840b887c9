/* SPDX-License-Identifier: ISC */
/*
 * Keeps the entries of the state in step with the directories of a spool.  If
 * they disagree about a file, its directory is right.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/batch/drain_spool.h"

/* FNV-1a. */
struct state_passed
spool_origin(const char *name)
{
	struct state_passed origin = { UINT64_C(14695981039346656037), 0 };

	for (const char *p = name; *p != '\0'; p++)
		origin.file = (origin.file ^ (unsigned char)*p) *
		    UINT64_C(1099511628211);
	return origin;
}

const struct state_entry *
spool_entry_find(struct drain_spool *s, const char *name)
{
	struct consumer_state *state = s->place.state;
	uint64_t hash = spool_origin(name).file;

	for (size_t i = 0; i < state->entry_count; i++) {
		char *text;
		bool same;

		if (state->entries[i].origin.file != hash)
			continue;
		text = state_text(state, &state->entries[i], NULL);
		same = text != NULL && strcmp(text, name) == 0;
		free(text);
		if (same)
			return &state->entries[i];
	}
	return NULL;
}

/* Corrects an entry by the directories. */
static bool
settle_entry(struct drain_spool *s, const struct state_entry *e,
    struct err *err)
{
	struct consumer_state *state = s->place.state;
	struct state_try try = { e->seq, e->tries, e->when_ms, true,
		e->tried_ms, "", span_text("") };
	char *name = state_text(state, e, err), *why = NULL;
	struct hookcask_span reason;
	bool ok = name != NULL;

	if (ok && (spool_has(&s->dirs, SPOOL_CUR, name) ||
	    spool_has(&s->dirs, SPOOL_NEW, name))) {
		/* it was put back, or a kill came before the move */
		if (e->failed)
			state_drop(state, e->seq);
	} else if (ok && !spool_has(&s->dirs, SPOOL_FAILED, name)) {
		state_drop(state, e->seq);
	} else if (ok && !e->failed) {
		why = state_why(state, e, &reason, &try.said, err);
		ok = why != NULL;
		if (ok) {
			snprintf(try.reason, sizeof(try.reason), "%.*s",
			    (int)reason.len, (const char *)reason.data);
			state_try(state, &try);
		}
	}
	free(why);
	free(name);
	return ok;
}

bool
spool_entries_settle(struct drain_spool *s, struct err *err)
{
	struct consumer_state *state = s->place.state;
	bool ok = true;

	if (!journal_lock(&state->journal, err))
		return false;
	for (size_t i = 0; ok && i < state->entry_count; i++)
		ok = settle_entry(s, &state->entries[i], err);
	ok = ok && state_write(state, err);
	journal_unlock(&state->journal);
	return ok;
}

/*
 * The entry first: if the file is in failed/, it has an entry that says so.
 */
bool
spool_set_aside(struct drain_spool *s, const char *name, struct state_try *try,
    struct err *err)
{
	struct consumer_state *state = s->place.state;
	bool ok;

	if (!journal_lock(&state->journal, err))
		return false;
	if (try->seq == 0)
		try->seq = state_keep(state, spool_origin(name),
		    span_text(name));
	state_try(state, try);
	ok = state_write(state, err) && spool_move(&s->dirs, name, SPOOL_CUR,
	    SPOOL_FAILED, false, err);
	journal_unlock(&state->journal);
	return ok;
}
