/* SPDX-License-Identifier: ISC */
/*
 * Names that change: rotation, midnight, directories that are
 * removed.
 */
#include <config.h>

#include <errno.h>

#include "meet.h"

#define LOG HOME "/log"
#define DAY (INT64_C(86400) * 1000000)

static struct client other;

static void
other_puts_tomorrow(void)
{
	client_init(&other, 2);
	sim_self = 2;
	sim_clock_us += DAY;
	client_must_put(&other, "m2 m1");
	sim_clock_us -= DAY;
	sim_self = 1;
}

static void
two_at_midnight(void)
{
	static const char yesterday[] = HOME "/log-20231114";
	struct sim_file before, after;

	client_must_put(&actor, "m1");
	if (!sim_find(yesterday, &before))
		violate("no file of that name");
	other_puts_tomorrow();
	client_must_put(&actor, "m2 m3 m1"); /* whose clock is behind */
	if (!sim_find(yesterday, &after) || after.size != before.size)
		violate("yesterday's file was gone on with");
	meet_settle();
}

static void
lock_is_removed(void)
{
	sim_remove(STATE);
	client_init(&other, 2);
	sim_self = 2;
	client_put(&other, "m1 m2");
	sim_self = 1;
}

static void
state_removed_while_held(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = lock_is_removed;
	client_put(&actor, "m1 m3");
	meet_expect();
	client_must_put(&actor, "m1 m2 m3");
	meet_settle();
}

static void
rename_it(void)
{
	sim_rename(LOG, LOG ".1");
}

/* Step 5b has looked: this one is read complete by who reads it now. */
static void
renamed_before_commit(void)
{
	meet_at(OP_WRITE, true, 1);
	meet_plan.act = rename_it;
	client_must_put(&actor, "m1");
	meet_expect();
	client_must_put(&actor, "m1 m2");
	meet_settle();
}

static void
renamed_during_sync(void)
{
	struct sim_file f;
	int64_t before;

	sim_find(LOG, &f);
	before = f.size;
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = rename_it;
	client_must_put(&actor, "m1");
	meet_expect();
	if (!sim_find(LOG ".1", &f) || f.size != before)
		violate("a line stays in a file that was renamed before");
	meet_settle();
}

/* logrotate's "create", when nothing had been written yet. */
static void
empty_log_rotated(void)
{
	meet_at(OP_WRITE, false, 1);
	meet_plan.answer.error = ENOSPC;
	client_put(&actor, "m1");
	meet_expect();
	sim_rename(LOG, LOG ".1");
	sim_put_file(LOG, "", 0, false);
	client_must_put(&actor, "m1");
	meet_settle();
}

static void
directories_are_removed(void)
{
	sim_remove(HOME "/new");
	sim_remove(HOME "/tmp");
	sent_find("p1")->may_go = true;
	client_put(&actor, "m1");
	client_must_put(&actor, "m1");
	meet_settle();
}

const struct scene meet_names_scenes[] = {
	{ .name = "10: two processes at midnight, a clock that steps back",
	    .log = "log-%Y%m%d", .prepare = meet_prepare,
	    .play = two_at_midnight },
	{ .name = "11: the state directory is removed while it is locked",
	    .log = "log", .prepare = meet_prepare,
	    .play = state_removed_while_held },
	{ .name = "renamed between steps 5 and 6", .log = "log",
	    .prepare = meet_prepare, .play = renamed_before_commit },
	{ .name = "renamed in step 5", .log = "log", .prepare = meet_prepare,
	    .play = renamed_during_sync },
	{ .name = "an empty log is rotated, an empty one made in its place",
	    .log = "log", .play = empty_log_rotated },
	{ .name = "spool: tmp/ and new/ are removed under load",
	    .prepare = meet_prepare, .play = directories_are_removed },
	{ .name = NULL }
};
