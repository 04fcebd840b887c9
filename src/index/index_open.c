/* SPDX-License-Identifier: ISC */
/*
 * Duty: open an index to look at it, beside responders that write.  Makes,
 * migrates and repairs nothing; holds up nobody's checkpoint between calls.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fileops.h"
#include "index/index_db.h"

#define READ_WAIT_MS 2000

/*
 * A request under CGI has the file for itself, and the next one takes it at
 * once: who sleeps longer and longer, as SQLite would, misses the moment.
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

/* Recovery of a WAL needs to write: a writer is about to do it. */
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
