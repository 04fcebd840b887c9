/* SPDX-License-Identifier: ISC */
/* What is not ours, or there twice: twins, endpoints, readers. */
#include <config.h>

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "meet.h"

#define LOG HOME "/log"

static struct client other;

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
	meet_settle();
}

static void
twins(void)
{
	client_must_put(&actor, "m1 m1 m2 m1 m2");
	meet_settle();
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
	meet_settle();
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
	meet_settle();
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
	    "SELECT offset FROM state", -1, &stmt, NULL) == SQLITE_OK &&
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
		violate("the mark is past bytes that are not synced");
	sim_self = 1;
}

static void
reader_stops_at_mark(void)
{
	meet_at(OP_SYNC_DATA, false, 1);
	meet_plan.act = look_at_mark;
	meet_plan.answer.error = EIO;
	client_put(&actor, "m1");
	meet_expect();
	meet_settle();
}

const struct scene meet_others_scenes[] = {
	{ .name = "what another program wrote is set aside, and stays",
	    .log = "log", .prepare = meet_prepare, .play = note_is_set_aside },
	{ .name = "what another program wrote after a torn line is set aside",
	    .log = "log", .play = note_is_set_aside },
	{ .name = "12: twins in a batch of a log", .log = "log",
	    .play = twins },
	{ .name = "12: twins in a batch of a spool", .play = twins },
	{ .name = "12: two endpoints, one log", .log = "log",
	    .prepare = meet_prepare, .play = other_endpoint },
	{ .name = "12: a stranger's file as log", .log = "log",
	    .play = strangers_file },
	{ .name = "13: a reader stops at the mark", .log = "log",
	    .prepare = meet_prepare, .play = reader_stops_at_mark },
	{ .name = NULL }
};
