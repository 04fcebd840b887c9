/* SPDX-License-Identifier: ISC */
/*
 * Duty: open, migrate and close the index, and its transactions.  SQLite's
 * result codes become one of four: what 503 can wait for, what must be set
 * aside, what is not ours.  What stands in the tables is index_rows.c's.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/index_db.h"

/*
 * Ids of the sender sort by time, so the table grows at its end: the id
 * itself is the key (a hash would cost six times as much in a batch).
 */
static const char schema[] =
    "CREATE TABLE event(id TEXT NOT NULL PRIMARY KEY, time INTEGER NOT NULL,"
    " body INTEGER NOT NULL, file INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " name TEXT) WITHOUT ROWID;"
    "CREATE INDEX event_time ON event(time);"
    "CREATE TABLE file(number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " inode INTEGER NOT NULL, unread INTEGER);"
    "CREATE TABLE mark(one INTEGER PRIMARY KEY CHECK(one = 1), file TEXT,"
    " inode INTEGER, number INTEGER, offset INTEGER, last_len INTEGER,"
    " last_hash BLOB, newest INTEGER, named INTEGER, foreign_tail INTEGER);"
    "CREATE TABLE store(one INTEGER PRIMARY KEY CHECK(one = 1),"
    " endpoint TEXT NOT NULL, path TEXT NOT NULL);";

enum index_status
index_fail(struct index *x, int rc, const char *doing, struct err *err)
{
	const char *why = x == NULL || x->db == NULL ? sqlite3_errstr(rc) :
	    sqlite3_errmsg(x->db);

	err_set(err, OUTCOME_STORE_ERROR, "%s/%s: %s: %s",
	    x == NULL ? "" : x->dir, INDEX_FILE, doing, why);
	/* everything else can pass: a full quota even shows as IOERR */
	if ((rc & 0xFF) == SQLITE_CORRUPT || (rc & 0xFF) == SQLITE_NOTADB)
		return INDEX_BROKEN;
	return INDEX_TEMPORARY;
}

