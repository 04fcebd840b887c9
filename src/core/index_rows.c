/* SPDX-License-Identifier: ISC */
/*
 * Duty: the rows of the index: ids, the mark, the files of a log.  Each
 * function is one prepared statement, used again and again.
 */
#include <config.h>

#include <string.h>

#include "core/index_db.h"

enum statement {
	FIND, ADD, FORGET, PRUNE, COUNT, COUNT_BEFORE, GET_MARK, SET_MARK,
	FILE_FIND, FILE_ADD, FILE_NAME, SET_UNREAD, NEXT_UNREAD, GET_FORMAT
};

/* Bits of the mark's last column. */
#define FOREIGN 1
#define UNREAD 2

static const char *const sql[INDEX_STATEMENTS] = {
	[FIND] = "SELECT time, body, file, offset, name FROM event "
	    "WHERE id = ?1",
	[ADD] = "INSERT OR IGNORE INTO event VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[FORGET] = "DELETE FROM event WHERE id = ?1",
	[PRUNE] = "DELETE FROM event WHERE id IN "
	    "(SELECT id FROM event WHERE time < ?1 ORDER BY time LIMIT ?2)",
	[COUNT] = "SELECT count(*) FROM event",
	[COUNT_BEFORE] = "SELECT count(*) FROM event WHERE time < ?1",
	[GET_MARK] = "SELECT file, inode, number, offset, last_len, "
	    "last_hash, newest, named, foreign_tail FROM mark",
	[SET_MARK] = "INSERT OR REPLACE INTO mark "
	    "VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[FILE_FIND] = "SELECT number FROM file WHERE name = ?1 AND inode = ?2",
	[FILE_ADD] = "INSERT INTO file(name, inode) VALUES(?1, ?2)",
	[FILE_NAME] = "SELECT name, inode FROM file WHERE number = ?1",
	[SET_UNREAD] = "UPDATE file SET unread = ?2 WHERE number = ?1",
	[NEXT_UNREAD] = "SELECT number, unread FROM file "
	    "WHERE unread IS NOT NULL ORDER BY number LIMIT 1",
	[GET_FORMAT] = "PRAGMA user_version",
};

/* Fetches a statement ready to be bound; done() or fail() ends its use. */
static sqlite3_stmt *
ready(struct index *x, enum statement which, int *rc)
{
	*rc = SQLITE_OK;
	if (x->prepared[which] == NULL)
		*rc = sqlite3_prepare_v3(x->db, sql[which], -1,
		    SQLITE_PREPARE_PERSISTENT, &x->prepared[which], NULL);
	return x->prepared[which];
}

/* Runs it to its end, or to its first row. */
static enum index_status
run(struct index *x, sqlite3_stmt *stmt, int rc, bool *row,
    const char *doing, struct err *err)
{
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (row != NULL)
		*row = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return INDEX_OK;
	if (stmt != NULL)
		sqlite3_reset(stmt);
	return index_fail(x, rc, doing, err);
}

