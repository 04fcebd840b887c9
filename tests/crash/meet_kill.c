/* SPDX-License-Identifier: ISC */
/* Processes that die in the middle, and those that come after them. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "meet.h"

#define LOG HOME "/log"

static struct client other;

static void
other_tries_m1(void)
{
	client_init(&other, 2);
	sim_self = 2;
	if (client_put(&other, "m1"))
		violate("m1 was acknowledged before it was synced");
	sim_self = 1;
}

static void
retry_during_sync(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = other_tries_m1;
	client_put(&actor, "m1");
	meet_expect();
	meet_settle();
}

static void
dies_before_sync(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = meet_die;
	client_put(&actor, "m1");
	meet_expect();
}

/* Its lines are then in a rotated file, and its reader has no index. */
static void
dies_and_is_rotated(void)
{
	struct sim_loss none = { .kind = LOSS_CLASS };
	struct client next;

	sim_hook = NULL;
	sim_kill(1);
	sim_rename(LOG, LOG ".1");
	sim_remove(STATE);
	sim_sync_path(HOME);
	client_init(&next, 3);
	client_must_put(&next, "m1 m2");
	sim_power_loss(&none);
	check_store(false);
	meet_settle();
	_exit(0);
}

static void
rotated_before_sync(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = dies_and_is_rotated;
	client_put(&actor, "m1");
	meet_expect();
}

/* Settles as far as the tail. */
static void
leave_tail(struct client *c)
{
	sim_hook = refuse_cut;
	if (client_put(c, "m1"))
		violate("the cut was not needed");
	client_close(c);
	sim_hook = NULL;
}

/*
 * Killed when the first of two orphans was in the new log; the next one got
 * as far as a tail of it, and that log was taken away, too.
 */
static void
second_file_goes(void)
{
	struct client next;

	sim_hook = NULL;
	sim_kill(1);
	client_init(&next, 3);
	leave_tail(&next);
	sent_find("w1")->archived = true;
	sim_remove(LOG);
	sim_sync_path(HOME);
	meet_settle();
	_exit(0);
}

static void
orphans_and_tail(void)
{
	append_lines(LOG, "w1 w2");
	sent_find("w1")->acked = sent_find("w2")->acked = true;
	leave_tail(&actor);
	sim_remove(LOG);
	sent_find("p1")->may_go = true;
	sim_sync_path(HOME);
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = second_file_goes;
	client_put(&actor, "m1");
	meet_expect();
}

static int after_sync;

static struct sim_answer
fail_sync_then_die(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (after_sync > 0)
		meet_die();
	if (call->op == OP_SYNC_DATA && !call->sqlite) {
		after_sync = 1;
		a.error = EIO;
		a.survive = 1;
	}
	return a;
}

static void
killed_at_return_of_failed_sync(void)
{
	sim_hook = fail_sync_then_die;
	client_put(&actor, "m1");
	violate("nobody died");
}

static void
published_then_killed(void)
{
	meet_at(OP_SYNC, false, 2); /* of new/, after the renaming */
	meet_plan.act = meet_die;
	client_put(&actor, "m1");
	meet_expect();
}

static void
indexed_then_killed(void)
{
	meet_at(OP_RENAME, false, 1);
	meet_plan.act = meet_die;
	client_put(&actor, "m1");
	meet_expect();
}

const struct scene meet_kill_scenes[] = {
	{ .name = "1: a retry while the first one is in its sync",
	    .log = "log", .prepare = meet_prepare, .play = retry_during_sync },
	{ .name = "2: killed before its sync, the retry is acknowledged",
	    .log = "log", .prepare = meet_prepare, .play = dies_before_sync },
	{ .name = "2: the same, renamed, and the index is lost", .log = "log",
	    .prepare = meet_prepare, .play = rotated_before_sync },
	{ .name = "5: SIGKILL at the return of fdatasync with EIO",
	    .log = "log", .prepare = meet_prepare,
	    .play = killed_at_return_of_failed_sync },
	{ .name = "a tail's file goes, and before its end another one",
	    .log = "log", .prepare = meet_prepare, .play = orphans_and_tail },
	{ .name = "7: spool: published, consumed, killed",
	    .prepare = meet_prepare, .play = published_then_killed,
	    .watch = consume },
	{ .name = "8: spool: indexed, killed before it is published",
	    .prepare = meet_prepare, .play = indexed_then_killed,
	    .watch = consume },
	{ .name = NULL }
};
