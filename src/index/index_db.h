/* SPDX-License-Identifier: ISC */
/*
 * What the files of the index share: the connection and its statements.
 *
 * No .c: each part names its file.
 */
#ifndef INDEX_INDEX_DB_H
#define INDEX_INDEX_DB_H

#include <sqlite3.h>

#include "base/fileops.h"
#include "index/index.h"

#ifndef SQLITE_OPEN_NOFOLLOW /* before SQLite 3.31 */
#define SQLITE_OPEN_NOFOLLOW 0
#endif

#define INDEX_BUSY_MS 1000 /* to wait for readers, which may recover a WAL */

enum index_statement {
	FIND, ADD, FORGET, SWEEP, COUNT, COUNT_BEFORE, GET_STATE, SET_STATE,
	FILE_FIND, FILE_ADD, FILE_NAME, SET_UNREAD, NEXT_UNREAD, FILES, WALK,
	FOLLOWS,
	INDEX_STATEMENTS
};

struct index {
	sqlite3		*db;
	sqlite3_stmt	*prepared[INDEX_STATEMENTS];
	char		*dir;
	char		 path[PATH_MAX];
	bool		 full;
	bool		 is_cgi;
	int		 wal_pages;	/* as of the last commit */
	bool		 back_to_normal;
	int64_t		 until_ms;	/* a reader waits for writers */
	unsigned	 bus_hits;	/* when it was opened */
};

/* Sets err to what failed; returns INDEX_TEMPORARY or INDEX_BROKEN. */
enum index_status index_fail(struct index *, int rc, const char *doing,
	    struct err *);
/*
 * Opens one of the files in the state directory.  The caller must
 * index_close() the result even on error.
 */
enum index_status index_connect(struct index **, const struct index_options *,
	    const char *name, struct err *);
/*
 * index_bus.c: from here on a SIGBUS ends no process; after one, no result of
 * an index that was open may be trusted.
 */
void	index_bus_watch(struct index *);
bool	index_bus_was_hit(const struct index *);
/* Runs a statement that gives one integer; returns SQLite's code. */
int	index_query_integer(struct index *, const char *sql, int64_t *value);
/* Classifies a database without our tables; never returns INDEX_OK. */
enum index_status index_classify(struct index *, struct err *);
/* index_format.c: the tables, in an empty file. */
enum index_status index_create(struct index *, const struct index_options *,
	    struct err *);
/*
 * Has it our tables, and is it the index of this endpoint and path?  Updates
 * the path if it may have changed.
 */
enum index_status index_check_owner(struct index *,
	    const struct index_options *, struct err *);
/*
 * index_rows.c.  Returns a prepared statement to bind; the caller resets it.
 */
sqlite3_stmt *index_ready(struct index *, enum index_statement, int *rc);
/* Runs it to its end or to its first row. */
enum index_status index_run(struct index *, sqlite3_stmt *, int rc, bool *row,
	    const char *doing, struct err *);
/* Copies a column of text; "" if it does not fit, which is not ours. */
void	index_column_text(sqlite3_stmt *, int column, char *buf, size_t size);
/*
 * index_state.c: whose it is.  The texts stay valid up to index_end_owner(),
 * which must be called if this has succeeded.
 */
enum index_status index_get_owner(struct index *, const char **endpoint,
	    const char **path, struct err *);
void	index_end_owner(struct index *);
enum index_status index_exec(struct index *, const char *sql,
	    const char *doing, struct err *);

#endif