/* A column of text into a buffer; a longer one is none of ours. */
static void
column_text(sqlite3_stmt *stmt, int column, char *buf, size_t size)
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

	stmt = ready(x, FIND, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	status = run(x, stmt, rc, found, "looking for an id", err);
	if (status != INDEX_OK)
		return status;
	if (*found) {
		row->time = sqlite3_column_int64(stmt, 0);
		row->body_hash = (uint64_t)sqlite3_column_int64(stmt, 1);
		row->file_number = sqlite3_column_int64(stmt, 2);
		row->offset = sqlite3_column_int64(stmt, 3);
		column_text(stmt, 4, row->name, sizeof(row->name));
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

	stmt = ready(x, ADD, &rc);
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
	status = run(x, stmt, rc, NULL, "adding an id", err);
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

	stmt = ready(x, FORGET, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	status = run(x, stmt, rc, NULL, "forgetting an id", err);
	if (status != INDEX_OK)
		return status;
	sqlite3_reset(stmt);
	*found = sqlite3_changes(x->db) > 0;
	return INDEX_OK;
}

enum index_status
index_prune(struct index *x, int64_t before, int limit, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = ready(x, PRUNE, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, before);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(stmt, 2, limit);
	status = run(x, stmt, rc, NULL, "pruning", err);
	if (status == INDEX_OK)
		sqlite3_reset(stmt);
	return status;
}

enum index_status
index_count(struct index *x, int64_t *count, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = ready(x, COUNT, &rc);
	status = run(x, stmt, rc, NULL, "counting", err);
	if (status != INDEX_OK)
		return status;
	*count = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_get_format(struct index *x, int64_t *format, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = ready(x, GET_FORMAT, &rc);
	status = run(x, stmt, rc, NULL, "reading its format", err);
	if (status != INDEX_OK)
		return status;
	*format = sqlite3_column_int64(stmt, 0);
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

	stmt = ready(x, COUNT_BEFORE, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, before);
	status = run(x, stmt, rc, NULL, "counting", err);
	if (status != INDEX_OK)
		return status;
	*count = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_get_mark(struct index *x, struct mark *mark, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = ready(x, GET_MARK, &rc);
	status = run(x, stmt, rc, &mark->set, "reading the mark", err);
	if (status != INDEX_OK)
		return status;
	if (mark->set) {
		const void *hash = sqlite3_column_blob(stmt, 5);
		int len = sqlite3_column_bytes(stmt, 5);

		column_text(stmt, 0, mark->file, sizeof(mark->file));
		mark->inode = (uint64_t)sqlite3_column_int64(stmt, 1);
		mark->file_number = sqlite3_column_int64(stmt, 2);
		mark->offset = sqlite3_column_int64(stmt, 3);
		mark->last_len = sqlite3_column_int64(stmt, 4);
		memset(mark->last_hash, 0, sizeof(mark->last_hash));
		if (hash != NULL && len == sizeof(mark->last_hash))
			memcpy(mark->last_hash, hash, (size_t)len);
		mark->newest = sqlite3_column_int64(stmt, 6);
		mark->named = sqlite3_column_int64(stmt, 7);
		mark->foreign = (sqlite3_column_int(stmt, 8) & FOREIGN) != 0;
		mark->unread = (sqlite3_column_int(stmt, 8) & UNREAD) != 0;
	} else {
		memset(mark, 0, sizeof(*mark));
	}
	sqlite3_reset(stmt);
	return INDEX_OK;
}

enum index_status
index_set_mark(struct index *x, const struct mark *mark, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	int rc;

	stmt = ready(x, SET_MARK, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, mark->file, -1,
		    SQLITE_STATIC);
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
		    (mark->unread ? UNREAD : 0));
	status = run(x, stmt, rc, NULL, "setting the mark", err);
	if (status == INDEX_OK)
		sqlite3_reset(stmt);
	return status;
}

enum index_status
index_file_number(struct index *x, const char *name, uint64_t inode,
    int64_t *number, struct err *err)
{
	enum index_status status;
	sqlite3_stmt *stmt;
	bool found;
	int rc;

	for (enum statement which = FILE_FIND;; which = FILE_ADD) {
		stmt = ready(x, which, &rc);
		if (rc == SQLITE_OK)
			rc = sqlite3_bind_text(stmt, 1, name, -1,
			    SQLITE_STATIC);
		if (rc == SQLITE_OK)
			rc = sqlite3_bind_int64(stmt, 2, (int64_t)inode);
		status = run(x, stmt, rc, &found, "naming a file", err);
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
	stmt = ready(x, FILE_NAME, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, number);
	status = run(x, stmt, rc, &found, "reading a file's name", err);
	if (status != INDEX_OK)
		return status;
	if (found) {
		column_text(stmt, 0, name, INDEX_NAME_MAX + 1);
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

	stmt = ready(x, SET_UNREAD, &rc);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, number);
	if (rc == SQLITE_OK)
		rc = offset < 0 ? sqlite3_bind_null(stmt, 2) :
		    sqlite3_bind_int64(stmt, 2, offset);
	status = run(x, stmt, rc, NULL, "marking a file", err);
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
	stmt = ready(x, NEXT_UNREAD, &rc);
	status = run(x, stmt, rc, &found, "looking for unread files", err);
	if (status != INDEX_OK)
		return status;
	if (found) {
		*number = sqlite3_column_int64(stmt, 0);
		*offset = sqlite3_column_int64(stmt, 1);
	}
	sqlite3_reset(stmt);
	return INDEX_OK;
}
