/* SPDX-License-Identifier: ISC */
/*
 * Duty: open and close the index, and its transactions.  SQLite's result
 * codes become few: what 503 can wait for, what must be set aside, what is
 * not ours.  The tables are index_format.c's, what stands in them is
 * index_state.c's and index_rows.c's.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/index_db.h"

/* Ids come in at one end of the table: what is in use is little. */
#define CACHE_KIB 512

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

/*
 * Alone, SQLite keeps the index of the WAL in its own memory.  Under CGI,
 * where each process opens the file anew, making a file for it and its locks
 * costs more than the rest of the transaction.  Who reads meanwhile waits;
 * beside one that has it open already we share it as all others do.
 */
static int
start_wal_alone(struct index *x)
{
	int rc;

	rc = sqlite3_exec(x->db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL,
	    NULL);
	sqlite3_busy_timeout(x->db, 0);
	if (rc == SQLITE_OK)
		rc = start_wal(x);
	sqlite3_busy_timeout(x->db, INDEX_BUSY_MS);
	if ((rc & 0xFF) != SQLITE_BUSY)
		return rc;
	rc = sqlite3_exec(x->db, "PRAGMA locking_mode = NORMAL", NULL, NULL,
	    NULL);
	return rc == SQLITE_OK ? start_wal(x) : rc;
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
	char pragma[120];
	int on = 1, rc;

	/* closing must cost no sync and no unlink: CGI closes each time */
	rc = sqlite3_db_config(x->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_file_control(x->db, "main",
		    SQLITE_FCNTL_PERSIST_WAL, &on);
	if (rc == SQLITE_OK)
		/*
		 * Once with others, which makes the -shm and leaves it: who
		 * may only read cannot make one, and needs it to read.
		 */
		rc = x->is_cgi && !o->new_wal ? start_wal_alone(x) :
		    start_wal(x);
	if (rc != SQLITE_OK)
		return index_fail(x, rc, "opening it", err);
	/* instead of SQLite's own checkpoints, whose errors are not told */
	sqlite3_wal_hook(x->db, count_pages, x);
	/* temporary files would lie in /tmp, where the sandbox has no way */
	snprintf(pragma, sizeof(pragma), "PRAGMA temp_store = MEMORY; "
	    "PRAGMA cache_size = -%d; PRAGMA synchronous = %s", CACHE_KIB,
	    o->full ? "FULL" : "NORMAL");
	status = index_exec(x, pragma, "opening it", err);
	if (status == INDEX_OK)
		status = index_judge(x, o, err);
	return status == INDEX_OLDER && o->any_format ? INDEX_OK : status;
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

/* A process for one request is one thread, and wants little memory. */
static void
configure_for_cgi(void)
{
	/* says no, and changes nothing, once SQLite is at work */
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
