/* SPDX-License-Identifier: ISC */
/*
 * Retries or drops what was set aside, under the lock of the state: nobody
 * else may change it between reading and writing.
 *
 *   step (a spool)                     after a kill or power loss right here
 *   the entry goes, synced             in failed/ without an entry: listed
 *   failed/ -> new/, or unlinked       handed over again, or gone
 *   the directories are synced         the same
 *
 * The entry first: a file that goes back to new/ must have none, or its tries
 * would be used up.
 */
#include <config.h>

#include <stdio.h>

#include "cli/batch/failed.h"

/* Drops a file, or moves it back to the new ones. */
static bool
change_file(struct failed_change *c, const char *name, struct err *err)
{
	if (c->drop)
		return spool_remove(c->dirs, SPOOL_FAILED, name, err);
	return spool_move(c->dirs, name, SPOOL_FAILED, SPOOL_NEW, true, err) ||
	    err->kind == OUTCOME_STORED;
}

static void
change_entry(struct failed_change *c, const struct failed_item *item)
{
	struct state_try again = { .seq = item->seq,
		.tried_ms = item->tried_ms, .said = item->said };

	if (c->drop || item->file != NULL) {
		state_drop(c->state, item->seq);
		return;
	}
	/* it gets all its tries again, the first one at once */
	snprintf(again.reason, sizeof(again.reason), "%.*s",
	    (int)item->reason.len, (const char *)item->reason.data);
	state_try(c->state, &again);
}

static bool
change(struct failed_change *c, const struct failed_items *items,
    struct err *err)
{
	for (size_t i = 0; i < items->count; i++)
		if (items->list[i].seq != 0)
			change_entry(c, &items->list[i]);
	if (c->state != NULL && (!state_write(c->state, err) ||
	    !state_sync(c->state, err)))
		return false;
	for (size_t i = 0; i < items->count; i++) {
		if (items->list[i].file != NULL &&
		    !change_file(c, items->list[i].file, err))
			return false;
		c->count++;
	}
	return c->dirs == NULL || spool_dirs_sync(c->dirs, err);
}

bool
failed_change(struct failed_change *c, struct err *err)
{
	struct consumer_state none = STATE_CLOSED;
	struct failed_items items;
	bool ok;

	c->count = 0;
	if (c->state != NULL && !journal_lock(&c->state->journal, err))
		return false;
	ok = failed_read(&items, c->state != NULL ? c->state : &none, c->dirs,
	    err);
	if (ok) {
		ok = c->choose(c->ctx, &items, err) && change(c, &items, err);
		failed_wipe(&items);
	}
	if (c->state != NULL)
		journal_unlock(&c->state->journal);
	return ok;
}
