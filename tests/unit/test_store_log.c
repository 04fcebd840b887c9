/* SPDX-License-Identifier: ISC */
/* A log, through store_put(), on a real file system. */
#include <config.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "store/admin.h"
#include "store/log.h"
#include "store_scene.h"
#include "unit.h"

START_TEST(test_log_once)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put_at(s, "m2", "[]", 1700000001),
	    OUTCOME_OTHER_BODY);
	ck_assert_int_eq(scene_put_at(s, "m2", "{\"type\":\"a.b\"}",
	    1700000001), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	scene_assert_ids(dir, "log", "m1 m2 m3 ");
}
END_TEST

START_TEST(test_log_rotation)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e), *other = scene_open(&e);
	char from[512], to[512];

	scene_path(from, dir, "log");
	scene_path(to, dir, "log.1");
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(other, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(other, "m4"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(other, "m2"), OUTCOME_DUPLICATE);
	store_close(s);
	store_close(other);
	scene_assert_ids(dir, "log.1", "m1 m2 ");
	scene_assert_ids(dir, "log", "m3 m4 ");
}
END_TEST

static void
append_text(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	scene_path(path, dir, name);
	f = fopen(path, "a");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(test_log_torn_tail)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	append_text(dir, "log", "{\"specversion\":\"1.0\",\"id\":\"m2");
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	append_text(dir, "log", "torn");
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	scene_assert_ids(dir, "log", "m1 m2 m3 ");
}
END_TEST

/* All that was moved aside; buf: 4096 bytes. */
static const char *
aside(const char *dir, char *buf)
{
	char pattern[512];
	size_t len = 0;
	glob_t found;

	scene_path(pattern, dir, ".hookcask-test/bad-*/log");
	if (glob(pattern, 0, NULL, &found) == 0) {
		/* two, should a day end meanwhile */
		for (size_t i = 0; i < found.gl_pathc; i++)
			len += scratch_read(found.gl_pathv[i], buf + len,
			    4095 - len);
		globfree(&found);
	}
	buf[len] = '\0';
	return buf;
}

/* Neither a kill nor power loss can have made it. */
START_TEST(test_log_foreign_bytes)
{
	static const char *const ours[] = { "{", "{\"specversion\":\"1.0\",\"i",
		"{\"specversion\":\"1.0\",\"id\":\"m2\",\"source\":\"te" };
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char id[8], buf[4096];

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		append_text(dir, "log", ours[i]);
		snprintf(id, sizeof(id), "t%zu", i);
		ck_assert_int_eq(scene_put(s, id), OUTCOME_STORED);
		ck_assert_str_eq(aside(dir, buf), "");
	}
	append_text(dir, "log", "a note\n");
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	ck_assert_ptr_nonnull(strstr(scene_noted, "was moved to"));
	ck_assert_str_eq(aside(dir, buf), "a note\n");
	scene_noted[0] = '\0';
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_STORED);
	ck_assert_str_eq(scene_noted, "");
	append_text(dir, "log", "half a line");
	ck_assert_int_eq(scene_put(s, "m4"), OUTCOME_STORED);
	ck_assert_str_eq(aside(dir, buf), "a note\nhalf a line");
	/* a fragment of ours that another program has ended */
	append_text(dir, "log", ours[2]);
	append_text(dir, "log", "a note\n");
	ck_assert_int_eq(scene_put(s, "m5"), OUTCOME_STORED);
	ck_assert_ptr_nonnull(strstr(aside(dir, buf), "tea note\n"));
	store_close(s);
	scene_assert_ids(dir, "log", "m1 t0 t1 t2 m2 m3 m4 m5 ");
}
END_TEST

