/* SPDX-License-Identifier: ISC */
/*
 * Duty: the interleavings that a store must be safe against, each by its
 * name.  The sweep meets most of them by chance; these meet them for sure.
 */
#include <config.h>

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep.h"

#define LOG HOME "/log"
#define DAY (INT64_C(86400) * 1000000)

static struct client other;

/* At the n-th call of a kind, before it is made. */
static struct {
	enum sim_op op;
	bool sqlite;
	int left;
	struct sim_answer answer;	/* what becomes of the call */
	void (*act)(void);		/* or NULL */
	bool met;
	enum sim_op then;		/* fails from then on, */
	int then_error;			/* with this; 0: none does */
} plan;

static struct sim_answer
hook(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (sim_self != actor.process)
		return a;
	if (plan.met && call->op == plan.then && !call->sqlite)
		a.error = plan.then_error;
	if (plan.met || call->op != plan.op || call->sqlite != plan.sqlite ||
	    --plan.left > 0)
		return a;
	plan.met = true;
	if (plan.act != NULL)
		plan.act();
	return plan.answer;
}

static void
expect_met(void)
{
	if (!plan.met)
		violate("the call that this is about was not made");
	sim_hook = NULL;
}

/* The n-th call from now on; n counts from 1. */
static void
plan_at(enum sim_op op, bool sqlite, int n)
{
	memset(&plan, 0, sizeof(plan));
	plan.op = op;
	plan.sqlite = sqlite;
	plan.left = n;
	sim_hook = hook;
}

/* What follows: a new process, the sender repeats all, and a power loss. */
static void
settle_up(void)
{
	struct client next;

	sim_hook = NULL;
	client_init(&next, 5);
	client_retry(&next);
	client_close(&next);
	if (scene->watch != NULL)
		scene->watch();
	check_store(true);
	walk_check_durable(0);
}

static void
one_before(void)
{
	client_must_put(&actor, "p1");
}

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
	plan_at(OP_SYNC_DATA, false, 1);
	plan.act = other_tries_m1;
	client_put(&actor, "m1");
	expect_met();
	settle_up();
}

/* The process is gone at this call: nothing of it happens any more. */
static void
die(void)
{
	struct client next;
	struct sim_loss none = { .kind = LOSS_CLASS };

	sim_hook = NULL;
	sim_kill(1);
	if (scene->watch != NULL)
		scene->watch();
	client_init(&next, 3);
	client_retry(&next);
	check_store(true);
	sim_power_loss(&none);
	check_store(false);
	settle_up();
	_exit(0);
}

static void
dies_before_sync(void)
{
	plan_at(OP_SYNC_DATA, false, 1);
	plan.act = die;
	client_put(&actor, "m1");
	expect_met();
}

/* Its lines are in a rotated file then, and whoever looks has no index. */
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
	settle_up();
	_exit(0);
}

static void
rotated_before_sync(void)
{
	plan_at(OP_SYNC_DATA, false, 1);
	plan.act = dies_and_is_rotated;
	client_put(&actor, "m1");
	expect_met();
}

static void
sync_fails_others_go_on(void)
{
	plan_at(OP_SYNC_DATA, false, 1);
	plan.answer.error = EIO;
	plan.answer.survive = 1;
	if (client_put(&actor, "m1"))
		violate("m1 was acknowledged, its sync had failed");
	expect_met();
	client_init(&other, 2);
	client_must_put(&other, "m2");
	settle_up();
}

static void
sync_and_cut_fail(void)
{
	plan_at(OP_SYNC_DATA, false, 1);
	plan.answer.error = EIO;
	plan.answer.survive = 1;
	plan.then = OP_TRUNCATE;
	plan.then_error = EIO;
	if (client_put(&actor, "m1"))
		violate("m1 was acknowledged, its sync had failed");
	expect_met();
	sim_kill(1);
	settle_up();
}

/* The power fails here; the blocks that were written survive, no sizes. */
static void
lose_sizes(void)
{
	struct sim_loss blocks = { .kind = LOSS_CLASS, .mask = SIM_STORE };

	sim_power_loss(&blocks);
	check_store(false);
	settle_up();
	_exit(0);
}

/* A line of the cut batch's end behind the next one's head is no line. */
static void
batches_do_not_mix(void)
{
	plan_at(OP_SYNC_DATA, false, 1);
	plan.answer.error = EIO;
	plan.answer.survive = 4;
	if (client_put(&actor, "m1"))
		violate("m1 was acknowledged, its sync had failed");
	expect_met();
	plan_at(OP_SYNC_DATA, false, 1);
	plan.act = lose_sizes;
	client_put(&actor, "m2");
	expect_met();
}

