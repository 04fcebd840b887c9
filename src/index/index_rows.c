/* SPDX-License-Identifier: ISC */
/*
 * The rows of the index: ids, and the files of a log.  Each function
 * uses one prepared statement.
 */
#include <config.h>

#include <string.h>

#include "index/index_db.h"

static const char *const sql[INDEX_STATEMENTS] = {
	[FIND] = "SELECT time, body, file, offset, name FROM event "
	    "WHERE id = ?1",
	[ADD] = "INSERT OR IGNORE INTO event VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[FORGET] = "DELETE FROM event WHERE id = ?1",
	[SWEEP] = "SELECT id, time FROM event WHERE id > ?1 ORDER BY id "
	    "LIMIT ?2",
	[COUNT] = "SELECT count(*) FROM event",
	[COUNT_BEFORE] = "SELECT count(*) FROM event WHERE time < ?1",
	[GET_STATE] = "SELECT * FROM state",
	[SET_STATE] = "UPDATE state SET file = ?1, inode = ?2, number = ?3, "
	    "offset = ?4, last_len = ?5, last_hash = ?6, newest = ?7, "
	    "named = ?8, flags = ?9, swept = ?10, due = ?11",
	[FILE_FIND] = "SELECT number FROM file WHERE name = ?1 AND inode = ?2",
	[FILE_ADD] = "INSERT INTO file(name, inode) VALUES(?1, ?2)",
	[FILE_NAME] = "SELECT name, inode FROM file WHERE number = ?1",
	[SET_UNREAD] = "UPDATE file SET unread = ?2 WHERE number = ?1",
	[NEXT_UNREAD] = "SELECT number, unread FROM file "
	    "WHERE unread IS NOT NULL ORDER BY number LIMIT 1",
	[FILES] = "SELECT number, name, inode FROM file ORDER BY number",
	[FOLLOWS] = "SELECT file, EXISTS(SELECT 1 FROM event AS e WHERE "
	    "e.file = event.file AND e.offset > event.offset) FROM event "
	    "WHERE id = ?1",
	[WALK] = "SELECT id, time, file, offset FROM event WHERE id > ?1 "
	    "ORDER BY id LIMIT ?2",
};

sqlite3_stmt *
index_ready(struct index *x, enum index_statement which, int *rc)
{
	*rc = SQLITE_OK;
	if (x->prepared[which] == NULL)
		*rc = sqlite3_prepare_v3(x->db, sql[which], -1,
		    SQLITE_PREPARE_PERSISTENT, &x->prepared[which], NULL);
	return x->prepared[which];
}

enum index_status
index_run(struct index *x, sqlite3_stmt *stmt, int rc, bool *row,
    const char *doing, struct err *err)
{
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (row != NULL)
		*row = rc == SQLITE_ROW;
	if ((rc == SQLITE_ROW || rc == SQLITE_DONE) && !index_bus_was_hit(x))
		return INDEX_OK;
	if (stmt != NULL)
		sqlite3_reset(stmt);
	return index_fail(x, rc, doing, err);
}

void
index_column_text(sqlite3_stmt *stmt, int column, char *buf, size_t size)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(stmt, column);

	if (text == NULL || len >= size)
		len = 0;
	else
		memcpy(buf, text, len);
	buf[len] = '\0';
}

enum index_status
index_find(struct index *x, const char *id, bool *found,
    struct index_row *row, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = index_ready(x, FIND, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	status = index_run(x, stmt, rc, found, "looking for an id", err);
	if (status != INDEX_OK)
		return status;
	if (*found) {
		row->time = sqlite3_column_int64(stmt, 0);
		row->body_hash = (uint64_t)sqlite3_column_int64(stmt, 1);
		row->file_number = sqlite3_column_int64(stmt, 2);
		row->offset = sqlite3_column_int64(stmt, 3);
		index_column_text(stmt, 4, row->name, sizeof(row->name));
	}
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_add(struct index *x, const char *id, const struct index_row *row,
    struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = index_ready(x, ADD, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 2, row->time);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 3, (int64_t)row->body_hash);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 4, row->file_number);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 5, row->offset);
	if (rc == SQLITE_OK)
		rc = row->name[0] == '\0' ? sqlite3_bind_null(stmt, 6) :
		    sqlite3_bind_text(stmt, 6, row->name, -1, SQLITE_STATIC);
	status = index_run(x, stmt, rc, NULL, "adding an id", err);
	if (status == INDEX_OK)
		sqlite3_reset(stmt);
	return status;
}

