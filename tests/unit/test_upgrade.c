/* SPDX-License-Identifier: ISC */
/*
 * Two versions on one store: another one changes the index before this one
 * opens it, or while it is open.  Nothing is written then, nothing is lost,
 * and nothing is stored twice when the other one goes on.
 */
#include <config.h>

#include <sys/stat.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/store.h"
#include "scratch.h"
#include "unit.h"

static const char newer[] = "BEGIN IMMEDIATE;"
    "ALTER TABLE event ADD COLUMN later INTEGER;"
    "PRAGMA user_version = 2; COMMIT";
/* as if the new version had been taken back */
static const char back[] = "BEGIN IMMEDIATE; ALTER TABLE event RENAME TO was;"
    "CREATE TABLE event(id TEXT NOT NULL PRIMARY KEY, time INTEGER NOT NULL,"
    " body INTEGER NOT NULL, file INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " name TEXT) WITHOUT ROWID;"
    "INSERT INTO event SELECT id, time, body, file, offset, name FROM was;"
    "DROP TABLE was; PRAGMA user_version = 1; COMMIT";

struct scene {
	struct endpoint	 endpoint;
	struct store	*store;
	char		 store_path[512];	/* log or spool */
	char		 index[512];
	char		 said[1024];
};

static void
scene_open(struct scene *scene)
{
	struct store_options o = { .lock_timeout = 5 };
	struct err err = ERR_INIT;

	ck_assert_msg(store_open(&scene->store, &scene->endpoint, &o, &err),
	    "%s", err.text);
}

static void
scene_begin(struct scene *scene, bool is_spool)
{
	const char *dir = scratch_dir();

	memset(scene, 0, sizeof(*scene));
	scene->endpoint = (struct endpoint){ .name = "test", .mode = 0600,
	    .tolerance = 300, .dedup_window = 7 * 86400 };
	snprintf(scene->store_path, sizeof(scene->store_path), "%s/%s", dir,
	    is_spool ? "spool" : "log");
	snprintf(scene->index, sizeof(scene->index), "%s/%s.hookcask-test/%s",
	    dir, is_spool ? "spool/" : "", INDEX_FILE);
	if (is_spool) {
		ck_assert_int_eq(mkdir(scene->store_path, 0700), 0);
		scene->endpoint.spool = scene->store_path;
	} else {
		scene->endpoint.log = scene->store_path;
	}
	scene_open(scene);
}

/* The other program at work: one transaction. */
static void
change(const struct scene *scene, const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scene->index, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
	    "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static enum outcome
put(struct scene *scene, const char *id)
{
	struct err err = ERR_INIT;
	struct event event;
	struct record record;
	enum outcome outcome;
	char body[] = "{\"type\":\"a.b\"}";
	bool other;

	scratch_event(&event, id, body, 1700000000);
	ck_assert(record_init(&record, &event, &err));
	outcome = store_put(scene->store, &record, &other, &err);
	record_wipe(&record);
	snprintf(scene->said, sizeof(scene->said), "%s", err.text);
	return outcome;
}

/* Records that stand in the store, published or not. */
static int
count(const struct scene *scene)
{
	static char text[1 << 16];
	size_t len;
	int n = 0;

	if (scene->endpoint.spool != NULL)
		return scratch_count(scene->store_path, "new") +
		    scratch_count(scene->store_path, "tmp");
	len = scratch_read(scene->store_path, text, sizeof(text));
	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static void
assert_refused(struct scene *scene, const char *id, const char *why)
{
	int before = count(scene);

	ck_assert_int_eq(put(scene, id), OUTCOME_STORE_ERROR);
	ck_assert_msg(strstr(scene->said, why) != NULL, "%s", scene->said);
	ck_assert_int_eq(count(scene), before);
}

/* While it is open: the batch that begins next sees it. */
static void
overtaken(bool is_spool)
{
	struct scene scene;

	scene_begin(&scene, is_spool);
	ck_assert_int_eq(put(&scene, "m1"), OUTCOME_STORED);
	change(&scene, newer);
	assert_refused(&scene, "m2", "newer hookcask");
	/* nor is it said of a known one what nobody can know */
	assert_refused(&scene, "m1", "newer hookcask");
	change(&scene, back);
	ck_assert_int_eq(put(&scene, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(&scene, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(count(&scene), 2);
	store_close(scene.store);
}

/* Before it is opened: refused, and left as it is. */
static void
found(const char *sql, const char *why)
{
	struct scene scene;

	scene_begin(&scene, false);
	ck_assert_int_eq(put(&scene, "m1"), OUTCOME_STORED);
	store_close(scene.store);
	change(&scene, sql);
	scene_open(&scene);
	assert_refused(&scene, "m2", why);
	store_close(scene.store);
	change(&scene, "PRAGMA user_version = 1");
	scene_open(&scene);
	/* not set aside, not made anew: it still knows the id */
	ck_assert_int_eq(put(&scene, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(count(&scene), 1);
	store_close(scene.store);
}

START_TEST(test_log_overtaken)
{
	overtaken(false);
}
END_TEST

START_TEST(test_spool_overtaken)
{
	overtaken(true);
}
END_TEST

START_TEST(test_newer)
{
	found("PRAGMA user_version = 2", "newer hookcask");
}
END_TEST

START_TEST(test_no_format)
{
	found("PRAGMA user_version = 0", "of no hookcask");
}
END_TEST

UNIT_MAIN("upgrade", test_log_overtaken, test_spool_overtaken, test_newer,
    test_no_format)
