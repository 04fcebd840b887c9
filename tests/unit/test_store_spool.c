/* SPDX-License-Identifier: ISC */
/* A spool, through store_put(), on a real file system. */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <string.h>

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

/* What was moved away is no spool any more, though it is still open. */
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

UNIT_MAIN("store_spool", test_spool, test_spool_not_ours, test_spool_moved)
