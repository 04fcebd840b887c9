/* SPDX-License-Identifier: ISC */
/*
 * What is written, synced or cut and fails: others go on, or the
 * power fails.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "meet.h"

#define LOG HOME "/log"

static struct client other;

static void
sync_fails_others_go_on(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.answer.error = EIO;
	meet_plan.answer.survive = 1;
	if (client_put(&actor, "m1"))
		violate("m1 was acknowledged, its sync had failed");
	meet_expect();
	client_init(&other, 2);
	client_must_put(&other, "m2");
	meet_settle();
}

static void
sync_and_cut_fail(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.answer.error = EIO;
	meet_plan.answer.survive = 1;
	meet_plan.then = OP_TRUNCATE;
	meet_plan.then_error = EIO;
	if (client_put(&actor, "m1"))
		violate("m1 was acknowledged, its sync had failed");
	meet_expect();
	sim_kill(1);
	meet_settle();
}

/* The power fails here; the blocks that were written survive, no sizes. */
static void
lose_sizes(void)
{
	struct sim_loss blocks = { .kind = LOSS_CLASS, .mask = SIM_STORE };

	sim_power_loss(&blocks);
	check_store(false);
	meet_settle();
	_exit(0);
}

/* The end of a line of the cut batch after the next one's head is no line. */
static void
batches_do_not_mix(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.answer.error = EIO;
	meet_plan.answer.survive = 4;
	if (client_put(&actor, "m1"))
		violate("m1 was acknowledged, its sync had failed");
	meet_expect();
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = lose_sizes;
	client_put(&actor, "m2");
	meet_expect();
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

/* The batch is on the disk, though its sync fails; then its cut is killed. */
static struct sim_answer
die_in_cut(const struct sim_call *call)
{
	static int syncs;
	struct sim_answer a = { .survive = 4 };
	struct client next;

	if (call->op != OP_SYNC_DATA || strcmp(call->name, "log") != 0)
		return a;
	if (++syncs == 1) {
		a.error = EIO;
		return a;
	}
	sim_kill(1);
	client_init(&next, 3);
	sim_hook = lose_sizes_of_batch;
	client_put(&next, "m2");
	violate("the batch was not synced");
}

static void
killed_before_cut_is_synced(void)
{
	sim_hook = die_in_cut;
	client_put(&actor, "m1");
	violate("nobody died");
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
	meet_settle();
	_exit(0);
}

static void
first_batch_becomes_nuls(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = lose_bytes;
	client_put(&actor, "m1");
	meet_expect();
}

static void
index_survives_log_does_not(void)
{
	static struct sim_loss loss = { .kind = LOSS_CLASS,
		.mask = SIM_SQLITE | SIM_SIZES | SIM_NAMES };

	client_must_put(&actor, "m1");
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.answer.error = EIO;
	meet_plan.then = OP_TRUNCATE;
	meet_plan.then_error = EIO;
	client_put(&actor, "m2");
	meet_expect();
	sim_power_loss(&loss);
	meet_settle();
}

/* Nothing is left of a batch that could not be written or synced. */
static void
leaves_nothing(void)
{
	if (client_put(&actor, "m1 m2"))
		violate("acknowledged, and a call had failed");
	meet_expect();
	check_store(true);
	if (sent_find("m1")->seen != 0 || sent_find("m2")->seen != 0)
		violate("the store holds what it has refused");
	client_must_put(&actor, "m1 m2");
	meet_settle();
}

static void
write_fails(void)
{
	/* the second file of a spool; in a log, after some bytes */
	meet_at(OP_WRITE, false, scene->log != NULL ? 1 : 2);
	meet_plan.answer.cut = true;
	meet_plan.answer.limit = 100;
	meet_plan.then = OP_WRITE;
	meet_plan.then_error = ENOSPC;
	leaves_nothing();
}

static void
write_is_short(void)
{
	meet_at(OP_WRITE, false, 1);
	meet_plan.answer.cut = true;
	meet_plan.answer.limit = 100;
	client_must_put(&actor, "m1 m2");
	meet_expect();
	meet_settle();
}

static void
sync_fails(void)
{
	meet_at(OP_SYNC_DATA, false, scene->log != NULL ? 1 : 2);
	meet_plan.answer.error = EIO;
	leaves_nothing();
}

/* A name that is made stays, and cannot be made durable. */
static struct sim_answer
no_names(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (call->op == OP_SYNC ||
	    (call->op == OP_UNLINK && strcmp(call->name, "log") == 0))
		a.error = EIO;
	return a;
}

/* The mark knows an empty file; another one gets its name and number. */
static void
name_cannot_be_synced(void)
{
	sim_hook = refuse_write;
	if (client_put(&actor, "m1"))
		violate("nothing was written");
	sim_hook = NULL;
	client_close(&actor);
	sim_remove(LOG);
	sim_sync_path(HOME);
	sim_hook = no_names;
	for (int i = 0; i < 2; i++)
		if (client_put(&actor, "m1"))
			violate("m1 was acknowledged, its name is not durable");
	sim_hook = NULL;
	client_must_put(&actor, "m1");
	walk_check_durable(0);
	meet_settle();
}

const struct scene meet_fail_scenes[] = {
	{ .name = "3: a sync fails, another process goes on", .log = "log",
	    .prepare = meet_prepare, .play = sync_fails_others_go_on },
	{ .name = "4: a sync and the cut fail, a new process syncs",
	    .log = "log", .prepare = meet_prepare, .play = sync_and_cut_fail },
	{ .name = "4: the cut of a failed batch is synced before the next",
	    .log = "log", .prepare = meet_prepare, .play = batches_do_not_mix },
	{ .name = "4: killed before the cut of a failed batch is synced",
	    .log = "log", .prepare = meet_prepare,
	    .play = killed_before_cut_is_synced },
	{ .name = "4: the cut of a torn end is synced before the next batch",
	    .log = "log", .prepare = meet_prepare,
	    .play = torn_end_does_not_mix },
	{ .name = "6: the first batch of a log becomes NULs", .log = "log",
	    .is_cgi = true, .play = first_batch_becomes_nuls },
	{ .name = "6: the size survives, the bytes do not", .log = "log",
	    .prepare = meet_prepare, .play = index_survives_log_does_not },
	{ .name = "the name of a new log cannot be synced", .log = "log",
	    .play = name_cannot_be_synced },
	{ .name = "a write that fails leaves nothing in a log", .log = "log",
	    .prepare = meet_prepare, .play = write_fails },
	{ .name = "a write that fails leaves nothing in a spool",
	    .prepare = meet_prepare, .play = write_fails },
	{ .name = "a short write is gone on with", .log = "log",
	    .prepare = meet_prepare, .play = write_is_short },
	{ .name = "a sync that fails leaves nothing in a log", .log = "log",
	    .prepare = meet_prepare, .play = sync_fails },
	{ .name = "a sync that fails leaves nothing in a spool",
	    .prepare = meet_prepare, .play = sync_fails },
	{ .name = NULL }
};
