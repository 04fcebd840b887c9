/* SPDX-License-Identifier: ISC */
/* A spool, through store_put(), on a real file system. */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "store_scene.h"
#include "unit.h"

START_TEST(test_spool)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, NULL, "spool");
	struct store *s;
	char path[512];

	scene_path(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	/* a file that nobody indexed was never acknowledged */
	scratch_write(dir, "spool/tmp/0000000000000001-x.json", "{}\n");
	ck_assert_int_eq(scene_put(s, "../evil"), OUTCOME_STORED);
	ck_assert_int_eq(scratch_count(dir, "spool/tmp"), 0);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 2);
	/* consumed, and still a duplicate */
	scratch_remove(dir, "spool/new");
	ck_assert_int_eq(mkdir(strcat(path, "/new"), 0700), 0);
	store_close(s);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 1);
	store_close(s);
}
END_TEST

static ino_t
inode_of(const char *dir, const char *name)
{
	char path[512];
	struct stat st;

	scene_path(path, dir, name);
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_ino;
}

/*
 * A process died in a sync: its log is written again, whatever the size of the
 * index, and a process that has the index open goes on with the new one.
 */
START_TEST(test_spool_doubt)
{
	const char *dir = scratch_dir();
	const char *const state = "spool/.hookcask-test/";
	char path[512], db[64], wal[64], doubt[64];
	struct endpoint e = scene_endpoint(dir, NULL, "spool");
	struct store *a, *b;
	ino_t db_inode, wal_inode;

	snprintf(db, sizeof(db), "%sindex.db", state);
	snprintf(wal, sizeof(wal), "%sindex.db-wal", state);
	snprintf(doubt, sizeof(doubt), "%sindex.doubt", state);
	scene_path(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	a = scene_open(&e);
	b = scene_open(&e);
	ck_assert_int_eq(scene_put(a, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(b, "m2"), OUTCOME_STORED);
	db_inode = inode_of(dir, db);
	wal_inode = inode_of(dir, wal);
	scratch_write(dir, doubt, "");
	ck_assert_int_eq(scene_put(a, "m2"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(a, "m3"), OUTCOME_STORED);
	ck_assert_int_eq(access(strcat(path, "/.hookcask-test/index.doubt"),
	    F_OK), -1);
	ck_assert_uint_eq(inode_of(dir, db), db_inode);
	ck_assert_uint_ne(inode_of(dir, wal), wal_inode);
	ck_assert_int_eq(scene_put(b, "m3"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(b, "m4"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(a, "m4"), OUTCOME_DUPLICATE);
	store_close(a);
	store_close(b);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 4);
}
END_TEST

/* lost+found, where tmp/ is a file system of its own: not ours, no error. */
START_TEST(test_spool_directory_in_tmp)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, NULL, "spool");
	struct store *s;
	char path[512];

	scene_path(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	scene_path(path, dir, "spool/tmp/lost+found");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	scratch_write(dir, "spool/tmp/0000000000000001-x.json", "{}\n");
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_STORED);
	ck_assert_int_eq(scratch_count(dir, "spool/tmp"), 1);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 3);
	store_close(s);
}
END_TEST

START_TEST(test_spool_not_ours)
{
	static const char *const names[] = { "spool/tmp", "spool/new" };
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, NULL, "spool");
	struct store *s;
	char path[512];

	scene_path(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	s = scene_open(&e);
	for (size_t i = 0; i < 2; i++) {
		scene_path(path, dir, names[i]);
		mkdir(path, 0700);
		ck_assert_int_eq(chmod(path, 0777), 0);
		ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORE_ERROR);
		ck_assert_ptr_nonnull(strstr(scene_noted, "others may write"));
		ck_assert_int_eq(chmod(path, 0700), 0);
	}
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
}
END_TEST

/* What was moved away is no longer a spool, though it is still open. */
START_TEST(test_spool_moved)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, NULL, "spool");
	struct store *s;
	char path[512], away[512];

	scene_path(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	scene_path(path, dir, "spool/new");
	scene_path(away, dir, "spool/old");
	ck_assert_int_eq(rename(path, away), 0);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(scratch_count(dir, "spool/old"), 1);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 1);
	store_close(s);
}
END_TEST

/* As a consumer does: its directory, and what new/ holds goes there. */
static void
move_all(const char *dir, const char *stage)
{
	char path[512], from[512], to[512];
	struct dirent *entry;
	DIR *d;

	scene_path(path, dir, stage);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	scene_path(path, dir, "spool/new");
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(from, sizeof(from), "%.200s/%.255s", path,
		    entry->d_name);
		snprintf(to, sizeof(to), "%.200s/%.32s/%.255s", dir, stage,
		    entry->d_name);
		ck_assert_int_eq(rename(from, to), 0);
	}
	closedir(d);
}

/* The index is lost: ids of files that consumers have moved stay known. */
START_TEST(test_spool_index_lost)
{
	static const char *const stages[] = { "spool/cur", "spool/done",
		"spool/failed" };
	static const char *const ids[] = { "m1", "m2", "m3" };
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, NULL, "spool");
	struct store *s;
	char path[512];

	scene_path(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	s = scene_open(&e);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(scene_put(s, ids[i]), OUTCOME_STORED);
		move_all(dir, stages[i]);
	}
	ck_assert_int_eq(scene_put(s, "m4"), OUTCOME_STORED);
	store_close(s);
	scratch_remove(dir, "spool/.hookcask-test");
	s = scene_open(&e);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(scene_put(s, ids[i]), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m4"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m5"), OUTCOME_STORED);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 2);
	store_close(s);
}
END_TEST

/* What a consumer put there instead holds up nothing. */
START_TEST(test_spool_index_lost_and_directories_not_ours)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, NULL, "spool");
	struct store *s;
	char path[512];

	scene_path(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	scene_path(path, dir, "spool/cur");
	ck_assert_int_eq(symlink(dir, path), 0);
	scratch_write(dir, "spool/done", "");
	scene_path(path, dir, "spool/failed");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	scratch_write(dir, "spool/failed/1700000000000000-x.json", "{}\n");
	scene_path(path, dir, "spool/failed/link.json");
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
}
END_TEST

UNIT_MAIN("store_spool", test_spool, test_spool_doubt,
    test_spool_directory_in_tmp, test_spool_not_ours, test_spool_moved,
    test_spool_index_lost,
    test_spool_index_lost_and_directories_not_ours)
