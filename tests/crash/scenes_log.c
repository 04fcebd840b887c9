/* SPDX-License-Identifier: ISC */
/* What is played with a log. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit/index_format_1.h"
#include "sweep.h"

#define LOG HOME "/log"
#define DAY (INT64_C(86400) * 1000000)

static struct client other;	/* another process */

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
	client_must_put(&actor, "p1");
}

/* -- rotation ------------------------------------------------------------ */

static void
rotate(void)
{
	client_put(&actor, "m1");
	sim_rename(LOG, LOG ".1");
	client_put(&actor, "m2 m1");
	sim_rename(LOG ".1", LOG ".2");
	sim_rename(LOG, LOG ".1");
	client_put(&actor, "m3 m2");
}

static void
change_day(void)
{
	client_put(&actor, "m1");
	sim_clock_us += DAY;
	client_put(&actor, "m2 m1");
	sim_clock_us -= 2 * DAY; /* the name does not go back with it */
	client_put(&actor, "m3 m2");
}

/* Renamed, read by a compressor, removed. */
static void
archive(const char *path)
{
	const char *p, *end, *lf;
	struct record_view view;
	struct sim_file f;

	if (!sim_find(path, &f))
		return;
	p = (const char *)f.data;
	for (end = p + f.size; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			break;
		if (record_parse(&view, p, (size_t)(lf - p)))
			sent_find(view.id)->archived = true;
	}
	sim_remove(path);
	sim_sync_path(HOME);
}

static void
rename_it(void)
{
	sim_rename(LOG, LOG ".1");
}

static void
rename_and_compress(void)
{
	sim_rename(LOG, LOG ".1");
	archive(LOG ".1");
}

static void
old_one_gone(void)
{
	client_put(&actor, "m1");
	rename_and_compress();
	client_put(&actor, "m2 m1");
}

/* -- what is found past the mark ----------------------------------------- */

static void
torn_before(void)
{
	one_before();
	append_bytes(LOG, "{\"specversion\":\"1.0\",\"id\":\"m1\",\"so", 34);
}

static void
lines_before(void)
{
	one_before();
	append_lines(LOG, "w1 w2");
	/* a power loss took the later commits of the index */
	sent_find("w1")->acked = sent_find("w2")->acked = true;
}

static void
lines_and_gaps_before(void)
{
	static const char nothing[700];

	one_before();
	append_bytes(LOG, nothing, sizeof(nothing));
	append_bytes(LOG, "\n", 1);
	append_lines(LOG, "w1");
	append_bytes(LOG, nothing, 100);
	append_lines(LOG, "w2"); /* after NULs on its line: lost */
	append_lines(LOG, "w3");
	append_bytes(LOG, "torn", 4);
}

static void
put_them_again(void)
{
	client_put(&actor, "m1 w1");
	client_put(&actor, "w2 m2");
}

/* The same, renamed before anybody has looked. */
static void
lines_before_rotation(void)
{
	lines_before();
	sim_rename(LOG, LOG ".1");
}

static struct sim_answer (*usual_hook)(const struct sim_call *);

/* A process that settled as far as the tail. */
static void
leave_tail(void)
{
	usual_hook = sim_hook;
	sim_hook = refuse_cut;
	if (client_put(&actor, "m1"))
		violate("the cut was not needed");
	sim_hook = usual_hook;
	client_close(&actor);
}

static void
tail_before(void)
{
	lines_before();
	leave_tail();
}

static void
tail_without_its_file(void)
{
	tail_before();
	sim_remove(LOG);
	sent_find("p1")->may_go = true;
	sim_sync_path(HOME);
}

static void
tail_and_rotation(void)
{
	tail_before();
	sim_rename(LOG, LOG ".1");
}

/* -- an index that is lost ------------------------------------------------ */

static void
two_files_before(void)
{
	client_must_put(&actor, "p1 p2");
	sim_rename(LOG, LOG "-1");
	client_must_put(&actor, "p3");
	client_close(&actor);
	sim_sync_all();
}

static void
index_gone_before(void)
{
	two_files_before();
	sim_remove(STATE "/index.db");
	sim_remove(STATE "/index.db-wal");
}

static void
index_older_before(void)
{
	two_files_before();
	change_index(index_format_1, true);
}

static void
state_gone_before(void)
{
	two_files_before();
	sim_remove(STATE);
}

static void
index_broken_before(void)
{
	static char rubbish[8192];

	two_files_before();
	memset(rubbish, 'x', sizeof(rubbish));
	sim_put_file(STATE "/index.db", rubbish, sizeof(rubbish), true);
}