static struct sim_answer
lose_sizes_of_batch(const struct sim_call *call)
{
	static bool wrote;
	struct sim_answer pass = { 0 };

	if (wrote && call->op == OP_SYNC_DATA && !call->sqlite)
		lose_sizes();
	wrote = wrote || (call->op == OP_WRITE && !call->sqlite);
	return pass;
}

/* The same of what a power loss has left: a line's end without its head. */
static void
torn_end_does_not_mix(void)
{
	struct sim_file before, after;
	size_t len;
	char *line;

	if (!sim_find(LOG, &before))
		violate("no log");
	append_lines(LOG, "w1");
	if (!sim_find(LOG, &after))
		violate("no log");
	len = (size_t)(after.size - before.size);
	line = malloc(len);
	if (line == NULL)
		abort();
	memcpy(line, after.data + before.size, len);
	memset(line, 0, 512 - (size_t)before.size % 512);
	sim_cut_file(LOG, before.size);
	append_bytes(LOG, line, len);
	free(line);
	sim_hook = lose_sizes_of_batch;
	client_put(&actor, "m2");
	violate("the batch was not written");
}

/* The power fails here; sizes and names survive, no bytes. */
static void
lose_bytes(void)
{
	struct sim_loss sizes = { .kind = LOSS_CLASS,
		.mask = SIM_SIZES | SIM_NAMES };

	sim_power_loss(&sizes);
	settle_up();
	_exit(0);
}

static void
first_batch_becomes_nuls(void)
{
	plan_at(OP_SYNC_DATA, false, 1);
	plan.act = lose_bytes;
	client_put(&actor, "m1");
	expect_met();
}

static const char note_text[] = "a note of somebody";

/* In the log, or in one of the directories for what is not ours. */
static bool
note_is_kept(void)
{
	struct sim_file files[16], f;
	char path[512];
	int count = sim_list(STATE, files, 16);

	for (int i = 0; i < count; i++) {
		if (strncmp(files[i].name, "bad-", 4) != 0)
			continue;
		strcat(strcat(strcpy(path, STATE "/"), files[i].name),
		    "/log");
		if (sim_find(path, &f) && f.size >= (int64_t)strlen(note_text)
		    && memcmp(f.data + f.size - strlen(note_text), note_text,
		    strlen(note_text)) == 0)
			return true;
	}
	return false;
}

/* Behind what is left of a log whose index is lost. */
static void
note_is_set_aside(void)
{
	struct sim_loss none = { .kind = LOSS_CLASS };
	struct sim_file f;

	if (!sim_find(LOG, &f))
		append_bytes(LOG, "{\"specversion\":\"1.0\",\"id\":\"x", 28);
	append_bytes(LOG, note_text, strlen(note_text));
	client_close(&actor);
	sim_remove(STATE);
	sim_sync_all();
	client_must_put(&actor, "m1");
	sim_power_loss(&none);
	if (!note_is_kept())
		violate("what somebody wrote is nowhere");
	settle_up();
}

static int after_sync;

static struct sim_answer
fail_sync_then_die(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (after_sync > 0)
		die();
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

static struct sim_answer
fail_commit_then_die(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (after_sync > 0)
		die();
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
	plan_at(OP_SYNC_DATA, true, 1);
	plan.answer.error = EIO;
	plan.answer.survive = 1;
	client_put(&actor, "m1");
	expect_met();
	client_must_put(&actor, "m1 m2");
	settle_up();
}

static void
take_up_fails_then_killed(void)
{
	sim_rename(LOG, LOG ".1");
	commit_fails_then_killed();
}

static void
index_survives_log_does_not(void)
{
	static struct sim_loss loss = { .kind = LOSS_CLASS,
		.mask = SIM_SQLITE | SIM_SIZES | SIM_NAMES };

	client_must_put(&actor, "m1");
	plan_at(OP_SYNC_DATA, false, 1);
	plan.answer.error = EIO;
	plan.then = OP_TRUNCATE;
	plan.then_error = EIO;
	client_put(&actor, "m2");
	expect_met();
	sim_power_loss(&loss);
	settle_up();
}

static void
published_then_killed(void)
{
	plan_at(OP_SYNC, false, 2); /* of new/, after the renaming */
	plan.act = die;
	client_put(&actor, "m1");
	expect_met();
}

static void
indexed_then_killed(void)
{
	plan_at(OP_RENAME, false, 1);
	plan.act = die;
	client_put(&actor, "m1");
	expect_met();
}

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
	settle_up();
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
	plan_at(OP_SYNC_DATA, false, 1);
	plan.act = lock_is_removed;
	client_put(&actor, "m1 m3");
	expect_met();
	client_must_put(&actor, "m1 m2 m3");
	settle_up();
}