/* Not without end: a disk has one. */
START_TEST(test_log_foreign_bytes_are_bounded)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char path[512], *line;
	struct stat st;
	glob_t found;
	int64_t kept = 0;

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	line = malloc((size_t)45 << 20);
	ck_assert_ptr_nonnull(line);
	memset(line, 'x', (size_t)45 << 20);
	line[((size_t)45 << 20) - 1] = '\0';
	append_text(dir, "log", line);
	free(line);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	ck_assert_ptr_nonnull(strstr(scene_noted, "a day are kept"));
	scene_path(path, dir, ".hookcask-test/bad-*/log");
	ck_assert_int_eq(glob(path, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		ck_assert_int_eq(stat(found.gl_pathv[i], &st), 0);
		kept += st.st_size;
	}
	globfree(&found);
	ck_assert_int_eq(kept, 40 << 20);
	store_close(s);
	scene_assert_ids(dir, "log", "m1 m2 ");
}
END_TEST

/* A whole line past the mark may have been acknowledged: it stays, once. */
START_TEST(test_log_whole_line_past_mark)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char line[2048], path[512];
	size_t len;

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
	scene_path(path, dir, "log");
	len = scratch_read(path, line, sizeof(line) - 1);
	line[len] = '\0';
	*strstr(line, "m1") = 'x';
	append_text(dir, "log", line);
	append_text(dir, "log", "torn");
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "x1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	scene_assert_ids(dir, "log", "m1 x1 m3 ");
}
END_TEST

START_TEST(test_log_index_lost)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char from[512], to[512];

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	scene_path(from, dir, "log");
	scene_path(to, dir, "log-20260101");
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	/* while it is open: the next put must notice */
	scratch_remove(dir, ".hookcask-test/index.db");
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	scratch_remove(dir, ".hookcask-test/index.db-wal");
	scratch_write(dir, ".hookcask-test/index.db", "this is no database, "
	    "but long enough to be looked at as the header of one, which is "
	    "a hundred bytes");
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	store_close(s);
	/* the whole state directory */
	scratch_remove(dir, ".hookcask-test");
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m4"), OUTCOME_STORED);
	store_close(s);
	scene_assert_ids(dir, "log", "m2 m3 m4 ");
}
END_TEST

START_TEST(test_log_truncated_by_somebody)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char path[512];

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	scene_path(path, dir, "log");
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_ptr_nonnull(strstr(scene_noted, "copytruncate"));
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	scene_assert_ids(dir, "log", "m2 ");
}
END_TEST

START_TEST(test_log_not_ours)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char text[64], path[512];

	scratch_write(dir, "log", "somebody's notes\n");
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "not a hookcask log"));
	scene_path(path, dir, "log");
	ck_assert_uint_eq(scratch_read(path, text, sizeof(text)), 17);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("elsewhere", path), 0);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "symbolic link"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_int_eq(rmdir(path), 0);
	/* anybody could add lines that nobody has verified */
	scratch_write(dir, "log", "");
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "others may write"));
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
	/* another endpoint's store */
	strcpy(e.name, "other");
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "not a hookcask log"));
	store_close(s);
}
END_TEST

/* Power loss may leave any block as NULs; what follows shows whose it is. */
START_TEST(test_log_broken_at_its_start)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char path[512], state[512], away[512];
	int fd;

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	scene_path(path, dir, "log");
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, "\0\0\0\0\0\0\0\0", 8, 60), 8);
	close(fd);
	scene_path(state, dir, ".hookcask-test");
	scene_path(away, dir, "away");
	ck_assert_int_eq(rename(state, away), 0);
	strcpy(e.name, "other");
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "not a hookcask log"));
	store_close(s);
	strcpy(e.name, "test");
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
}
END_TEST

/* Nothing follows that would show it. */
START_TEST(test_log_is_one_broken_line)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char path[512], state[512], away[512];
	int fd;

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
	scene_path(path, dir, "log");
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, "\0\0\0\0\0\0\0\0", 8, 60), 8);
	close(fd);
	scene_path(state, dir, ".hookcask-test");
	scene_path(away, dir, "away");
	ck_assert_int_eq(rename(state, away), 0);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
	scene_assert_ids(dir, "log", "m1 ");
}
END_TEST

#define BYTES(s) { s, sizeof(s) - 1 }

