/* SPDX-License-Identifier: ISC */
/*
 * The tables of the index: makes them, checks them, and migrates those of an
 * older version.
 */
#include <config.h>

#include <string.h>

#include "index/index_db.h"

/*
 * Ids of the sender sort by time, so the table grows at its end: the id
 * itself is the key (a hash would cost a batch six times as much).  There is
 * no index by time: index_sweep() looks at a few ids each time to find old
 * ones, which costs a batch half as much.  The table state is one row, so
 * that every transaction reads and writes one page.
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

/*
 * A log with another name in the same directory still belongs to this index:
 * its new name is like one that rotation gives.
 */
static bool
is_beside(const struct index_options *o, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;

	return !o->full && strncmp(path, o->path, len) == 0 &&
	    strchr(o->path + len, '/') == NULL;
}

static enum index_status
set_path(struct index *x, const char *path, struct err *err)
{
	enum index_status status;
	char *sql = sqlite3_mprintf("UPDATE state SET path = %Q", path);

	if (sql == NULL)
		return index_fail(x, SQLITE_NOMEM, "setting its path", err);
	status = index_exec(x, sql, "setting its path", err);
	sqlite3_free(sql);
	return status;
}

enum index_status
index_check_owner(struct index *x, const struct index_options *o,
    struct err *err)
{
	const char *endpoint, *path;
	struct mark mark;
	enum index_status status = index_get_mark(x, &mark, err);
	bool same;

	if (status == INDEX_OK)
		status = index_get_owner(x, &endpoint, &path, err);
	if (status != INDEX_OK)
		return status;
	same = strcmp(path, o->path) == 0;
	if (strcmp(endpoint, o->endpoint) != 0) {
		err_set(err, OUTCOME_STORE_ERROR, "%s: this store belongs to "
		    "endpoint \"%s\" at %s; one store serves one endpoint: "
		    "choose another path for \"%s\"", x->dir, endpoint, path,
		    o->endpoint);
		status = INDEX_FOREIGN;
	} else if (!same && !o->moved && !is_beside(o, path)) {
		err_set(err, OUTCOME_STORE_ERROR, "%s: this store was made at "
		    "%s, and the configuration says %s; if it was moved, run "
		    "\"hookcask index --moved\", until then no event is taken",
		    x->dir, path, o->path);
		status = INDEX_FOREIGN;
	}
	index_end_owner(x);
	return status == INDEX_OK && !same ? set_path(x, o->path, err) :
	    status;
}

/* If two programs do this at once, the second finds it done. */
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
	rc = index_query_integer(x, "PRAGMA user_version", &format);
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
