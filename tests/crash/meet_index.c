/* SPDX-License-Identifier: ISC */
/* Commits of the index that fail, and an index that is deleted. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "meet.h"

#define LOG HOME "/log"

static struct client other;

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

static void
put_and_consume(const char *prefix, int number, int count)
{
	char ids[256] = "";
	size_t len;

	for (int i = 0; i < count; i++) {
		len = strlen(ids);
		snprintf(ids + len, sizeof(ids) - len, "%s%02d%c-%022d ",
		    prefix, number, 'a' + i, 0);
	}
	client_must_put(&actor, ids);
	consume();
}

/* One page of ids is all but full, and its files are consumed. */
static void
page_before(void)
{
	for (int i = 0; i < 13; i++)
		put_and_consume("p", i, 3);
}

static int64_t size_before;	/* of the index */
static bool sync_failed;

/* Of the checkpoint that makes the file longer. */
static struct sim_answer
fail_sync_of_file(const struct sim_call *call)
{
	struct sim_answer a = { 0 };
	struct sim_file f;

	if (call->op == OP_SYNC_DATA && strcmp(call->name, "index.db") == 0 &&
	    !sync_failed && sim_find(STATE "/index.db", &f) &&
	    f.size > size_before) {
		sync_failed = true;
		a.error = EIO;
		a.survive = 1;
	}
	return a;
}

/* Pages that had never been on the disk; their WAL is started over. */
static void
checkpoint_fails(void)
{
	struct sim_file f;

	if (!sim_find(STATE "/index.db", &f))
		violate("no index");
	size_before = f.size;
	sim_hook = fail_sync_of_file;
	for (int i = 0; i < 40 && !sync_failed; i++)
		put_and_consume("m", i, 1);
	if (!sync_failed)
		violate("no checkpoint failed, or no page was new");
	put_and_consume("n", 1, 1);
	put_and_consume("n", 2, 1);
	meet_settle();
}

/* A log of processes that come and go, whose WAL was just cut short. */
static void
checkpoint_before(void)
{
	struct sim_file wal;
	char id[16];

	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "p%02d", i);
		client_must_put(&actor, id);
		if (sim_find(STATE "/index.db-wal", &wal) && wal.size == 0)
			return;
	}
	violate("no checkpoint came");
}

static void
put_and_rotate(const char *id)
{
	client_put(&actor, id);
	sim_rename(LOG ".1", LOG ".2");
	sim_rename(LOG, LOG ".1");
}

/* Nothing after the head of a WAL is on the disk if the head is not. */
static void
new_wal_fails(void)
{
	meet_at(OP_SYNC_DATA, true, 1);
	meet_plan.answer.error = EIO;
	put_and_rotate("m1");
	meet_expect();
	put_and_rotate("m2");
	client_must_put(&actor, "m3 m1");
	meet_settle();
}

/* The commit that makes it two pages fails, the first one of a new WAL. */
static struct sim_answer
fail_commit_of_batch(const struct sim_call *call)
{
	static bool written;
	struct sim_answer a = { 0 };

	written = written || (call->op == OP_CREATE && !call->sqlite &&
	    strstr(call->name, ".json") != NULL);
	if (written && call->op == OP_SYNC_DATA && call->sqlite)
		a.error = EIO;
	return a;
}

/*
 * The power fails when the log of an index in doubt was replaced.  Of the names
 * that are not synced then, the second survives and the first does not.
 */
static struct sim_answer
lose_when_replaced(const struct sim_call *call)
{
	static bool renamed;
	struct sim_loss second = { .kind = LOSS_BITS, .bits = 2 };
	struct sim_answer pass = { 0 };

	if (renamed) {
		sim_power_loss(&second);
		meet_settle();
		_exit(0);
	}
	renamed = call->op == OP_RENAME &&
	    strcmp(call->name, INDEX_NEW) == 0;
	return pass;
}

static void
old_wal_comes_back(void)
{
	char ids[256] = "";

	/* so that the WAL is new */
	sim_put_file(STATE "/" LEDGER_DOUBT, "", 0, false);
	for (int i = 0; i < 8; i++)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids),
		    "m%03d-%022d ", i, 0);
	sim_hook = fail_commit_of_batch;
	if (client_put(&actor, ids))
		violate("the commit did not fail");
	sim_hook = lose_when_replaced;
	client_put(&actor, ids);
	violate("the doubt was not settled");
}

/*
 * The power fails when a new index has its name.  Of the names that are not
 * synced then, the last one survives: the new index, and not that the old WAL
 * is gone, of which SQLite would read pages for those of the new file.
 */
static struct sim_answer
lose_when_made(const struct sim_call *call)
{
	static bool renamed;
	struct sim_loss last = { .kind = LOSS_BITS };
	struct sim_answer pass = { 0 };
	struct sim_file wal;

	if (renamed) {
		last.bits = UINT64_C(1) << (sim_unsynced() - 1);
		sim_power_loss(&last);
		if (sim_find(STATE "/index.db-wal", &wal))
			violate("the old WAL is beside the new index");
		meet_settle();
		_exit(0);
	}
	renamed = call->op == OP_RENAME &&
	    strcmp(call->name, INDEX_NEW) == 0;
	return pass;
}