/* What only looks like it at first sight is left as it is. */
START_TEST(test_log_like_ours)
{
	static const struct {
		const char *text;
		size_t len;
	} other[] = {
		BYTES("\0\0\0\030ftypmp42 and so on"),
		BYTES("\0\0\0\0\0\0\0\0somebody's\nlines\n"),
		BYTES("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":"
		    "\"github\",\"da"),
		BYTES("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":"
		    "\"tester\",\"da"),
		BYTES("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":"
		    "\"te\0\0\",\n"),
	};
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char path[512], text[64];
	int fd;

	scene_path(path, dir, "log");
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		ck_assert_int_eq(write(fd, other[i].text, other[i].len),
		    (ssize_t)other[i].len);
		close(fd);
		ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORE_ERROR);
		ck_assert_ptr_nonnull(strstr(scene_noted,
		    "not a hookcask log"));
		ck_assert_uint_eq(scratch_read(path, text, sizeof(text)),
		    other[i].len);
	}
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
}
END_TEST

/* A fault at open is an error, not a crash. */
START_TEST(test_long_name)
{
	struct endpoint e = scene_endpoint(scratch_dir(), "log", NULL);
	struct store_options o = { .lock_timeout = 1 };
	struct err err = ERR_INIT;
	char path[5000];
	struct store *s;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[300] = '\0';
	e.log = path;
	ck_assert(!store_open(&s, &e, &o, &err));
	ck_assert_int_eq(err.kind, OUTCOME_BAD_CONFIG);
	memset(&err, 0, sizeof(err));
	path[300] = 'a';
	path[sizeof(path) - 2] = '/';
	path[sizeof(path) - 1] = '\0';
	ck_assert(!store_open(&s, &e, &o, &err));
	ck_assert_int_eq(err.kind, OUTCOME_BAD_CONFIG);
}
END_TEST

START_TEST(test_log_dated_name)
{
	char name[INDEX_NAME_MAX + 1];

	ck_assert(log_name(name, "e-%Y%m%d-%H%%.jsonl", 1614265330));
	ck_assert_str_eq(name, "e-20210225-15%.jsonl");
	ck_assert(!log_name(name, "e-%y", 0));
	ck_assert(!log_name(name, "e-%", 0));
	ck_assert(!log_name(name, "", 0));
}
END_TEST

static int64_t ahead_us;

static int64_t
clock_ahead(void *ctx)
{
	return fileops_posix.now_us(ctx) + ahead_us;
}

/* A rebuild while the clock is wrong does not bind later deliveries to it. */
START_TEST(test_log_clock_ahead)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log-%Y", NULL);
	struct fileops ops = fileops_posix;
	struct admin admin = { .endpoint = &e, .options = { .ops = &ops,
	    .lock_timeout = 1 } };
	struct store *s = scene_open(&e);
	char name[INDEX_NAME_MAX + 1];
	struct admin_count count;

	ops.now_us = clock_ahead;
	ck_assert(log_name(name, "log-%Y", ops.now_us(NULL) / 1000000));
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	store_close(s);
	for (int lost = 0; lost < 2; lost++) {
		if (lost == 1) {
			scratch_remove(dir, ".hookcask-test/index.db");
			scratch_remove(dir, ".hookcask-test/index.db-wal");
		}
		ahead_us = INT64_C(3) * 366 * 86400 * 1000000;
		ck_assert(admin_rebuild(&admin, &count, NULL));
		s = scene_open(&e);
		ck_assert_int_eq(scene_put(s, lost == 0 ? "m2" : "m3"),
		    OUTCOME_STORED);
		ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
		store_close(s);
	}
	scene_assert_ids(dir, name, "m1 m2 m3 ");
}
END_TEST

/* A little with each batch: old ids go, wherever they are. */
START_TEST(test_prune)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char id[32];

	e.dedup_window = 100;
	for (int i = 0; i < 100; i++) {
		/* every fourth one is old, or will be */
		snprintf(id, sizeof(id), "m%02d", i);
		ck_assert_int_eq(scene_put_at(s, id, "1", i % 4 == 0 ? 1000 :
		    1101), OUTCOME_STORED);
	}
	/* as many again have been looked at four times over */
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "n%02d", i);
		ck_assert_int_eq(scene_put_at(s, id, "1", 1101),
		    OUTCOME_STORED);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "m%02d", i);
		ck_assert_int_eq(scene_put_at(s, id, "1", i % 4 == 0 ? 1000 :
		    1101), i % 4 == 0 ? OUTCOME_STORED : OUTCOME_DUPLICATE);
	}
	store_close(s);
}
END_TEST

