/* SPDX-License-Identifier: ISC */
/* What the files of the index share: the connection and its statements. */
#ifndef CORE_INDEX_DB_H
#define CORE_INDEX_DB_H

#include <limits.h>
#include <sqlite3.h>

#include "core/index.h"

#ifndef SQLITE_OPEN_NOFOLLOW /* before SQLite 3.31 */
#define SQLITE_OPEN_NOFOLLOW 0
#endif

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

#define INDEX_BUSY_MS 1000 /* readers and their recovery may be in the way */
#define INDEX_STATEMENTS 14

struct index {
	sqlite3		*db;
	sqlite3_stmt	*prepared[INDEX_STATEMENTS];
	char		*dir;
	char		 path[PATH_MAX];
	bool		 full;
	bool		 is_cgi;
	int		 wal_pages;	/* as of the last commit */
	bool		 back_to_normal;
};

/* Says what failed; tells what may pass from what may not. */
enum index_status index_fail(struct index *, int rc, const char *doing,
	    struct err *);
/*
 * Opens one of the files in the state directory.  Also after an error the
 * caller closes what it got.
 */
enum index_status index_connect(struct index **, const struct index_options *,
	    const char *name, struct err *);
/* Its user_version, as the open transaction sees it. */
enum index_status index_get_format(struct index *, int64_t *, struct err *);
/* The tables, in an empty file. */
enum index_status index_create(struct index *, const struct index_options *,
	    struct err *);
enum index_status index_exec(struct index *, const char *sql,
	    const char *doing, struct err *);

#endif
