/* SPDX-License-Identifier: ISC */
/*
 * Duty: open an index to look at it, beside responders that write.  Makes,
 * migrates and repairs nothing; holds up nobody's checkpoint between calls.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/index_db.h"

static int
query(struct index *x, const char *sql, int64_t *value)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(x->db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static enum index_status
check_format(struct index *x, struct err *err)
{
	int64_t app = 0, format = 0;
	int rc;

	rc = query(x, "PRAGMA application_id", &app);
	if (rc == SQLITE_OK)
		rc = query(x, "PRAGMA user_version", &format);
	if (rc != SQLITE_OK)
		return index_fail(x, rc, "reading its format", err);
	if (app == INDEX_APP_ID && format == INDEX_FORMAT)
		return INDEX_OK;
	err_set(err, OUTCOME_STORE_ERROR, "%s/%s: %s", x->dir, INDEX_FILE,
	    app != INDEX_APP_ID ? "not an index of hookcask" :
	    "another format than this program's; the responder and this "
	    "program must be of one version");
	return INDEX_FOREIGN;
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
		sqlite3_busy_timeout(x->db, 1000);
		status = check_format(x, err);
	} else {
		status = index_fail(x, rc, "opening it", err);
	}
	if (status == INDEX_OK)
		*result = x;
	else
		index_close(x);
	return status;
}