static void
index_gone_and_torn_before(void)
{
	two_files_before();
	append_lines(LOG, "w1");
	append_bytes(LOG, "torn", 4);
	sim_remove(STATE "/index.db");
	sim_remove(STATE "/index.db-wal");
}

static void
put_old_ones(void)
{
	client_put(&actor, "p1 m1");
	client_put(&actor, "p2 p3 m2");
}

static void
cut_before(void)
{
	client_must_put(&actor, "p1 p2");
	sim_cut_file(LOG, 0);
	sent_find("p1")->may_go = sent_find("p2")->may_go = true;
}

/* -- numbers that are used again ------------------------------------------ */

/*
 * The log is removed, and another endpoint's gets its inode's number at
 * once, as ext4 does it.  check.c looks that nobody touches it.
 */
static void
number_is_taken(void)
{
	struct sim_file old, new;

	if (!sim_find(LOG, &old))
		violate("there is no log");
	client_close(&actor);
	sim_remove(LOG);
	sim_put_file(HOME "/other", OTHER_TEXT, strlen(OTHER_TEXT), true);
	sim_sync_all();
	if (!sim_find(HOME "/other", &new) || new.number != old.number)
		violate("the number was not used again");
}

static void
number_taken_before(void)
{
	one_before();
	number_is_taken();
	sent_find("p1")->may_go = true;
}

/* The mark has no line to know its file by. */
static void
empty_before(void)
{
	usual_hook = sim_hook;
	sim_hook = refuse_write;
	if (client_put(&actor, "m1"))
		violate("nothing was written");
	sim_hook = usual_hook;
	client_close(&actor);
}

static void
empty_number_taken_before(void)
{
	empty_before();
	number_is_taken();
}

/* The next one is made under the same number. */
static void
empty_removed_before(void)
{
	empty_before();
	sim_remove(LOG);
	sim_sync_path(HOME);
}

/* The same of one that was empty up to its mark. */
static void
empty_tail_removed_before(void)
{
	empty_before();
	append_lines(LOG, "w1 w2");
	sent_find("w1")->acked = sent_find("w2")->acked = true;
	leave_tail();
	sim_remove(LOG);
	sim_sync_path(HOME);
}

static void
tail_number_taken_before(void)
{
	tail_before();
	number_is_taken();
	sent_find("p1")->may_go = true;
}

/* -- the clock of one request --------------------------------------------- */

/* Each look at the clock finds that half a second has gone. */
static void
slow_before(void)
{
	index_gone_and_torn_before();
	sim_step_ms = 500;
}

static void
slow_orphans_before(void)
{
	tail_without_its_file();
	sim_step_ms = 500;
}

/* -- checkpoints --------------------------------------------------------- */

static void
many_before(void)
{
	char id[16];

	for (int i = 0; i < 18; i++) {
		snprintf(id, sizeof(id), "p%02d", i);
		client_must_put(&actor, id);
	}
}

static void
put_past_checkpoint(void)
{
	char id[16];

	for (int i = 0; i < 6; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		client_put(&actor, id);
	}
}

/* -- others -------------------------------------------------------------- */

static void
other_puts(void)
{
	client_init(&other, 2);
	client_put(&other, "m2 b1");
	client_put(&other, "b1 p1");
}

static void
other_puts_after_rename(void)
{
	rename_it();
	other_puts();
}

static void
other_puts_tomorrow(void)
{
	sim_clock_us += DAY;
	other_puts();
	sim_clock_us -= DAY;
}

static void
state_is_removed(void)
{
	sim_remove(STATE);
	other_puts();
}

static void
index_is_removed(void)
{
	sim_remove(STATE "/index.db");
	sim_remove(STATE "/index.db-wal");
}

/* One id with several bodies, alone and in a batch. */
static void
put_other_bodies(void)
{
	client_put(&actor, "p1! m1");
	client_put(&actor, "p1!! m2 m2! p1 m2");
	client_put(&actor, "p1! m2!");
}