enum index_status
index_exec(struct index *x, const char *sql, const char *doing,
    struct err *err)
{
	int rc = sqlite3_exec(x->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? INDEX_OK : index_fail(x, rc, doing, err);
}

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

/* Is it the index of this endpoint and path? */
static enum index_status
check_owner(struct index *x, const struct index_options *o, struct err *err)
{
	enum index_status status = INDEX_OK;
	const char *endpoint, *path;
	sqlite3_stmt *stmt;
	int rc;

	rc = sqlite3_prepare_v2(x->db, "SELECT endpoint, path FROM store", -1,
	    &stmt, NULL);
	if (rc != SQLITE_OK)
		return index_fail(x, rc, "reading its owner", err);
	rc = sqlite3_step(stmt);
	endpoint = rc == SQLITE_ROW ?
	    (const char *)sqlite3_column_text(stmt, 0) : NULL;
	path = rc == SQLITE_ROW ?
	    (const char *)sqlite3_column_text(stmt, 1) : NULL;
	if (endpoint == NULL || path == NULL)
		status = index_fail(x, rc == SQLITE_ROW ? SQLITE_CORRUPT :
		    rc == SQLITE_DONE ? SQLITE_CORRUPT : rc,
		    "reading its owner", err);
	else if (strcmp(endpoint, o->endpoint) != 0 ||
	    strcmp(path, o->path) != 0) {
		err_set(err, OUTCOME_STORE_ERROR, "%s: this store belongs to "
		    "endpoint \"%s\" at %s; one store serves one endpoint: "
		    "choose another path for \"%s\"", x->dir, endpoint, path,
		    o->endpoint);
		status = INDEX_FOREIGN;
	}
	sqlite3_finalize(stmt);
	return status;
}

enum index_status
index_create(struct index *x, const struct index_options *o, struct err *err)
{
	enum index_status status;
	char *sql;

	status = index_exec(x, "BEGIN IMMEDIATE", "creating it", err);
	if (status != INDEX_OK)
		return status;
	sql = sqlite3_mprintf("%s INSERT INTO store VALUES(1, %Q, %Q);"
	    "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
	    schema, o->endpoint, o->path, INDEX_APP_ID, INDEX_FORMAT);
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
 * A format that is not ours is left as it is.  An older one would be migrated
 * here; there is none yet.
 */
static enum index_status
check_format(struct index *x, struct err *err)
{
	int64_t format;
	enum index_status status = index_get_format(x, &format, err);

	if (status != INDEX_OK || format == INDEX_FORMAT)
		return status;
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

/* Ours: check its format and owner.  Empty: broken.  Else: not ours. */
static enum index_status
check_file(struct index *x, const struct index_options *o, struct err *err)
{
	int64_t app = 0, tables = 0;
	enum index_status status;
	int rc;

	rc = query_integer(x, "PRAGMA application_id", &app);
	if (rc == SQLITE_OK && app == 0)
		rc = query_integer(x, "SELECT count(*) FROM sqlite_master",
		    &tables);
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
	status = check_format(x, err);
	return status == INDEX_OK ? check_owner(x, o, err) : status;
}

/* Without a WAL (no shared memory there) synchronous=NORMAL is not safe. */
static int
start_wal(struct index *x)
{
	sqlite3_stmt *stmt;
	const char *mode;
	int rc;

	rc = sqlite3_prepare_v2(x->db, "PRAGMA journal_mode = WAL", -1, &stmt,
	    NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		mode = (const char *)sqlite3_column_text(stmt, 0);
		rc = mode != NULL && strcmp(mode, "wal") == 0 ? SQLITE_OK :
		    SQLITE_CANTOPEN;
	}
	/* the change of mode is committed only after its row was given */
	if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_DONE)
		rc = SQLITE_OK;
	sqlite3_finalize(stmt);
	return rc;
}

static int
count_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
	(void)db;
	(void)name;
	((struct index *)ctx)->wal_pages = pages;
	return SQLITE_OK;
}

static enum index_status
set_up(struct index *x, const struct index_options *o, struct err *err)
{
	enum index_status status;
	char pragma[80];
	int on = 1, rc;

	/* closing must cost no sync and no unlink: CGI closes each time */
	rc = sqlite3_db_config(x->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_file_control(x->db, "main",
		    SQLITE_FCNTL_PERSIST_WAL, &on);
	if (rc == SQLITE_OK)
		rc = start_wal(x);
	if (rc != SQLITE_OK)
		return index_fail(x, rc, "opening it", err);
	/* instead of SQLite's own checkpoints, whose errors are not told */
	sqlite3_wal_hook(x->db, count_pages, x);
	/* temporary files would lie in /tmp, where the sandbox has no way */
	snprintf(pragma, sizeof(pragma), "PRAGMA temp_store = MEMORY; "
	    "PRAGMA synchronous = %s", o->full ? "FULL" : "NORMAL");
	status = index_exec(x, pragma, "opening it", err);
	return status == INDEX_OK ? check_file(x, o, err) : status;
}

/*
 * The head of a new WAL must be on the disk before anything is said to be:
 * whatever follows it is lost with it.
 */
static enum index_status
begin_wal(struct index *x, struct err *err)
{
	enum index_status status = index_begin(x, true, err);
	char pragma[64];

	/* an UPDATE that changes nothing writes nothing */
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d",
	    INDEX_APP_ID);
	if (status == INDEX_OK)
		status = index_exec(x, pragma, "beginning its WAL", err);
	return status == INDEX_OK ? index_commit(x, err) : status;
}

enum index_status
index_connect(struct index **result, const struct index_options *o,
    const char *name, struct err *err)
{
	struct index *x = calloc(1, sizeof(*x));
	int rc;

	*result = x;
	if (x == NULL || (x->dir = strdup(o->dir)) == NULL) {
		err_set(err, OUTCOME_STORE_ERROR, "no memory for the index");
		return INDEX_TEMPORARY;
	}
	x->full = o->full;
	x->is_cgi = o->is_cgi;
	snprintf(x->path, sizeof(x->path), "%s/%s", o->dir, name);
	/* the state directory made the file: -wal and -shm get its mode */
	rc = sqlite3_open_v2(x->path, &x->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, o->vfs);
	if (rc != SQLITE_OK)
		return index_fail(x, rc, "opening it", err);
	sqlite3_extended_result_codes(x->db, 1);
	sqlite3_busy_timeout(x->db, INDEX_BUSY_MS);
	return INDEX_OK;
}

enum index_status
index_open(struct index **result, const struct index_options *o,
    struct err *err)
{
	enum index_status status;
	struct index *x;

	*result = NULL;
	status = index_connect(&x, o, INDEX_FILE, err);
	if (status == INDEX_OK)
		status = set_up(x, o, err);
	if (status == INDEX_OK && o->new_wal)
		status = begin_wal(x, err);
	if (status != INDEX_OK) {
		index_close(x);
		return status;
	}
	*result = x;
	return INDEX_OK;
}

void
index_close(struct index *x)
{
	if (x == NULL)
		return;
	for (int i = 0; i < INDEX_STATEMENTS; i++)
		sqlite3_finalize(x->prepared[i]);
	sqlite3_close(x->db);
	free(x->dir);
	free(x);
}

static void
end_full(struct index *x)
{
	if (x->back_to_normal)
		sqlite3_exec(x->db, "PRAGMA synchronous = NORMAL", NULL, NULL,
		    NULL);
	x->back_to_normal = false;
}

enum index_status
index_begin(struct index *x, bool full, struct err *err)
{
	enum index_status status;

	if (full && !x->full) {
		/* cannot be changed inside a transaction */
		status = index_exec(x, "PRAGMA synchronous = FULL",
		    "beginning", err);
		if (status != INDEX_OK)
			return status;
		x->back_to_normal = true;
	}
	status = index_exec(x, "BEGIN IMMEDIATE", "beginning", err);
	/* a newer program may have migrated it since it was opened */
	if (status == INDEX_OK)
		status = check_format(x, err);
	if (status != INDEX_OK)
		index_rollback(x);
	return status;
}

enum index_status
index_commit(struct index *x, struct err *err)
{
	enum index_status status = index_exec(x, "COMMIT", "committing", err);

	if (status != INDEX_OK)
		index_rollback(x);
	end_full(x);
	return status;
}

void
index_rollback(struct index *x)
{
	if (!sqlite3_get_autocommit(x->db))
		sqlite3_exec(x->db, "ROLLBACK", NULL, NULL, NULL);
	end_full(x);
}
