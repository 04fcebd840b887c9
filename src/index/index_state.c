/* SPDX-License-Identifier: ISC */
/*
 * The one row of state: the format, the owner of the index, and the mark.
 * Every transaction reads it first.
 */
#include <config.h>

#include <string.h>

#include "index/index_db.h"

/* Bits of the state's flags. */
#define FOREIGN 1
#define UNREAD 2
#define CUT 4

/* The columns of state. */
enum {
	FORMAT, ENDPOINT, PATH, FILE_NOW, INODE, NUMBER, OFFSET, LAST_LEN,
	LAST_HASH, NEWEST, NAMED, FLAGS, SWEPT, DUE
};

/* The one row of state; the caller resets the statement. */
static enum index_status
get_state(struct index *x, sqlite3_stmt **stmt, struct err *err)
{
	int rc;

	*stmt = index_ready(x, GET_STATE, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(*stmt);
	if (rc == SQLITE_ROW &&
	    sqlite3_column_int64(*stmt, FORMAT) == INDEX_FORMAT)
		return INDEX_OK;
	if (*stmt != NULL)
		sqlite3_reset(*stmt);
	/* no such table, no row, another format, or not ours */
	if (rc == SQLITE_ROW || rc == SQLITE_DONE ||
	    (rc & 0xFF) == SQLITE_ERROR)
		return index_classify(x, err);
	return index_fail(x, rc, "reading its state", err);
}

enum index_status
index_get_owner(struct index *x, const char **endpoint, const char **path,
    struct err *err)
{
	sqlite3_stmt *stmt;
	enum index_status status = get_state(x, &stmt, err);

	if (status != INDEX_OK)
		return status;
	*endpoint = (const char *)sqlite3_column_text(stmt, ENDPOINT);
	*path = (const char *)sqlite3_column_text(stmt, PATH);
	if (*endpoint != NULL && *path != NULL)
		return INDEX_OK;
	index_end_owner(x);
	return index_fail(x, SQLITE_CORRUPT, "reading its owner", err);
}

void
index_end_owner(struct index *x)
{
	sqlite3_reset(x->prepared[GET_STATE]);
}

enum index_status
index_get_mark(struct index *x, struct mark *mark, struct err *err)
{
	sqlite3_stmt *stmt;
	enum index_status status = get_state(x, &stmt, err);
	const void *hash;

	memset(mark, 0, sizeof(*mark));
	if (status != INDEX_OK)
		return status;
	mark->set = sqlite3_column_type(stmt, FILE_NOW) != SQLITE_NULL;
	if (mark->set) {
		index_column_text(stmt, FILE_NOW, mark->file,
		    sizeof(mark->file));
		mark->inode = (uint64_t)sqlite3_column_int64(stmt, INODE);
		mark->file_number = sqlite3_column_int64(stmt, NUMBER);
		mark->offset = sqlite3_column_int64(stmt, OFFSET);
		mark->last_len = sqlite3_column_int64(stmt, LAST_LEN);
		hash = sqlite3_column_blob(stmt, LAST_HASH);
		if (hash != NULL && sqlite3_column_bytes(stmt, LAST_HASH) ==
		    sizeof(mark->last_hash))
			memcpy(mark->last_hash, hash, sizeof(mark->last_hash));
		mark->foreign = (sqlite3_column_int(stmt, FLAGS) & FOREIGN) !=
		    0;
		mark->unread = (sqlite3_column_int(stmt, FLAGS) & UNREAD) !=
		    0;
		mark->cut = (sqlite3_column_int(stmt, FLAGS) & CUT) != 0;
	}
	/* ids may have been added by hand before there was a mark */
	mark->newest = sqlite3_column_int64(stmt, NEWEST);
	mark->named = sqlite3_column_int64(stmt, NAMED);
	index_column_text(stmt, SWEPT, mark->swept, sizeof(mark->swept));
	mark->due = sqlite3_column_int64(stmt, DUE);
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_set_mark(struct index *x, const struct mark *mark, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = index_ready(x, SET_STATE, &rc);
	if (rc == SQLITE_OK)
		rc = !mark->set ? sqlite3_bind_null(stmt, 1) :
		    sqlite3_bind_text(stmt, 1, mark->file, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 2, (int64_t)mark->inode);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 3, mark->file_number);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 4, mark->offset);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 5, mark->last_len);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(stmt, 6, mark->last_hash,
		    sizeof(mark->last_hash), SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 7, mark->newest);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 8, mark->named);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(stmt, 9, (mark->foreign ? FOREIGN : 0) |
		    (mark->unread ? UNREAD : 0) | (mark->cut ? CUT : 0));
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 10, mark->swept, -1,
		    SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 11, mark->due);
	status = index_run(x, stmt, rc, NULL, "setting the mark", err);
	if (status == INDEX_OK)
		sqlite3_reset(stmt);
	return status;
}
