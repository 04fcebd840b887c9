/* SPDX-License-Identifier: ISC */
/* A write-ahead log: what we read in it is what SQLite reads. */
#include <config.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index/index_wal.h"
#include "scratch.h"
#include "unit.h"

static sqlite3 *db;
static char path[512], wal_path[520];

static void
run(const char *sql)
{
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
	    "%s: %s", sql, sqlite3_errmsg(db));
}

/* A table of ten pages, in the file, and a WAL that adds ten more. */
static void
set_up(void)
{
	snprintf(path, sizeof(path), "%s/db", scratch_dir());
	snprintf(wal_path, sizeof(wal_path), "%s-wal", path);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	run("PRAGMA page_size = 1024; PRAGMA journal_mode = WAL;"
	    "PRAGMA wal_autocheckpoint = 0;"
	    "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(9000));"
	    "PRAGMA wal_checkpoint(TRUNCATE);"
	    "INSERT INTO t VALUES(zeroblob(9000));");
}

static unsigned char *
read_wal(size_t *len)
{
	int fd = open(wal_path, O_RDONLY);
	unsigned char *data;
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	data = malloc(*len);
	ck_assert_int_eq(read(fd, data, *len), st.st_size);
	close(fd);
	return data;
}

static void
scan(struct index_wal *w, const unsigned char *data, size_t len)
{
	index_wal_begin(w, data);
	for (size_t at = INDEX_WAL_HEAD; !w->ended &&
	    at + INDEX_WAL_FRAME + w->page_size <= len;
	    at += INDEX_WAL_FRAME + w->page_size)
		ck_assert(index_wal_add(w, data + at));
}

static uint32_t
pages(void)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return (uint32_t)(st.st_size / 1024);
}

/* All that a checkpoint adds to the file may be cut again, and no more. */
START_TEST(test_grown)
{
	uint32_t before, after;
	struct index_wal w;
	unsigned char *data;
	size_t len;

	set_up();
	data = read_wal(&len);
	before = pages();
	scan(&w, data, len);
	ck_assert_uint_eq(w.page_size, 1024);
	ck_assert_uint_gt(w.committed, 9);
	ck_assert_uint_eq(w.committed, w.count);
	ck_assert_uint_eq(index_wal_needs(&w, before), before);
	run("PRAGMA wal_checkpoint(FULL);");
	after = pages();
	ck_assert_uint_gt(after, before + 8);
	ck_assert_uint_eq(index_wal_needs(&w, after), before);
	index_wal_wipe(&w);
	free(data);
	sqlite3_close(db);
}
END_TEST

/* What has no commit, or a wrong sum, is not in the log. */
START_TEST(test_ends)
{
	struct index_wal w;
	unsigned char *data;
	size_t len, whole;

	set_up();
	data = read_wal(&len);
	/* the last frame, which has the commit, is torn */
	scan(&w, data, len - 1);
	ck_assert_uint_eq(w.committed, 0);
	whole = w.count;
	ck_assert_uint_eq(index_wal_needs(&w, 20), 20);
	index_wal_wipe(&w);
	data[len - 1] ^= 1;
	scan(&w, data, len);
	ck_assert(w.ended);
	ck_assert_uint_eq(w.count, whole);
	ck_assert_uint_eq(w.committed, 0);
	index_wal_wipe(&w);
	/* another salt: of an earlier log */
	data[len - 1] ^= 1;
	data[INDEX_WAL_HEAD + 8] ^= 1;
	scan(&w, data, len);
	ck_assert_uint_eq(w.count, 0);
	index_wal_wipe(&w);
	for (size_t i = 0; i < INDEX_WAL_HEAD; i++) {
		data[i] ^= 0x10;
		index_wal_begin(&w, data);
		ck_assert_uint_eq(w.page_size, 0);
		ck_assert(w.ended && index_wal_add(&w, data));
		data[i] ^= 0x10;
	}
	free(data);
	sqlite3_close(db);
}
END_TEST

UNIT_MAIN("index_wal", test_grown, test_ends)
