/* SPDX-License-Identifier: ISC */
/*
 * The connection to the index and its transactions.  SQLite's many result
 * codes become a few: a temporary fault, a broken file, a file that is not
 * ours.  index_open.c opens it, index_format.c makes its tables,
 * index_state.c and index_rows.c read and write them.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/index_db.h"

enum index_status
index_fail(struct index *x, int rc, const char *doing, struct err *err)
{
	const char *why = x == NULL || x->db == NULL ? sqlite3_errstr(rc) :
	    sqlite3_errmsg(x->db);

	if (index_bus_was_hit(x)) {
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s-shm: %s: the disk "
		    "is full or broken, or somebody has truncated this file",
		    x->dir, INDEX_FILE, doing);
		return INDEX_TEMPORARY;
	}
	/* "unable to open" may be the disk, the owner or too many open files */
	if ((rc & 0xFF) == SQLITE_CANTOPEN && x != NULL && x->db != NULL &&
	    sqlite3_system_errno(x->db) != 0)
		why = strerror(sqlite3_system_errno(x->db));
	err_set(err, OUTCOME_STORE_ERROR, "%s/%s: %s: %s",
	    x == NULL ? "" : x->dir, INDEX_FILE, doing, why);
	/* everything else may pass: even a full quota is reported as IOERR */
	if ((rc & 0xFF) == SQLITE_CORRUPT || (rc & 0xFF) == SQLITE_NOTADB)
		return INDEX_BROKEN;
	return INDEX_TEMPORARY;
}

enum index_status
index_exec(struct index *x, const char *sql, const char *doing,
    struct err *err)
{
	int rc = sqlite3_exec(x->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK && !index_bus_was_hit(x) ? INDEX_OK :
	    index_fail(x, rc, doing, err);
}

/* A CGI process is one thread, and should need little memory. */
static void
configure_for_cgi(void)
{
	/* fails, and changes nothing, once SQLite has started */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
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
	index_bus_watch(x);
	x->full = o->full;
	x->is_cgi = o->is_cgi;
	snprintf(x->path, sizeof(x->path), "%s/%s", o->dir, name);
	if (o->is_cgi)
		configure_for_cgi();
	/* the state directory made the file: -wal and -shm get its mode */
	rc = sqlite3_open_v2(x->path, &x->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, o->vfs);
	if (rc != SQLITE_OK)
		return index_fail(x, rc, "opening it", err);
	sqlite3_extended_result_codes(x->db, 1);
	sqlite3_busy_timeout(x->db, INDEX_BUSY_MS);
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
		/* only possible outside a transaction */
		status = index_exec(x, "PRAGMA synchronous = FULL",
		    "beginning", err);
		if (status != INDEX_OK)
			return status;
		x->back_to_normal = true;
	}
	status = index_exec(x, "BEGIN IMMEDIATE", "beginning", err);
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

int
index_query_integer(struct index *x, const char *sql, int64_t *value)
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

/* A database that is not ours is left alone, whatever its tables are. */
enum index_status
index_classify(struct index *x, struct err *err)
{
	int64_t app = 0, tables = 0, format = 0;
	int rc;

	rc = index_query_integer(x, "PRAGMA application_id", &app);
	if (rc == SQLITE_OK && app == 0)
		rc = index_query_integer(x,
		    "SELECT count(*) FROM sqlite_master", &tables);
	if (rc == SQLITE_OK)
		rc = index_query_integer(x, "PRAGMA user_version", &format);
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
		    "run \"hookcask index\" now", x->dir, INDEX_FILE,
		    INDEX_FORMAT);
		return INDEX_OLDER;
	}
	if (format > INDEX_FORMAT)
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: format %lld is of a "
		    "newer hookcask, this one knows %d; upgrade this program, "
		    "or restart it if it was upgraded", x->dir, INDEX_FILE,
		    (long long)format, INDEX_FORMAT);
	else
		err_set(err, OUTCOME_STORE_ERROR, "%s/%s: format %lld is of no "
		    "hookcask; move it away", x->dir, INDEX_FILE,
		    (long long)format);
	return INDEX_FOREIGN;
}