static void
wal_of_deleted_index_comes_back(void)
{
	client_close(&actor);
	sim_remove(STATE "/index.db");
	sim_sync_all();
	sim_hook = lose_when_made;
	client_put(&actor, "m1");
	violate("no index was made");
}

/* A process that has it open notices, and the next one knows what it stores. */
static void
index_is_deleted(void)
{
	sim_remove(STATE "/index.db");
	sim_remove(STATE "/index.db-wal");
	client_must_put(&actor, "m1");
	consume();
	client_init(&other, 2);
	client_must_put(&other, "m1 m2");
	client_close(&other);
	meet_settle();
}

/* The log of the index is replaced by another process, which had a doubt. */
static void
log_is_replaced(void)
{
	client_must_put(&actor, "m1");
	sim_put_file(STATE "/" LEDGER_DOUBT, "", 0, false);
	client_init(&other, 2);
	client_must_put(&other, "m2");
	client_must_put(&actor, "m2 m3");
	client_must_put(&other, "m3 m1");
	client_close(&other);
	meet_settle();
}

/* Rubbish from an offset on: the file's head, or its pages. */
static void
break_index(size_t from)
{
	static unsigned char data[1 << 17];
	struct sim_file f;

	client_close(&actor);
	if (!sim_find(STATE "/index.db", &f) || f.size > (int64_t)sizeof(data))
		violate("no index of that size");
	memcpy(data, f.data, (size_t)f.size);
	memset(data + from, 'x', (size_t)f.size - from);
	sim_put_file(STATE "/index.db", data, (size_t)f.size, true);
	sim_remove(STATE "/index.db-wal");
}

/* The first delivery finds it so, and is stored or a duplicate. */
static void
broken_index_costs_nothing(void)
{
	break_index(0);
	client_must_put(&actor, "p1 m1");
	break_index(4096);
	client_must_put(&actor, "m1 p1 m2");
	meet_settle();
}

static int files_read;

static struct sim_answer
count_reads(const struct sim_call *call)
{
	struct sim_answer pass = { 0 };

	files_read += call->op == OP_READ && !call->sqlite;
	return pass;
}

/* Each look at the clock finds that half a second has gone. */
static void
made_anew_in_steps(void)
{
	int requests = 0;

	client_must_put(&actor, "p2 p3 p4 p5 p6");
	client_close(&actor);
	sim_remove(STATE);
	sim_sync_all();
	sim_step_ms = 500;
	sim_hook = count_reads;
	do {
		files_read = 0;
		if (++requests > 6)
			violate("no end of it: %s", last_note);
		if (client_put(&actor, "p1 m1"))
			break;
		if (files_read == 0 || files_read > 2)
			violate("%d files read by a request", files_read);
	} while (true);
	if (requests < 3)
		violate("all of it by one request");
	sim_step_ms = 0;
	meet_settle();
}

const struct scene meet_index_scenes[] = {
	{ .name = "9: spool: the sync of a commit fails, then a kill",
	    .prepare = meet_prepare, .play = commit_fails_then_killed },
	{ .name = "9: spool: the sync of a commit fails",
	    .prepare = meet_prepare, .play = commit_fails },
	{ .name = "9: log: the sync of a commit fails, then a kill",
	    .log = "log", .prepare = meet_prepare,
	    .play = take_up_fails_then_killed },
	{ .name = "a checkpoint fails, pages of the index were new",
	    .is_cgi = true, .prepare = page_before,
	    .play = checkpoint_fails, .watch = consume },
	{ .name = "the head of a WAL that begins is not synced", .log = "log",
	    .is_cgi = true, .prepare = checkpoint_before,
	    .play = new_wal_fails },
	{ .name = "the index of a spool is rebuilt, the disk slow",
	    .prepare = meet_prepare, .play = made_anew_in_steps },
	{ .name = "a broken index of a log costs no delivery", .log = "log",
	    .prepare = meet_prepare, .play = broken_index_costs_nothing },
	{ .name = "a broken index of a spool costs no delivery",
	    .prepare = meet_prepare, .play = broken_index_costs_nothing },
	{ .name = "the old WAL of an index in doubt comes back",
	    .prepare = page_before, .play = old_wal_comes_back,
	    .watch = consume },
	{ .name = "the WAL of a deleted index comes back",
	    .prepare = meet_prepare,
	    .play = wal_of_deleted_index_comes_back },
	{ .name = "the index is deleted under a process, another one comes",
	    .prepare = meet_prepare, .play = index_is_deleted,
	    .watch = consume },
	{ .name = "the log of an index is replaced under a process",
	    .prepare = meet_prepare, .play = log_is_replaced,
	    .watch = consume },
	{ .name = NULL }
};