enum index_status
index_forget(struct index *x, const char *id, bool *found, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = index_ready(x, FORGET, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	status = index_run(x, stmt, rc, NULL, "forgetting an id", err);
	if (status != INDEX_OK)
		return status;
	sqlite3_reset(stmt);
	*found = sqlite3_changes(x->db) > 0;
	return INDEX_OK;
}

/* Lists those of the next ids that are too old, each with its NUL. */
static enum index_status
list_old(struct index *x, struct mark *mark, int64_t before, int64_t ids,
    sqlite3_str *old, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int64_t seen = 0;
	bool row;
	int rc;

	stmt = index_ready(x, SWEEP, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, mark->swept, -1,
		    SQLITE_TRANSIENT);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 2, ids);
	for (;;) {
		status = index_run(x, stmt, rc, &row, "looking for old ids",
		    err);
		if (status != INDEX_OK)
			return status;
		if (!row)
			break;
		seen++;
		index_column_text(stmt, 0, mark->swept, sizeof(mark->swept));
		if (sqlite3_column_int64(stmt, 1) < before)
			sqlite3_str_append(old, mark->swept,
			    (int)strlen(mark->swept) + 1);
	}
	sqlite3_reset(stmt);
	if (seen < ids)
		mark->swept[0] = '\0';
	rc = sqlite3_str_errcode(old);
	return rc == SQLITE_OK ? INDEX_OK :
	    index_fail(x, rc, "looking for old ids", err);
}

enum index_status
index_sweep(struct index *x, struct mark *mark, int64_t before, int64_t ids,
    int64_t *gone, struct err *err)
{
	sqlite3_str *old = sqlite3_str_new(x->db);
	enum index_status status;
	const char *id;
	int len, at = 0;
	bool found;

	*gone = 0;
	status = list_old(x, mark, before, ids, old, err);
	id = sqlite3_str_value(old);
	len = sqlite3_str_length(old);
	while (status == INDEX_OK && at < len) {
		status = index_forget(x, id + at, &found, err);
		at += (int)strlen(id + at) + 1;
		++*gone;
	}
	sqlite3_free(sqlite3_str_finish(old));
	return status;
}

enum index_status
index_count(struct index *x, int64_t *count, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = index_ready(x, COUNT, &rc);
	status = index_run(x, stmt, rc, NULL, "counting", err);
	if (status != INDEX_OK)
		return status;
	*count = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_count_before(struct index *x, int64_t before, int64_t *count,
    struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = index_ready(x, COUNT_BEFORE, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, before);
	status = index_run(x, stmt, rc, NULL, "counting", err);
	if (status != INDEX_OK)
		return status;
	*count = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_file_number(struct index *x, const char *name, uint64_t inode,
    bool is_new, int64_t *number, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	bool found;
	int rc;

	for (enum index_statement which = is_new ? FILE_ADD : FILE_FIND;;
	    which = FILE_ADD) {
		stmt = index_ready(x, which, &rc);
		if (rc == SQLITE_OK)
			rc = sqlite3_bind_text(stmt, 1, name, -1,
			    SQLITE_STATIC);
		if (rc == SQLITE_OK)
			rc = sqlite3_bind_int64(stmt, 2, (int64_t)inode);
		status = index_run(x, stmt, rc, &found, "naming a file", err);
		if (status != INDEX_OK)
			return status;
		if (found)
			*number = sqlite3_column_int64(stmt, 0);
		sqlite3_reset(stmt);
		if (found)
			return INDEX_OK;
		if (which == FILE_ADD)
			break;
	}
	*number = sqlite3_last_insert_rowid(x->db);
	return INDEX_OK;
}

enum index_status
index_file_name(struct index *x, int64_t number,
    char name[INDEX_NAME_MAX + 1], uint64_t *inode, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	bool found;
	int rc;

	name[0] = '\0';
	*inode = 0;
	stmt = index_ready(x, FILE_NAME, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, number);
	status = index_run(x, stmt, rc, &found, "reading a file's name", err);
	if (status != INDEX_OK)
		return status;
	if (found) {
		index_column_text(stmt, 0, name, INDEX_NAME_MAX + 1);
		*inode = (uint64_t)sqlite3_column_int64(stmt, 1);
	}
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_set_unread(struct index *x, int64_t number, int64_t offset,
    struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = index_ready(x, SET_UNREAD, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, number);
	if (rc == SQLITE_OK)
		rc = offset < 0 ? sqlite3_bind_null(stmt, 2) :
		    sqlite3_bind_int64(stmt, 2, offset);
	status = index_run(x, stmt, rc, NULL, "marking a file", err);
	if (status == INDEX_OK)
		sqlite3_reset(stmt);
	return status;
}

enum index_status
index_next_unread(struct index *x, int64_t *number, int64_t *offset,
    struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	bool found;
	int rc;

	*number = *offset = 0;
	stmt = index_ready(x, NEXT_UNREAD, &rc);
	status = index_run(x, stmt, rc, &found, "looking for unread files",
	    err);
	if (status != INDEX_OK)
		return status;
	if (found) {
		*number = sqlite3_column_int64(stmt, 0);
		*offset = sqlite3_column_int64(stmt, 1);
	}
	sqlite3_reset(stmt);
	return INDEX_OK;
}
