/* SPDX-License-Identifier: ISC */
/*
 * Opens an index: to write to it, or only to read it beside responders that
 * write.  A reader makes, migrates and repairs nothing, and delays no
 * checkpoint between its calls.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fileops.h"
#include "index/index_db.h"

/* Ids are added at one end of the table, which touches few pages. */
#define CACHE_KIB 512
#define READ_WAIT_MS 2000

static int
is_wal(void *ctx, int columns, char **values, char **names)
{
	(void)names;
	*(bool *)ctx = columns == 1 && values[0] != NULL &&
	    strcmp(values[0], "wal") == 0;
	return 0;
}

/* Without a WAL (no shared memory) synchronous=NORMAL is not safe. */
static int
start_wal(struct index *x)
{
	bool has_wal = false;
	int rc = sqlite3_exec(x->db, "PRAGMA journal_mode = WAL", is_wal,
	    &has_wal, NULL);

	return rc == SQLITE_OK && !has_wal ? SQLITE_CANTOPEN : rc;
}

/*
 * In exclusive mode SQLite keeps the index of the WAL in its own memory.
 * Under CGI, where each process opens the file, a -shm file and its locks
 * would cost more than the rest of the transaction.  Readers wait meanwhile.
 * If another process has the index open, we share it as usual.
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
	char pragma[160];
	int on = 1, rc;

	/* no sync or unlink on close: CGI closes it for each request */
	rc = sqlite3_db_config(x->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_file_control(x->db, "main",
		    SQLITE_FCNTL_PERSIST_WAL, &on);
	if (rc == SQLITE_OK)
		/*
		 * Shared once, to make the -shm and leave it there: a reader
		 * that may not write needs one and cannot make it.
		 */
		rc = x->is_cgi && !o->new_wal ? start_wal_alone(x) :
		    start_wal(x);
	if (rc != SQLITE_OK)
		return index_fail(x, rc, "opening it", err);
	/* SQLite's own checkpoints do not report their errors */
	sqlite3_wal_hook(x->db, count_pages, x);
	/* the sandbox has no access to /tmp, where temporary files would be */
	snprintf(pragma, sizeof(pragma), "PRAGMA temp_store = MEMORY; "
	    "PRAGMA cache_size = -%d; PRAGMA journal_size_limit = %d; "
	    "PRAGMA synchronous = %s", CACHE_KIB, INDEX_WAL_LEFT,
	    o->full ? "FULL" : "NORMAL");
	status = index_exec(x, pragma, "opening it", err);
	if (status == INDEX_OK)
		status = index_check_owner(x, o, err);
	return status == INDEX_OLDER && o->any_format ? INDEX_OK : status;
}

/*
 * The head of a new WAL must be on the disk first: without it, all that
 * follows is lost.
 */
static enum index_status
begin_wal(struct index *x, struct err *err)
{
	enum index_status status = index_begin(x, true, err);
	char pragma[64];

	/* unlike an UPDATE that changes nothing, this writes a page */
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d",
	    INDEX_APP_ID);
	if (status == INDEX_OK)
		status = index_exec(x, pragma, "beginning its WAL", err);
	return status == INDEX_OK ? index_commit(x, err) : status;
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

/*
 * CGI requests hold the file exclusively, one right after the other.  SQLite
 * would sleep longer each time and miss the moment between two of them.
 */
static int
wait_a_little(void *ctx, int times)
{
	static const struct timespec little = { 0, 2000000 };
	int64_t *until_ms = ctx;

	if (times == 0)
		*until_ms = fileops_clock_ms() + READ_WAIT_MS;
	if (fileops_clock_ms() >= *until_ms)
		return 0;
	nanosleep(&little, NULL);
	return 1;
}

/* Only a writer can recover a WAL: waits until one has. */
static enum index_status
first_look(struct index *x, struct err *err)
{
	struct err why = ERR_INIT;
	enum index_status status;
	struct mark mark;
	int times = 0;

	do {
		memset(&why, 0, sizeof(why));
		status = index_get_mark(x, &mark, &why);
	} while (status == INDEX_TEMPORARY &&
	    (sqlite3_errcode(x->db) & 0xFF) == SQLITE_READONLY &&
	    wait_a_little(&x->until_ms, times++));
	if (status != INDEX_OK && err != NULL)
		*err = why;
	return status;
}

enum index_status
index_open_read(struct index **result, const char *dir, struct err *err)
{
	enum index_status status;
	struct index *x;
	int rc;

	*result = NULL;
	x = calloc(1, sizeof(*x));
	if (x == NULL || (x->dir = strdup(dir)) == NULL) {
		free(x);
		err_set(err, OUTCOME_NO_MEMORY, "no memory for the index");
		return INDEX_TEMPORARY;
	}
	index_bus_watch(x);
	snprintf(x->path, sizeof(x->path), "%s/%s", dir, INDEX_FILE);
	rc = sqlite3_open_v2(x->path, &x->db, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(x->db, 1);
		sqlite3_busy_handler(x->db, wait_a_little, &x->until_ms);
		status = first_look(x, err);
	} else {
		status = index_fail(x, rc, "opening it", err);
	}
	if (status == INDEX_OK)
		*result = x;
	else
		index_close(x);
	return status;
}