const struct scene log_scenes[] = {
	{ .name = "log: the first put ever", .log = "log", .play = put_some },
	{ .name = "log: puts, duplicates and twins", .log = "log",
	    .prepare = one_before, .play = put_some },
	{ .name = "log: a process for each put", .log = "log",
	    .is_cgi = true, .prepare = one_before, .play = put_some },
	{ .name = "log: rotation by rename", .log = "log",
	    .prepare = one_before, .play = rotate },
	{ .name = "log: a dated name, a clock that steps back",
	    .log = "log-%Y%m%d", .prepare = one_before, .play = change_day },
	{ .name = "log: the old file is renamed and compressed",
	    .log = "log", .prepare = one_before, .play = old_one_gone },
	{ .name = "log: a torn tail", .log = "log", .prepare = torn_before,
	    .play = put_some },
	{ .name = "log: whole lines past the mark", .log = "log",
	    .prepare = lines_before, .play = put_them_again },
	{ .name = "log: lines and gaps past the mark", .log = "log",
	    .prepare = lines_and_gaps_before, .play = put_them_again },
	{ .name = "log: lines past the mark, renamed", .log = "log",
	    .prepare = lines_before_rotation, .play = put_them_again },
	{ .name = "log: a tail waits", .log = "log", .prepare = tail_before,
	    .play = put_them_again },
	{ .name = "log: a tail waits, its file is renamed", .log = "log",
	    .prepare = tail_and_rotation, .play = put_them_again },
	{ .name = "log: a tail waits, its file has gone", .log = "log",
	    .prepare = tail_without_its_file, .play = put_them_again },
	{ .name = "log: the index is deleted", .log = "log",
	    .prepare = index_gone_before, .play = put_old_ones },
	{ .name = "log: the index is deleted, the log torn", .log = "log",
	    .prepare = index_gone_and_torn_before, .play = put_old_ones },
	{ .name = "log: the index is broken", .log = "log",
	    .prepare = index_broken_before, .play = put_old_ones },
	{ .name = "log: the index of an older version", .log = "log",
	    .prepare = index_older_before, .play = put_old_ones },
	{ .name = "log: the same, a process for each put", .log = "log",
	    .is_cgi = true, .prepare = index_older_before,
	    .play = put_old_ones },
	{ .name = "log: the state directory is deleted", .log = "log",
	    .prepare = state_gone_before, .play = put_old_ones },
	{ .name = "log: cut by somebody", .log = "log",
	    .prepare = cut_before, .play = put_old_ones },
	{ .name = "log: another log gets its inode's number", .log = "log",
	    .prepare = number_taken_before, .play = put_them_again },
	{ .name = "log: the same, still empty", .log = "log",
	    .prepare = empty_number_taken_before, .play = put_them_again },
	{ .name = "log: the same, a tail waits", .log = "log",
	    .prepare = tail_number_taken_before, .play = put_them_again },
	{ .name = "log: removed, still empty", .log = "log",
	    .prepare = empty_removed_before, .play = put_some },
	{ .name = "log: removed, a tail waits", .log = "log",
	    .prepare = empty_tail_removed_before, .play = put_them_again },
	{ .name = "log: the index is deleted, the disk slow", .log = "log",
	    .prepare = slow_before, .play = put_old_ones },
	{ .name = "log: a tail waits, its file has gone, the disk slow",
	    .log = "log", .prepare = slow_orphans_before,
	    .play = put_them_again },
	{ .name = "log: a checkpoint", .log = "log", .is_cgi = true,
	    .prepare = many_before, .play = put_past_checkpoint },
	{ .name = "log: another process puts", .log = "log",
	    .prepare = one_before, .play = put_some, .intrude = other_puts,
	    .only = INTRUDER },
	{ .name = "log: renamed at each call", .log = "log",
	    .prepare = one_before, .play = put_some, .intrude = rename_it,
	    .only = INTRUDER },
	{ .name = "log: renamed at each call, another process puts",
	    .log = "log", .prepare = one_before, .play = put_some,
	    .intrude = other_puts_after_rename, .only = INTRUDER },
	{ .name = "log: renamed and compressed at each call", .log = "log",
	    .prepare = one_before, .play = put_some,
	    .intrude = rename_and_compress, .only = INTRUDER },
	{ .name = "log: another process is a day ahead",
	    .log = "log-%Y%m%d", .prepare = one_before, .play = put_some,
	    .intrude = other_puts_tomorrow, .only = INTRUDER },
	{ .name = "log: the state directory is removed at each call",
	    .log = "log", .prepare = one_before, .play = put_some,
	    .intrude = state_is_removed, .only = INTRUDER },
	{ .name = "log: the index is removed at each call", .log = "log",
	    .prepare = one_before, .play = put_some,
	    .intrude = index_is_removed, .only = INTRUDER },
	{ .name = "log: other bodies", .log = "log",
	    .prepare = one_before, .play = put_other_bodies },
	{ .name = "log: other bodies, a process for each put", .log = "log",
	    .is_cgi = true, .prepare = one_before,
	    .play = put_other_bodies },
	{ .name = "log: other bodies, another process puts", .log = "log",
	    .prepare = one_before, .play = put_other_bodies,
	    .intrude = other_puts, .only = INTRUDER },
	{ .name = NULL }
};
