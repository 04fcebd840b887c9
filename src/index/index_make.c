/* SPDX-License-Identifier: ISC */
/*
 * Writes a whole index: its first tables, or its WAL into its file.  On
 * success all of it is on stable storage.
 */
#include <config.h>

#include "index/index_db.h"

#define WAL_PAGES 1000
#define CGI_WAL_PAGES 40

/* A file that is not complete is thrown away, not rolled back. */
static const char no_journal[] = "PRAGMA journal_mode = OFF";

enum index_status
index_make(const struct index_options *o, struct err *err)
{
	enum index_status status;
	struct index *x;

	status = index_connect(&x, o, INDEX_NEW, err);
	if (status == INDEX_OK)
		status = index_exec(x, no_journal, "creating it", err);
	if (status == INDEX_OK)
		status = index_create(x, o, err);
	index_close(x);
	return status;
}

bool
index_wants_checkpoint(const struct index *x)
{
	return x->wal_pages >= (x->is_cgi ? CGI_WAL_PAGES : WAL_PAGES);
}

/*
 * Under CGI each process opens the index and cannot know how much of the WAL
 * has been copied: a passive checkpoint would copy all of it each time and
 * never start the WAL over.  TRUNCATE does.
 */
enum index_status
index_checkpoint(struct index *x, struct err *err)
{
	int rc;

	/* do not wait for a reader: the next batch tries again */
	sqlite3_busy_timeout(x->db, 0);
	rc = sqlite3_wal_checkpoint_v2(x->db, NULL, x->is_cgi ?
	    SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL,
	    NULL);
	sqlite3_busy_timeout(x->db, INDEX_BUSY_MS);
	x->wal_pages = 0;
	if ((rc == SQLITE_OK || (rc & 0xFF) == SQLITE_BUSY) &&
	    !index_bus_was_hit(x))
		return INDEX_OK;
	return index_fail(x, rc, "copying its WAL", err);
}