static void
twins(void)
{
	client_must_put(&actor, "m1 m1 m2 m1 m2");
	settle_up();
}

static void
other_endpoint(void)
{
	client_init(&other, 2);
	strcpy(other.endpoint.name, "second");
	if (client_put(&other, "m1"))
		violate("two endpoints write to one log");
	sent_find("m1")->tried = false;
	client_close(&other);
	sim_remove(HOME "/.hookcask-second");
	settle_up();
}

static void
strangers_file(void)
{
	static const char text[] = "somebody's notes\n";
	struct sim_file f;

	sim_put_file(LOG, text, strlen(text), true);
	if (client_put(&actor, "m1"))
		violate("written to a stranger's file");
	if (!sim_find(LOG, &f) || f.size != (int64_t)strlen(text))
		violate("a stranger's file was changed");
	sim_remove(LOG);
	settle_up();
}

/* What a reader of the tool goes by. */
static int64_t
mark_offset(void)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int64_t offset = -1;

	if (sqlite3_open_v2(STATE "/index.db", &db, SQLITE_OPEN_READWRITE,
	    sim_vfs) == SQLITE_OK && sqlite3_prepare_v2(db,
	    "SELECT offset FROM mark", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		offset = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return offset;
}

static void
look_at_mark(void)
{
	struct sim_file f;

	sim_self = 2;
	if (!sim_find(LOG, &f) || mark_offset() >= f.size ||
	    mark_offset() <= 0)
		violate("the mark does not stand before what is not synced");
	sim_self = 1;
}

static void
reader_stops_at_mark(void)
{
	plan_at(OP_SYNC_DATA, false, 1);
	plan.act = look_at_mark;
	plan.answer.error = EIO;
	client_put(&actor, "m1");
	expect_met();
	settle_up();
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
	plan_at(OP_WRITE, true, 1);
	plan.act = rename_it;
	client_must_put(&actor, "m1");
	expect_met();
	client_must_put(&actor, "m1 m2");
	settle_up();
}

static void
renamed_during_sync(void)
{
	struct sim_file f;
	int64_t before;

	sim_find(LOG, &f);
	before = f.size;
	plan_at(OP_SYNC_DATA, false, 1);
	plan.act = rename_it;
	client_must_put(&actor, "m1");
	expect_met();
	if (!sim_find(LOG ".1", &f) || f.size != before)
		violate("a line stays in a file that was renamed before");
	settle_up();
}

/* Nothing of a batch that could not be written or synced is to be seen. */
static void
leaves_nothing(void)
{
	if (client_put(&actor, "m1 m2"))
		violate("acknowledged, and a call had failed");
	expect_met();
	check_store(true);
	if (sent_find("m1")->seen != 0 || sent_find("m2")->seen != 0)
		violate("the store holds what it has refused");
	client_must_put(&actor, "m1 m2");
	settle_up();
}

static void
write_fails(void)
{
	/* the second file of a spool; of a log, behind some bytes */
	plan_at(OP_WRITE, false, scene->log != NULL ? 1 : 2);
	plan.answer.cut = true;
	plan.answer.limit = 100;
	plan.then = OP_WRITE;
	plan.then_error = ENOSPC;
	leaves_nothing();
}

static void
write_is_short(void)
{
	plan_at(OP_WRITE, false, 1);
	plan.answer.cut = true;
	plan.answer.limit = 100;
	client_must_put(&actor, "m1 m2");
	expect_met();
	settle_up();
}

static void
sync_fails(void)
{
	plan_at(OP_SYNC_DATA, false, scene->log != NULL ? 1 : 2);
	plan.answer.error = EIO;
	leaves_nothing();
}

/* logrotate's "create", when nothing had been written yet. */
static void
empty_log_rotated(void)
{
	plan_at(OP_WRITE, false, 1);
	plan.answer.error = ENOSPC;
	client_put(&actor, "m1");
	expect_met();
	sim_rename(LOG, LOG ".1");
	sim_put_file(LOG, "", 0, false);
	client_must_put(&actor, "m1");
	settle_up();
}

static void
directories_are_removed(void)
{
	sim_remove(HOME "/new");
	sim_remove(HOME "/tmp");
	sent_find("p1")->may_go = true;
	client_put(&actor, "m1");
	client_must_put(&actor, "m1");
	settle_up();
}

const struct scene named_scenes[] = {
	{ .name = "a write that fails leaves nothing in a log", .log = "log",
	    .prepare = one_before, .play = write_fails },
	{ .name = "a write that fails leaves nothing in a spool",
	    .prepare = one_before, .play = write_fails },
	{ .name = "a short write is gone on with", .log = "log",
	    .prepare = one_before, .play = write_is_short },
	{ .name = "a sync that fails leaves nothing in a log", .log = "log",
	    .prepare = one_before, .play = sync_fails },
	{ .name = "a sync that fails leaves nothing in a spool",
	    .prepare = one_before, .play = sync_fails },
	{ .name = "an empty log is rotated, an empty one made in its place",
	    .log = "log", .play = empty_log_rotated },
	{ .name = "spool: tmp/ and new/ are removed under load",
	    .prepare = one_before, .play = directories_are_removed },
	{ .name = "1: a retry while the first one is in its sync",
	    .log = "log", .prepare = one_before, .play = retry_during_sync },
	{ .name = "2: killed before its sync, the retry is acknowledged",
	    .log = "log", .prepare = one_before, .play = dies_before_sync },
	{ .name = "2: the same, renamed, and the index is lost", .log = "log",
	    .prepare = one_before, .play = rotated_before_sync },
	{ .name = "3: a sync fails, another process goes on", .log = "log",
	    .prepare = one_before, .play = sync_fails_others_go_on },
	{ .name = "4: a sync and the cut fail, a new process syncs",
	    .log = "log", .prepare = one_before, .play = sync_and_cut_fail },
	{ .name = "4: the cut of a failed batch is synced before the next",
	    .log = "log", .prepare = one_before, .play = batches_do_not_mix },
	{ .name = "4: the cut of a torn end is synced before the next batch",
	    .log = "log", .prepare = one_before,
	    .play = torn_end_does_not_mix },
	{ .name = "6: the first batch of a log becomes NULs", .log = "log",
	    .is_cgi = true, .play = first_batch_becomes_nuls },
	{ .name = "what another program wrote is set aside, and stays",
	    .log = "log", .prepare = one_before, .play = note_is_set_aside },
	{ .name = "what another program wrote behind a torn line is set aside",
	    .log = "log", .play = note_is_set_aside },
	{ .name = "5: SIGKILL at the return of fdatasync with EIO",
	    .log = "log", .prepare = one_before,
	    .play = killed_at_return_of_failed_sync },
	{ .name = "6: the size survives, the bytes do not", .log = "log",
	    .prepare = one_before, .play = index_survives_log_does_not },
	{ .name = "7: spool: published, consumed, killed",
	    .prepare = one_before, .play = published_then_killed,
	    .watch = consume },
	{ .name = "8: spool: indexed, killed before it is published",
	    .prepare = one_before, .play = indexed_then_killed,
	    .watch = consume },
	{ .name = "9: spool: the sync of a commit fails, then a kill",
	    .prepare = one_before, .play = commit_fails_then_killed },
	{ .name = "9: spool: the sync of a commit fails",
	    .prepare = one_before, .play = commit_fails },
	{ .name = "9: log: the sync of a commit fails, then a kill",
	    .log = "log", .prepare = one_before,
	    .play = take_up_fails_then_killed },
	{ .name = "10: two processes at midnight, a clock that steps back",
	    .log = "log-%Y%m%d", .prepare = one_before,
	    .play = two_at_midnight },
	{ .name = "11: the state directory is removed while it is locked",
	    .log = "log", .prepare = one_before,
	    .play = state_removed_while_held },
	{ .name = "12: twins in a batch of a log", .log = "log",
	    .play = twins },
	{ .name = "12: twins in a batch of a spool", .play = twins },
	{ .name = "12: two endpoints, one log", .log = "log",
	    .prepare = one_before, .play = other_endpoint },
	{ .name = "12: a stranger's file as log", .log = "log",
	    .play = strangers_file },
	{ .name = "13: a reader stops at the mark", .log = "log",
	    .prepare = one_before, .play = reader_stops_at_mark },
	{ .name = "renamed between steps 5 and 6", .log = "log",
	    .prepare = one_before, .play = renamed_before_commit },
	{ .name = "renamed in step 5", .log = "log", .prepare = one_before,
	    .play = renamed_during_sync },
	{ .name = NULL }
};
