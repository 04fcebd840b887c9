/* SPDX-License-Identifier: ISC */
/*
 * Duty: the tables of the index: as they are made now, whether a file has
 * them, and how those of an older version become ours.
 */
#include <config.h>

#include <string.h>

#include "index/index_db.h"

/*
 * Ids of the sender sort by time, so the table grows at its end: the id
 * itself is the key (a hash would cost six times as much in a batch).  There
 * is no index by time: index_sweep() finds what is old by looking at a few
 * ids each time, which costs a batch half of what keeping one did.  The table
 * state is one row: what every transaction reads and writes is one page.
 */
static const char schema[] =
    "CREATE TABLE event(id TEXT NOT NULL PRIMARY KEY, time INTEGER NOT NULL,"
    " body INTEGER NOT NULL, file INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " name TEXT) WITHOUT ROWID;"
    "CREATE TABLE file(number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " inode INTEGER NOT NULL, unread INTEGER);";
static const char state[] =
    "CREATE TABLE state(format INTEGER, endpoint TEXT, path TEXT, file TEXT,"
    " inode INTEGER, number INTEGER, offset INTEGER, last_len INTEGER,"
    " last_hash BLOB, newest INTEGER, named INTEGER, flags INTEGER,"
    " swept TEXT, due INTEGER);";

/* Format 1 kept an index by time, and the row of state in two tables. */
static const char from_1[] =
    "INSERT INTO state SELECT 2, s.endpoint, s.path, m.file, m.inode,"
    " m.number, m.offset, m.last_len, m.last_hash, m.newest, m.named,"
    " m.foreign_tail, NULL, NULL FROM store s LEFT JOIN mark m;"
    "DROP TABLE store; DROP TABLE mark; DROP INDEX event_time;";

/* One statement with one integer result. */
static int
query_integer(struct index *x, const char *sql, int64_t *value)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(x->db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*value = sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_EMPTY;
	}
	sqlite3_finalize(stmt);
	return rc;
}

enum index_status
index_create(struct index *x, const struct index_options *o, struct err *err)
{
	enum index_status status;
	char *sql;

	status = index_exec(x, "BEGIN IMMEDIATE", "creating it", err);
	if (status != INDEX_OK)
		return status;
	sql = sqlite3_mprintf("%s %s INSERT INTO state(format, endpoint, path)"
	    " VALUES(%d, %Q, %Q); PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d; COMMIT", schema, state, INDEX_FORMAT,
	    o->endpoint, o->path, INDEX_APP_ID, INDEX_FORMAT);
	if (sql == NULL)
		status = index_fail(x, SQLITE_NOMEM, "creating it", err);
	else
		status = index_exec(x, sql, "creating it", err);
	sqlite3_free(sql);
	if (status != INDEX_OK)
		index_rollback(x);
	return status;
}

/* What is not ours is left as it is, whatever its tables are. */
enum index_status
index_judge_format(struct index *x, struct err *err)
{
	int64_t app = 0, tables = 0, format = 0;
	int rc;

	rc = query_integer(x, "PRAGMA application_id", &app);
	if (rc == SQLITE_OK && app == 0)
		rc = query_integer(x, "SELECT count(*) FROM sqlite_master",
		    &tables);
	if (rc == SQLITE_OK)
		rc = query_integer(x, "PRAGMA user_version", &format);
	if (rc != SQLITE_OK)
		return index_fail(x, rc, "reading its format", err);
	if (tables == 0 && app == 0)
		return index_fail(x, SQLITE_CORRUPT, "it is empty", err);
	if (app != INDEX_APP_ID) {
		err_set(err, OUTCOME_STORE_ERROR,
		    "%s/%s: not an index of hookcask; move it away", x->dir,
		    INDEX_FILE);
		return INDEX_FOREIGN;
	}
	if (format == INDEX_FORMAT)
		return index_fail(x, SQLITE_CORRUPT, "its state is missing",
		    err);
	if (format == 1) {
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: format 1 is of an "
		    "older hookcask; the next delivery changes it to %d, or "
		    "\"hookcask index\" at once", x->dir, INDEX_FILE,
		    INDEX_FORMAT);
		return INDEX_OLDER;
	}
	if (format > INDEX_FORMAT)
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: format %lld is of a "
		    "newer hookcask, this one knows %d; upgrade this program, "
		    "or restart it if that was done", x->dir, INDEX_FILE,
		    (long long)format, INDEX_FORMAT);
	else
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: format %lld is of no "
		    "hookcask; move it away", x->dir, INDEX_FILE,
		    (long long)format);
	return INDEX_FOREIGN;
}

enum index_status
index_judge(struct index *x, const struct index_options *o, struct err *err)
{
	const char *endpoint, *path;
	struct mark mark;
	enum index_status status = index_get_mark(x, &mark, err);

	if (status == INDEX_OK)
		status = index_get_owner(x, &endpoint, &path, err);
	if (status != INDEX_OK)
		return status;
	if (strcmp(endpoint, o->endpoint) != 0 || strcmp(path, o->path) != 0) {
		err_set(err, OUTCOME_STORE_ERROR, "%s: this store belongs to "
		    "endpoint \"%s\" at %s; one store serves one endpoint: "
		    "choose another path for \"%s\"", x->dir, endpoint, path,
		    o->endpoint);
		status = INDEX_FOREIGN;
	}
	index_end_owner(x);
	return status;
}

/* Two programs may come at once: the second one finds it done. */
enum index_status
index_migrate(struct index *x, struct err *err)
{
	enum index_status status;
	int64_t format = 0;
	char *sql = NULL;
	int rc;

	status = index_begin(x, true, err);
	if (status != INDEX_OK)
		return status;
	rc = query_integer(x, "PRAGMA user_version", &format);
	if (rc == SQLITE_OK && format == 1) {
		sql = sqlite3_mprintf("%s %s PRAGMA user_version = %d", state,
		    from_1, INDEX_FORMAT);
		rc = sql == NULL ? SQLITE_NOMEM :
		    sqlite3_exec(x->db, sql, NULL, NULL, NULL);
		sqlite3_free(sql);
	}
	if (rc == SQLITE_OK)
		return index_commit(x, err);
	status = index_fail(x, rc, "changing its format", err);
	index_rollback(x);
	return status;
}
