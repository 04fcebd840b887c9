/* SPDX-License-Identifier: ISC */
/* What is played with a consumer of a spool, and what must follow. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "hand.h"

static void
begin_spool(void)
{
	sim_mkdir(HOME "/new");
	sim_sync_all();
}

/* -- a drain ------------------------------------------------------------- */

static bool
play(struct drain_how how)
{
	struct err err = ERR_INIT;
	bool ok = hand_drain(1, how, &err);

	if (!ok)
		snprintf(last_said, sizeof(last_said), "%s", err.text);
	return ok;
}

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
drain_them(void)
{
	return play(hand_usual);
}

static bool
drain_in_batches(void)
{
	return play((struct drain_how){ .tries = 2, .batch = 3 });
}

static bool
drain_and_delete(void)
{
	return play((struct drain_how){ .tries = 2, .unlink = true });
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

static bool
drain_two_at_a_time(void)
{
	return play((struct drain_how){ .tries = 2, .jobs = 2 });
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

static bool
play_failed(bool drop)
{
	struct err err = ERR_INIT;
	bool ok = run_failed(1, drop, &err);

	if (!ok)
		snprintf(last_said, sizeof(last_said), "%s", err.text);
	return ok;
}

static bool
retry(void)
{
	healed = true;
	return play_failed(false);
}

static bool
drop(void)
{
	return play_failed(true);
}

static bool
prune(void)
{
	struct err err = ERR_INIT;

	return run_prune(1, &err);
}

/* -- others -------------------------------------------------------------- */

static void
retry_all(void)
{
	struct err err = ERR_INIT;

	run_failed(next_process(), false, &err);
}

static void
drop_all(void)
{
	struct err err = ERR_INIT;

	run_failed(next_process(), true, &err);
}

static void
prune_all(void)
{
	struct err err = ERR_INIT;

	run_prune(next_process(), &err);
}

static void
drain_beside(void)
{
	struct err err = ERR_INIT;

	run_drain(next_process(), hand_usual, &err);
}

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
	{ "drain: a spool, the first time", false, some_before, drain_them,
	    NULL, hand_settle, false },
	{ "drain: a spool, and no event fails", false, good_ones_before,
	    drain_them, NULL, hand_settle_drain, false },
	{ "drain: in batches", false, some_before, drain_in_batches, NULL,
	    hand_settle, false },
	{ "drain: --delete", false, some_before, drain_and_delete, NULL,
	    hand_settle, false },
	{ "drain: two at a time, for a while", false, many_before,
	    drain_two_at_a_time, NULL, hand_settle, false },
	{ "failed retry", false, set_aside_before, retry, NULL,
	    hand_settle_retry, false },
	{ "failed drop", false, set_aside_before, drop, NULL, hand_settle,
	    false },
	{ "prune: done/", false, set_aside_before, prune, NULL, hand_settle,
	    false },
	{ "drain: failed retry meanwhile", false, some_before, drain_them,
	    retry_all, hand_settle, true },
	{ "drain: failed drop meanwhile", false, some_before, drain_them,
	    drop_all, hand_settle, true },
	{ "drain: prune meanwhile", false, some_before, drain_them, prune_all,
	    hand_settle, true },
	{ "drain: another drain", false, some_before, drain_them,
	    drain_beside, hand_settle, true },
	{ "drain: more is published", false, some_before, drain_them,
	    publish_more, hand_settle, true },
	{ "drain: files are moved back by hand", false, some_before,
	    drain_them, move_back, hand_settle, true },
	{ "failed retry: a drain meanwhile", false, set_aside_before, retry,
	    drain_beside, hand_settle_retry, true },
	{ "failed retry: another one", false, set_aside_before, retry,
	    retry_all, hand_settle_retry, true },
	{ "failed drop: a drain meanwhile", false, set_aside_before, drop,
	    drain_beside, hand_settle, true },
	{ "prune: a drain meanwhile", false, set_aside_before, prune,
	    drain_beside, hand_settle, true },
	{ NULL, false, NULL, NULL, NULL, NULL, false }
};
