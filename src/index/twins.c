/* SPDX-License-Identifier: ISC */
/*
 * Finds ids that occur more than once: SQLite sorts them in a temporary
 * database, which it keeps in memory until it grows, and then in an unlinked
 * file in TMPDIR.
 */
#include <config.h>

#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>

#include "hookcask.h"
#include "index/twins.h"

struct twins {
	sqlite3		*db;
	sqlite3_stmt	*add;
};

static bool
fail(const struct twins *t, struct err *err)
{
	return err_set(err, OUTCOME_IO_ERROR, "a temporary file for ids: %s; "
	    "TMPDIR names another directory", sqlite3_errmsg(t->db));
}

bool
twins_open(struct twins **out, struct err *err)
{
	static const char set_up[] = "PRAGMA temp_store = FILE;"
	    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
	    "CREATE TABLE id(id TEXT, time INTEGER); BEGIN";
	struct twins *t = calloc(1, sizeof(*t));

	*out = t;
	if (t == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory for ids");
	return (sqlite3_open("", &t->db) == SQLITE_OK &&
	    sqlite3_exec(t->db, set_up, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(t->db, "INSERT INTO id VALUES(?1, ?2)", -1,
	    &t->add, NULL) == SQLITE_OK) || fail(t, err);
}

void
twins_close(struct twins *t)
{
	if (t == NULL)
		return;
	sqlite3_finalize(t->add);
	sqlite3_close(t->db);
	free(t);
}

bool
twins_add(struct twins *t, const char *id, int64_t time, struct err *err)
{
	sqlite3_bind_text(t->add, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(t->add, 2, time);
	sqlite3_step(t->add);
	return sqlite3_reset(t->add) == SQLITE_OK || fail(t, err);
}

bool
twins_find(struct twins *t, void (*twin)(void *ctx, const char *id,
    int64_t before, int64_t time), void *ctx, struct err *err)
{
	char last[HOOKCASK_ID_MAX + 1] = "";
	int64_t before = 0;
	sqlite3_stmt *stmt;
	int rc;

	if (sqlite3_prepare_v2(t->db, "SELECT id, time FROM id "
	    "ORDER BY id, time", -1, &stmt, NULL) != SQLITE_OK)
		return fail(t, err);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(stmt, 0);
		int64_t time = sqlite3_column_int64(stmt, 1);

		if (id == NULL || strlen(id) >= sizeof(last))
			break;	/* memory ran out: ids are never longer */
		if (strcmp(id, last) == 0)
			twin(ctx, id, before, time);
		strcpy(last, id);
		before = time;
	}
	if (rc != SQLITE_DONE)
		fail(t, err);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}
