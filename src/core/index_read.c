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

enum index_status
index_open_read(struct index **result, const char *dir, struct err *err)
{
	enum index_status status;
	struct mark mark;
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
		status = index_get_mark(x, &mark, err);
	} else {
		status = index_fail(x, rc, "opening it", err);
	}
	if (status == INDEX_OK)
		*result = x;
	else
		index_close(x);
	return status;
}
