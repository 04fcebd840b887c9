/* SPDX-License-Identifier: ISC */
/* Duty: commits of the index that fail, and an index that is deleted. */
#include <config.h>

#include <errno.h>

#include "meet.h"

#define LOG HOME "/log"

static int after_sync;

static struct sim_answer
fail_commit_then_die(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (after_sync > 0)
		meet_die();
	if (call->op == OP_SYNC_DATA && call->sqlite) {
		after_sync = 1;
		a.error = EIO;
		a.survive = 1;
	}
	return a;
}

static void
commit_fails_then_killed(void)
{
	sim_hook = fail_commit_then_die;
	client_put(&actor, "m1");
	violate("nobody died");
}

/* The same, but it lives on, and so does what it believes. */
static void
commit_fails(void)
{
	meet_at(OP_SYNC_DATA, true, 1);
	meet_plan.answer.error = EIO;
	meet_plan.answer.survive = 1;
	client_put(&actor, "m1");
	meet_expect();
	client_must_put(&actor, "m1 m2");
	meet_settle();
}

static void
take_up_fails_then_killed(void)
{
	sim_rename(LOG, LOG ".1");
	commit_fails_then_killed();
}

const struct scene meet_index_scenes[] = {
	{ .name = "9: spool: the sync of a commit fails, then a kill",
	    .prepare = meet_prepare, .play = commit_fails_then_killed },
	{ .name = "9: spool: the sync of a commit fails",
	    .prepare = meet_prepare, .play = commit_fails },
	{ .name = "9: log: the sync of a commit fails, then a kill",
	    .log = "log", .prepare = meet_prepare,
	    .play = take_up_fails_then_killed },
	{ .name = NULL }
};
