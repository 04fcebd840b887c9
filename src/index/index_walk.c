/* SPDX-License-Identifier: ISC */
/*
 * Walks over the whole index, in steps, so that a reader does not keep
 * its writers from a checkpoint.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "index/index_db.h"

#define STEP 1024 /* rows */

struct walked {
	char			id[HOOKCASK_ID_MAX + 1];
	struct index_row	row;
};

enum index_status
index_each_file(struct index *x, void (*file)(void *ctx, int64_t number,
    const char *name, uint64_t inode), void *ctx, struct err *err)
{
	char name[INDEX_NAME_MAX + 1];
	enum index_status status;
	sqlite3_stmt *stmt;
	bool found;
	int rc;

	stmt = index_ready(x, FILES, &rc);
	for (;;) {
		status = index_run(x, stmt, rc, &found, "listing its files",
		    err);
		if (status != INDEX_OK)
			return status;
		if (!found)
			break;
		index_column_text(stmt, 1, name, sizeof(name));
		file(ctx, sqlite3_column_int64(stmt, 0), name,
		    (uint64_t)sqlite3_column_int64(stmt, 2));
	}
	sqlite3_reset(stmt);
	return INDEX_OK;
}

/* The next ids; *count of them, fewer than STEP at the end. */
static enum index_status
read_step(struct index *x, const char *after, struct walked *list,
    size_t *count, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	bool found;
	int rc;

	*count = 0;
	stmt = index_ready(x, WALK, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, after, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(stmt, 2, STEP);
	for (;;) {
		struct walked *w = &list[*count];

		status = index_run(x, stmt, rc, &found, "reading its ids",
		    err);
		if (status != INDEX_OK)
			return status;
		if (!found || *count == STEP)
			break;
		index_column_text(stmt, 0, w->id, sizeof(w->id));
		w->row.time = sqlite3_column_int64(stmt, 1);
		w->row.file_number = sqlite3_column_int64(stmt, 2);
		w->row.offset = sqlite3_column_int64(stmt, 3);
		++*count;
	}
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_walk(struct index *x, bool (*row)(void *ctx, const char *id,
    const struct index_row *, struct err *), void *ctx, struct err *err)
{
	struct walked *list = calloc(STEP, sizeof(*list));
	char last[HOOKCASK_ID_MAX + 1] = "";
	enum index_status status = INDEX_OK;
	size_t count = STEP;

	if (list == NULL)
		return index_fail(x, SQLITE_NOMEM, "reading its ids", err);
	while (status == INDEX_OK && count == STEP) {
		status = read_step(x, last, list, &count, err);
		for (size_t i = 0; status == INDEX_OK && i < count; i++)
			if (!row(ctx, list[i].id, &list[i].row, err))
				status = INDEX_TEMPORARY;
		if (count > 0)
			strcpy(last, list[count - 1].id);
	}
	free(list);
	return status;
}

enum index_status
index_follows(struct index *x, const char *id, bool *known, bool *follows,
    struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	bool found;
	int rc;

	*known = *follows = false;
	stmt = index_ready(x, FOLLOWS, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	status = index_run(x, stmt, rc, &found, "looking past an id", err);
	if (status != INDEX_OK)
		return status;
	if (found) {
		*known = sqlite3_column_int64(stmt, 0) > 0;
		*follows = sqlite3_column_int(stmt, 1) != 0;
	}
	sqlite3_reset(stmt);
	return INDEX_OK;
}