START_TEST(test_home_link)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "link/log", NULL);
	struct store_options o = { .lock_timeout = 5 };
	struct err err = ERR_INIT;
	struct store *s;
	char path[512];

	scene_path(path, dir, "link");
	ck_assert_int_eq(symlink(dir, path), 0);
	ck_assert(!store_open(&s, &e, &o, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "symbolic link"));
}
END_TEST

/*
 * Somebody cuts the memory that SQLite shares (on a full btrfs a store to it
 * fails alike): no process dies, and the store goes on.
 */
static void
cut_shared_memory(const char *dir, const char *state)
{
	char path[512];

	scene_path(path, dir, state);
	ck_assert_int_eq(truncate(strcat(path, "/index.db-shm"), 0), 0);
}

START_TEST(test_shared_memory_cut)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	cut_shared_memory(dir, ".hookcask-test");
	if (scene_put(s, "m2") != OUTCOME_STORED)
		ck_assert_ptr_nonnull(strstr(scene_noted, "index.db-shm"));
	ck_assert_int_ne(scene_put(s, "m2"), OUTCOME_STORE_ERROR);
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_DUPLICATE);
	store_close(s);
	scene_assert_ids(dir, "log", "m1 m2 ");
}
END_TEST

/* A backup by cp -al gives the log and its state second names. */
START_TEST(test_log_linked)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char from[512], to[512];

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	scene_path(from, dir, "log");
	scene_path(to, dir, "backup");
	ck_assert_int_eq(link(from, to), 0);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	/* where others may write it may be a trap */
	ck_assert_int_eq(chmod(dir, 0770), 0);
	s = scene_open(&e);
	ck_assert_int_eq(scene_put(s, "m4"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "chmod go-w"));
	store_close(s);
	ck_assert_int_eq(chmod(dir, 0700), 0);
	scene_assert_ids(dir, "log", "m1 m2 m3 ");
}
END_TEST

/* What breaks again and again is repaired again and again. */
START_TEST(test_log_many_repairs)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char name[64];

	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	for (int i = 0; i < 103; i++) {
		store_close(s);
		scratch_write(dir, ".hookcask-test/index.db",
		    "no database, for longer than its header of 100 bytes, "
		    "which would be one that is empty, is no database");
		snprintf(name, sizeof(name), "n%d", i);
		s = scene_open(&e);
		ck_assert_int_eq(scene_put(s, name), OUTCOME_STORED);
	}
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_DUPLICATE);
	store_close(s);
}
END_TEST

/* A reader that was stopped has kept the WAL from being started over. */
START_TEST(test_wal_that_has_grown)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);
	char id[32], path[512];
	struct stat st;
	int i;

	ck_assert_int_eq(scene_put(s, "m"), OUTCOME_STORED);
	scene_path(path, dir, ".hookcask-test/index.db-wal");
	ck_assert_int_eq(truncate(path, 100 << 20), 0);
	for (i = 0; i < 3000; i++) {
		snprintf(id, sizeof(id), "m%d", i);
		ck_assert_int_eq(scene_put(s, id), OUTCOME_STORED);
		ck_assert_int_eq(stat(path, &st), 0);
		if (st.st_size <= INDEX_WAL_LEFT)
			break;
	}
	ck_assert_int_lt(i, 3000);
	store_close(s);
}
END_TEST

UNIT_MAIN("store_log", test_wal_that_has_grown, test_shared_memory_cut,
    test_log_linked, test_log_many_repairs, test_log_once, test_log_rotation,
    test_log_torn_tail, test_log_foreign_bytes,
    test_log_foreign_bytes_are_bounded, test_log_whole_line_past_mark,
    test_log_index_lost, test_log_truncated_by_somebody, test_log_not_ours,
    test_log_broken_at_its_start, test_log_is_one_broken_line,
    test_log_like_ours, test_long_name,
    test_log_dated_name, test_log_clock_ahead,
    test_prune, test_home_link)
