/* SPDX-License-Identifier: ISC */
/* What is played with a consumer of a spool, and what must follow. */
#include <config.h>

#include <stdio.h>

#include "hand.h"

static void
begin_spool(void)
{
	sim_mkdir(HOME "/new");
	sim_sync_all();
}

/* -- a drain ------------------------------------------------------------- */

static void
some_before(void)
{
	begin_spool();
	facts_publish("new", "g1 b1 g2 l1 g3");
}

static void
good_ones_before(void)
{
	begin_spool();
	facts_publish("new", "g1 g2 g3 g4");
}

static bool
drain_and_delete(void)
{
	return play_how((struct drain_how){ .tries = 2, .unlink = true });
}

static void
many_before(void)
{
	char id[8];

	begin_spool();
	for (int i = 0; i < 24; i++) {
		snprintf(id, sizeof(id), "g%d", i);
		facts_publish("new", id);
	}
	run_ms = 40;
}

/* -- the operator -------------------------------------------------------- */

static void
set_aside_before(void)
{
	struct err err = ERR_INIT;

	begin_spool();
	facts_publish("new", "b1 g1 b2");
	hand_must(hand_drain(1, hand_usual, &err), &err, "the drain before");
}

/* -- others -------------------------------------------------------------- */

static void
publish_more(void)
{
	facts_publish("new", "g7 b7");
}

/* mv failed/F new/ */
static void
move_back(void)
{
	char from[128], to[128];

	for (int i = 0; i < fact_count; i++) {
		struct sim_file found;

		snprintf(from, sizeof(from), HOME "/failed/%s",
		    facts[i].name);
		snprintf(to, sizeof(to), HOME "/new/%s", facts[i].name);
		if (sim_find(from, &found))
			sim_rename(from, to);
	}
}

const struct hand_scene hand_scenes[] = {
	{ "drain: a spool, the first time", false, some_before, play_drain,
	    NULL, hand_settle, false },
	{ "drain: a spool, and no event fails", false, good_ones_before,
	    play_drain, NULL, hand_settle_drain, false },
	{ "drain: in batches", false, some_before, play_batches, NULL,
	    hand_settle, false },
	{ "drain: --delete", false, some_before, drain_and_delete, NULL,
	    hand_settle, false },
	{ "drain: two at a time, for a while", false, many_before,
	    play_two_jobs, NULL, hand_settle, false },
	{ "failed retry", false, set_aside_before, play_retry, NULL,
	    hand_settle_retry, false },
	{ "failed drop", false, set_aside_before, play_drop, NULL,
	    hand_settle, false },
	{ "prune: done/", false, set_aside_before, play_prune, NULL,
	    hand_settle, false },
	{ "drain: failed retry meanwhile", false, some_before, play_drain,
	    beside_retry, hand_settle, true },
	{ "drain: failed drop meanwhile", false, some_before, play_drain,
	    beside_drop, hand_settle, true },
	{ "drain: prune meanwhile", false, some_before, play_drain,
	    beside_prune, hand_settle, true },
	{ "drain: another drain", false, some_before, play_drain,
	    beside_drain, hand_settle, true },
	{ "drain: more is published", false, some_before, play_drain,
	    publish_more, hand_settle, true },
	{ "drain: files are moved back by hand", false, some_before,
	    play_drain, move_back, hand_settle, true },
	{ "failed retry: a drain meanwhile", false, set_aside_before,
	    play_retry, beside_drain, hand_settle_retry, true },
	{ "failed retry: another one", false, set_aside_before, play_retry,
	    beside_retry, hand_settle_retry, true },
	{ "failed drop: a drain meanwhile", false, set_aside_before, play_drop,
	    beside_drain, hand_settle, true },
	{ "prune: a drain meanwhile", false, set_aside_before, play_prune,
	    beside_drain, hand_settle, true },
	{ NULL, false, NULL, NULL, NULL, NULL, false }
};
