/* SPDX-License-Identifier: ISC */
/* What is played with a spool. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit/index_format_1.h"
#include "sweep.h"

static void
put_some(void)
{
	client_put(&actor, "m1");
	client_put(&actor, "m2 m3 m2");
	client_put(&actor, "m3 m4 m1");
}

static void
one_before(void)
{
	if (!client_put(&actor, "p1"))
		violate("%s", last_note);
}

/* -- what is found in tmp/ ----------------------------------------------- */

static struct sim_answer (*usual_hook)(const struct sim_call *);
static enum sim_op refused;

static struct sim_answer
refuse(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (call->op == refused && !call->sqlite)
		a.error = EIO;
	return a;
}

static void
leave(enum sim_op op, const char *ids)
{
	refused = op;
	usual_hook = sim_hook;
	sim_hook = refuse;
	if (client_put(&actor, ids))
		violate("%s: nothing failed", ids);
	sim_hook = usual_hook;
}

/* Indexed, and its file waits in tmp/. */
static void
indexed_before(void)
{
	one_before();
	leave(OP_RENAME, "w1 w2");
	client_close(&actor);
}

/* Written, and not indexed. */
static void
written_before(void)
{
	one_before();
	leave(OP_SYNC, "w1 w2");
	client_close(&actor);
}

static void
torn_before(void)
{
	one_before();
	sim_put_file(HOME "/tmp/0000000000000001-w1.json", "{\"spec", 6, true);
	sim_put_file(HOME "/tmp/0000000000000002-w2.json", "", 0, true);
}

static void
put_them_again(void)
{
	client_put(&actor, "m1 w1");
	client_put(&actor, "w2 m2");
}

/* -- an index that is lost ------------------------------------------------ */

static void
index_gone_before(void)
{
	client_must_put(&actor, "p1 p2");
	client_close(&actor);
	sim_remove(STATE);
	sim_sync_all();
}

/* A consumer's own directory takes what new/ holds. */
static void
move_to(const char *stage)
{
	struct sim_file files[SENT_MAX];
	char from[512], to[512];
	int count = sim_list(HOME "/new", files, SENT_MAX);

	snprintf(to, sizeof(to), HOME "/%s", stage);
	sim_mkdir(to);
	for (int i = 0; i < count; i++) {
		strcat(strcpy(from, HOME "/new/"), files[i].name);
		strcat(strcat(strcat(strcpy(to, HOME "/"), stage), "/"),
		    files[i].name);
		sim_rename(from, to);
	}
}

static void
moved_before(void)
{
	static const char *const stages[] = { "cur", "done", "failed" };
	static const char *const ids[] = { "p1", "p2", "p3" };

	for (int i = 0; i < 3; i++) {
		client_must_put(&actor, ids[i]);
		move_to(stages[i]);
		sent_find(ids[i])->consumed++;
	}
	client_close(&actor);
	sim_remove(STATE);
	sim_sync_all();
}

static void
put_moved_ones(void)
{
	client_put(&actor, "p1 p3");
	client_put(&actor, "p2 m1");
}

static void
slow_before(void)
{
	index_gone_before();
	sim_step_ms = 500;
}

static void
index_older_before(void)
{
	client_must_put(&actor, "p1 p2");
	client_close(&actor);
	change_index(index_format_1, true);
}

/* Somebody has opened it with a program of his own. */
static void
index_changed_before(void)
{
	one_before();
	client_close(&actor);
	/* the mode is known when something was read */
	change_index("SELECT 1 FROM sqlite_schema;"
	    "PRAGMA journal_mode = DELETE", false);
}

static void
put_old_ones(void)
{
	client_put(&actor, "p1");
	client_put(&actor, "p2 m1");
}

/* -- checkpoints --------------------------------------------------------- */

static void
many_before(void)
{
	char id[16];

	for (int i = 0; i < 16; i++) {
		snprintf(id, sizeof(id), "p%02d", i);
		client_must_put(&actor, id);
	}
}

static void
put_past_checkpoint(void)
{
	char id[16];

	for (int i = 0; i < 8; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		client_put(&actor, id);
	}
}

/* -- others -------------------------------------------------------------- */

static struct client other;

static void
other_puts(void)
{
	client_init(&other, 2);
	client_put(&other, "m2 b1");
	client_put(&other, "b1 p1");
}

static void
other_puts_tomorrow(void)
{
	sim_clock_us += INT64_C(86400) * 1000000;
	other_puts();
	sim_clock_us -= INT64_C(86400) * 1000000;
}

static void
state_is_removed(void)
{
	sim_remove(STATE);
	other_puts();
}

/* One id with several bodies, alone and in a batch. */
static void
put_other_bodies(void)
{
	client_put(&actor, "p1! m1");
	client_put(&actor, "p1!! m2 m2! p1 m2");
	client_put(&actor, "p1! m2!");
}

const struct scene spool_scenes[] = {
	{ .name = "spool: the first put ever", .play = put_some },
	{ .name = "spool: the first put ever, consumed at once",
	    .play = put_some, .watch = consume },
	{ .name = "spool: puts, duplicates and twins",
	    .prepare = one_before, .play = put_some },
	{ .name = "spool: a process for each put", .is_cgi = true,
	    .prepare = one_before, .play = put_some },
	{ .name = "spool: a consumer that deletes at once",
	    .prepare = one_before, .play = put_some, .watch = consume },
	{ .name = "spool: indexed, waiting in tmp/",
	    .prepare = indexed_before, .play = put_them_again },
	{ .name = "spool: the same, a consumer that deletes at once",
	    .prepare = indexed_before, .play = put_them_again,
	    .watch = consume },
	{ .name = "spool: not indexed, waiting in tmp/",
	    .prepare = written_before, .play = put_them_again },
	{ .name = "spool: torn files in tmp/", .prepare = torn_before,
	    .play = put_them_again },
	{ .name = "spool: the index is deleted",
	    .prepare = index_gone_before, .play = put_old_ones },
	{ .name = "spool: the index is deleted, a consumer has moved files",
	    .prepare = moved_before, .play = put_moved_ones },
	{ .name = "spool: the index is deleted, the disk slow",
	    .prepare = slow_before, .play = put_old_ones },
	{ .name = "spool: the index of an older version",
	    .prepare = index_older_before, .play = put_old_ones },
	{ .name = "spool: the index has another journal, consumed at once",
	    .prepare = index_changed_before, .play = put_some,
	    .watch = consume },
	{ .name = "spool: a checkpoint", .is_cgi = true,
	    .prepare = many_before, .play = put_past_checkpoint },
	{ .name = "spool: another process puts", .prepare = one_before,
	    .play = put_some, .intrude = other_puts, .only = INTRUDER },
	{ .name = "spool: another process is a day ahead",
	    .prepare = one_before, .play = put_some,
	    .intrude = other_puts_tomorrow, .watch = consume,
	    .only = INTRUDER },
	{ .name = "spool: the state directory is removed at each call",
	    .prepare = one_before, .play = put_some,
	    .intrude = state_is_removed, .only = INTRUDER },
	{ .name = "spool: other bodies",
	    .prepare = one_before, .play = put_other_bodies },
	{ .name = "spool: other bodies, a process for each put",
	    .is_cgi = true, .prepare = one_before,
	    .play = put_other_bodies },
	{ .name = "spool: other bodies, another process puts",
	    .prepare = one_before, .play = put_other_bodies,
	    .intrude = other_puts, .only = INTRUDER },
	{ .name = NULL }
};
