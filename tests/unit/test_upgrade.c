/* SPDX-License-Identifier: ISC */
/*
 * Two versions on one store: another one changes the index before this one
 * opens it, or while it is open.  Nothing is written then, nothing is lost,
 * and nothing is stored twice when the other one goes on.  What an older one
 * has left is changed to this one's format.
 */
#include <config.h>

#include <sys/stat.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "index_format_1.h"
#include "scratch.h"
#include "store/log.h"
#include "store/store.h"
#include "unit.h"

static const char newer[] = "BEGIN IMMEDIATE;"
    "UPDATE state SET format = 3; PRAGMA user_version = 3; COMMIT";
/* as if the new version had been taken back */
static const char back[] = "BEGIN IMMEDIATE;"
    "UPDATE state SET format = 2; PRAGMA user_version = 2; COMMIT";
/* of which this one cannot even read the state */
static const char other_tables[] = "BEGIN IMMEDIATE;"
    "ALTER TABLE state RENAME TO later; PRAGMA user_version = 3; COMMIT";
static const char tables_back[] = "BEGIN IMMEDIATE;"
    "ALTER TABLE later RENAME TO state; PRAGMA user_version = 2; COMMIT";

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

	scratch_event(&event, id, body, 1700000000);
	ck_assert(record_init(&record, &event, &err));
	outcome = store_put(scene->store, &record, &err);
	record_wipe(&record);
	snprintf(scene->said, sizeof(scene->said), "%s", err.text);
	return outcome;
}

/* Records in the store, published or not. */
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
overtaken(bool is_spool, const char *there, const char *and_back)
{
	struct scene scene;

	scene_begin(&scene, is_spool);
	ck_assert_int_eq(put(&scene, "m1"), OUTCOME_STORED);
	change(&scene, there);
	assert_refused(&scene, "m2", "newer hookcask");
	/* nor is it said of a known one what nobody can know */
	assert_refused(&scene, "m1", "newer hookcask");
	change(&scene, and_back);
	ck_assert_int_eq(put(&scene, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(&scene, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(count(&scene), 2);
	store_close(scene.store);
}

/* Before it is opened: refused, and left as it is. */
static void
found(const char *sql, const char *why, const char *and_back)
{
	struct scene scene;

	scene_begin(&scene, false);
	ck_assert_int_eq(put(&scene, "m1"), OUTCOME_STORED);
	store_close(scene.store);
	change(&scene, sql);
	scene_open(&scene);
	assert_refused(&scene, "m2", why);
	store_close(scene.store);
	change(&scene, and_back);
	scene_open(&scene);
	/* not set aside, not rebuilt: it still knows the id */
	ck_assert_int_eq(put(&scene, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(count(&scene), 1);
	store_close(scene.store);
}

/* A value of the index, as one integer. */
static int
ask(const struct scene *scene, const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int value;

	ck_assert_int_eq(sqlite3_open(scene->index, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) ==
	    SQLITE_OK, "%s", sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

/* An older program has stored some, or has just made the index. */
static void
migrated(bool is_spool, int events)
{
	struct index *index;
	struct err err = ERR_INIT;
	struct scene scene;
	char id[16], dir[512];

	scene_begin(&scene, is_spool);
	ck_assert_int_eq(put(&scene, "m0"), OUTCOME_STORED);
	for (int i = 1; i < events; i++) {
		snprintf(id, sizeof(id), "m%d", i);
		ck_assert_int_eq(put(&scene, id), OUTCOME_STORED);
	}
	store_close(scene.store);
	if (events == 0)
		change(&scene, "DELETE FROM event;"
		    "UPDATE state SET file = NULL");
	change(&scene, index_format_1);
	/* who only looks changes nothing, and says what to do */
	snprintf(dir, sizeof(dir), "%s", scene.index);
	*strrchr(dir, '/') = '\0';
	ck_assert_int_eq(index_open_read(&index, dir, &err), INDEX_OLDER);
	ck_assert(strstr(err.text, "hookcask index") != NULL);
	ck_assert_int_eq(ask(&scene, "PRAGMA user_version"), 1);

	scene_open(&scene);
	for (int i = 0; i < events; i++) {
		snprintf(id, sizeof(id), "m%d", i);
		ck_assert_int_eq(put(&scene, id), OUTCOME_DUPLICATE);
	}
	ck_assert_int_eq(put(&scene, "new"), OUTCOME_STORED);
	store_close(scene.store);
	ck_assert_int_eq(ask(&scene, "PRAGMA user_version"), INDEX_FORMAT);
	ck_assert_int_eq(ask(&scene, "SELECT count(*) FROM sqlite_master "
	    "WHERE name IN ('event_time', 'mark', 'store')"), 0);
	ck_assert_int_eq(ask(&scene, "SELECT count(*) FROM event"),
	    is_spool || events > 0 ? events + 1 : 2);
}

START_TEST(test_log_overtaken)
{
	overtaken(false, newer, back);
}
END_TEST

START_TEST(test_spool_overtaken)
{
	overtaken(true, newer, back);
}
END_TEST

START_TEST(test_other_tables)
{
	overtaken(false, other_tables, tables_back);
	found(other_tables, "newer hookcask", tables_back);
}
END_TEST

START_TEST(test_newer)
{
	found(newer, "newer hookcask", back);
}
END_TEST

START_TEST(test_no_format)
{
	found("UPDATE state SET format = 0; PRAGMA user_version = 0",
	    "of no hookcask", back);
}
END_TEST

START_TEST(test_log_migrated)
{
	migrated(false, 3);
}
END_TEST

START_TEST(test_spool_migrated)
{
	migrated(true, 3);
}
END_TEST

/* Without a mark the log is read again. */
START_TEST(test_empty_migrated)
{
	migrated(false, 0);
}
END_TEST

UNIT_MAIN("upgrade", test_log_overtaken, test_spool_overtaken,
    test_other_tables, test_newer, test_no_format, test_log_migrated,
    test_spool_migrated, test_empty_migrated)
