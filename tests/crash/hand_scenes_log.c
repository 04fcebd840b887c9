/* SPDX-License-Identifier: ISC */
/* What is played with a consumer of a log. */
#include <config.h>

#include "hand.h"
#include "store/admin.h"

#define LOG HOME "/test.jsonl"

/* One file is rotated, and another one begun. */
static void
some_before(void)
{
	facts_store(90, "g1 b1 g2");
	sim_rename(LOG, LOG ".1");
	facts_store(91, "l1 g3");
}

static void
good_ones_before(void)
{
	facts_store(90, "g1 g2");
	sim_rename(LOG, LOG ".1");
	facts_store(91, "g3 g4");
}

static void
killed_before(void)
{
	facts_store(90, "g1 g2");
	facts_store_killed(91, "g3 g4");
}

static void
many_before(void)
{
	facts_store(90, "g1 g2 g3 g4 g5 g6 g7 g8 g9 g10 g11 g12 g13 g14 g15 "
	    "g16 g17 g18 g19 g20");
	run_ms = 60;
}

static void
set_aside_before(void)
{
	struct err err = ERR_INIT;

	some_before();
	hand_must(hand_drain(1, hand_usual, &err), &err, "the drain before");
}

/* -- prune --------------------------------------------------------------- */

/* The oldest file is finished, the next one is not. */
static void
two_rotated_before(void)
{
	struct err err = ERR_INIT;

	facts_store(90, "g1");
	hand_must(hand_drain(1, hand_usual, &err), &err, "the drain before");
	sim_rename(LOG, LOG ".2");
	facts_store(91, "g2");
	hand_must(hand_drain(1, hand_usual, &err), &err, "the drain before");
	sim_rename(LOG, LOG ".1");
	facts_store(92, "g3 g4");
	sim_rename(LOG, LOG ".0");
	facts_store(93, "g5");
}

/* -- others -------------------------------------------------------------- */

static void
store_more(void)
{
	facts_store(next_process(), "g7 b7");
}

static void
rotate(void)
{
	struct sim_file found;

	if (!sim_find(LOG, &found))
		return;
	sim_rename(LOG, LOG ".9");
	store_more();
}

/* Each gets the next one's name, as logrotate does it. */
static void
rotate_all(void)
{
	sim_rename(LOG ".2", LOG ".3");
	sim_rename(LOG ".1", LOG ".2");
	sim_rename(LOG ".0", LOG ".1");
	sim_rename(LOG, LOG ".0");
}

/* index --rebuild; without the lock, which the play may have, it fails. */
static void
rebuild(void)
{
	struct admin admin = { .endpoint = &hand_endpoint, .options = {
	    .ops = &sim_ops, .vfs = sim_vfs, .lock_timeout = 1 } };
	struct err err = ERR_INIT;
	struct admin_count count;
	int before = sim_self;

	sim_self = next_process();
	admin_rebuild(&admin, &count, &err);
	sim_self = before;
}

const struct hand_scene hand_scenes_log[] = {
	{ "drain: a log, the first time", true, some_before, play_drain, NULL,
	    hand_settle, false },
	{ "drain: a log, and no event fails", true, good_ones_before,
	    play_drain, NULL, hand_settle_drain, false },
	{ "drain: a log, answered, killed before its index commits", true,
	    killed_before, play_drain, NULL, hand_settle_drain, false },
	{ "drain: a log, in batches", true, some_before, play_batches,
	    NULL, hand_settle, false },
	{ "drain: a log, two at a time, for a while", true, many_before,
	    play_two_jobs, NULL, hand_settle, false },
	{ "drain: a log, more is stored", true, set_aside_before, play_drain,
	    store_more, hand_settle, false },
	{ "drain: a log is rotated", true, some_before, play_drain, rotate,
	    hand_settle, true },
	{ "drain: a log, failed retry meanwhile", true, some_before,
	    play_drain, beside_retry, hand_settle, true },
	{ "drain: a log, prune meanwhile", true, two_rotated_before,
	    play_drain, beside_prune, hand_settle, true },
	{ "drain: a log, another drain", true, some_before, play_drain,
	    beside_drain, hand_settle, true },
	{ "drain: a log, index --rebuild", true, some_before, play_drain,
	    rebuild, hand_settle, true },
	{ "failed retry: a log", true, set_aside_before, play_retry,
	    beside_drain, hand_settle_retry, false },
	{ "failed drop: a log", true, set_aside_before, play_drop, beside_drain,
	    hand_settle, false },
	{ "prune: a log", true, two_rotated_before, play_prune, beside_drain,
	    hand_settle, false },
	{ "prune: a log is rotated", true, two_rotated_before, play_prune,
	    rotate_all, hand_settle, true },
	{ "prune: a log, index --rebuild", true, two_rotated_before, play_prune,
	    rebuild, hand_settle, true },
	{ NULL, false, NULL, NULL, NULL, NULL, false }
};
