/* SPDX-License-Identifier: ISC */
/* Both stores through store_put(), on a real file system. */
#include <config.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "scratch.h"
#include "store/log.h"
#include "store/store.h"
#include "unit.h"

static struct endpoint
endpoint_at(const char *dir, const char *log, const char *spool)
{
	static char path[512];
	struct endpoint e = { .name = "test", .mode = 0600, .tolerance = 300,
		.dedup_window = 7 * 86400, .where = (char *)(uintptr_t)"test" };

	snprintf(path, sizeof(path), "%s/%s", dir, log == NULL ? spool : log);
	if (log != NULL)
		e.log = path;
	else
		e.spool = path;
	return e;
}

static char noted[4096];

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(noted, sizeof(noted), "%s", text);
}

static struct store *
open_store(const struct endpoint *e)
{
	struct store_options o = { .lock_timeout = 5, .note = note };
	struct err err = ERR_INIT;
	struct store *s;

	ck_assert_msg(store_open(&s, e, &o, &err), "%s", err.text);
	return s;
}

static enum outcome
put_at(struct store *s, const char *id, const char *body, int64_t time,
    bool *other)
{
	struct err err = ERR_INIT;
	struct event event;
	struct record record;
	enum outcome outcome;
	char text[256];

	snprintf(text, sizeof(text), "%s", body);
	scratch_event(&event, id, text, time);
	ck_assert(record_init(&record, &event, &err));
	outcome = store_put(s, &record, other, &err);
	record_wipe(&record);
	if (outcome == OUTCOME_STORE_ERROR)
		snprintf(noted, sizeof(noted), "%s", err.text);
	return outcome;
}

static enum outcome
put(struct store *s, const char *id)
{
	bool other;

	return put_at(s, id, "{\"type\":\"a.b\"}", 1700000000, &other);
}

/* The ids of a log, one after the other, each followed by a blank. */
static void
read_ids(char *ids, size_t size, const char *path)
{
	static char text[1 << 20];
	struct record_view view;
	size_t len = scratch_read(path, text, sizeof(text));

	ids[0] = '\0';
	for (char *p = text, *lf; p < text + len; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(text + len - p));
		ck_assert_msg(lf != NULL, "%s: torn", path);
		ck_assert(record_parse(&view, p, (size_t)(lf - p)));
		snprintf(ids + strlen(ids), size - strlen(ids), "%s ",
		    view.id);
	}
}

static void
assert_ids(const char *dir, const char *name, const char *expected)
{
	char path[512], ids[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	read_ids(ids, sizeof(ids), path);
	ck_assert_str_eq(ids, expected);
}

static void
in_dir(char *path, const char *dir, const char *name)
{
	snprintf(path, 512, "%s/%s", dir, name);
}

START_TEST(test_log_once)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);
	bool other;

	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	s = open_store(&e);
	ck_assert_int_eq(put_at(s, "m2", "[]", 1700000001, &other),
	    OUTCOME_DUPLICATE);
	ck_assert(other);
	ck_assert_int_eq(put_at(s, "m2", "{\"type\":\"a.b\"}", 1700000001,
	    &other), OUTCOME_DUPLICATE);
	ck_assert(!other);
	ck_assert_int_eq(put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	assert_ids(dir, "log", "m1 m2 m3 ");
}
END_TEST

START_TEST(test_log_rotation)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e), *other = open_store(&e);
	char from[512], to[512];

	in_dir(from, dir, "log");
	in_dir(to, dir, "log.1");
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(put(other, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m3"), OUTCOME_STORED);
	ck_assert_int_eq(put(other, "m4"), OUTCOME_STORED);
	ck_assert_int_eq(put(other, "m2"), OUTCOME_DUPLICATE);
	store_close(s);
	store_close(other);
	assert_ids(dir, "log.1", "m1 m2 ");
	assert_ids(dir, "log", "m3 m4 ");
}
END_TEST

static void
append_text(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	in_dir(path, dir, name);
	f = fopen(path, "a");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(test_log_torn_tail)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);

	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	append_text(dir, "log", "{\"specversion\":\"1.0\",\"id\":\"m2");
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	append_text(dir, "log", "torn");
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	assert_ids(dir, "log", "m1 m2 m3 ");
}
END_TEST

/* A whole line past the mark may have been acknowledged: it stays, once. */
START_TEST(test_log_whole_line_past_mark)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);
	char line[2048], path[512];
	size_t len;

	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	store_close(s);
	in_dir(path, dir, "log");
	len = scratch_read(path, line, sizeof(line) - 1);
	line[len] = '\0';
	*strstr(line, "m1") = 'x';
	append_text(dir, "log", line);
	append_text(dir, "log", "torn");
	s = open_store(&e);
	ck_assert_int_eq(put(s, "x1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	assert_ids(dir, "log", "m1 x1 m3 ");
}
END_TEST

START_TEST(test_log_index_lost)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);
	char from[512], to[512];

	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	in_dir(from, dir, "log");
	in_dir(to, dir, "log-20260101");
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORED);
	/* while it is open: the next put must notice */
	scratch_remove(dir, ".hookcask-test/index.db");
	ck_assert_int_eq(put(s, "m2"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m3"), OUTCOME_STORED);
	store_close(s);
	scratch_remove(dir, ".hookcask-test/index.db-wal");
	scratch_write(dir, ".hookcask-test/index.db", "this is no database, "
	    "but long enough to be looked at as the header of one, which is "
	    "a hundred bytes");
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m3"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_DUPLICATE);
	store_close(s);
	/* the whole state directory */
	scratch_remove(dir, ".hookcask-test");
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m4"), OUTCOME_STORED);
	store_close(s);
	assert_ids(dir, "log", "m2 m3 m4 ");
}
END_TEST

START_TEST(test_log_truncated_by_somebody)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);
	char path[512];

	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	in_dir(path, dir, "log");
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_ptr_nonnull(strstr(noted, "copytruncate"));
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	assert_ids(dir, "log", "m2 ");
}
END_TEST

START_TEST(test_log_not_ours)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);
	char text[64], path[512];

	scratch_write(dir, "log", "somebody's notes\n");
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(noted, "not a hookcask log"));
	in_dir(path, dir, "log");
	ck_assert_uint_eq(scratch_read(path, text, sizeof(text)), 17);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("elsewhere", path), 0);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(noted, "symbolic link"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_int_eq(rmdir(path), 0);
	/* anybody could add lines that nobody has verified */
	scratch_write(dir, "log", "");
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(noted, "others may write"));
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	store_close(s);
	/* another endpoint's store */
	strcpy(e.name, "other");
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(noted, "not a hookcask log"));
	store_close(s);
}
END_TEST

/* Power loss may leave any block as NULs; what follows tells whose it is. */
START_TEST(test_log_broken_at_its_start)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);
	char path[512], state[512], away[512];
	int fd;

	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORED);
	store_close(s);
	in_dir(path, dir, "log");
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, "\0\0\0\0\0\0\0\0", 8, 60), 8);
	close(fd);
	in_dir(state, dir, ".hookcask-test");
	in_dir(away, dir, "away");
	ck_assert_int_eq(rename(state, away), 0);
	strcpy(e.name, "other");
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(noted, "not a hookcask log"));
	store_close(s);
	strcpy(e.name, "test");
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	store_close(s);
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
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);
	char path[512], text[64];
	int fd;

	in_dir(path, dir, "log");
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		ck_assert_int_eq(write(fd, other[i].text, other[i].len),
		    (ssize_t)other[i].len);
		close(fd);
		ck_assert_int_eq(put(s, "m1"), OUTCOME_STORE_ERROR);
		ck_assert_ptr_nonnull(strstr(noted, "not a hookcask log"));
		ck_assert_uint_eq(scratch_read(path, text, sizeof(text)),
		    other[i].len);
	}
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	store_close(s);
}
END_TEST

/* A fault at open is an error, not a crash. */
START_TEST(test_long_name)
{
	struct endpoint e = endpoint_at(scratch_dir(), "log", NULL);
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

/* A little with each batch: what is old goes, wherever it stands. */
START_TEST(test_prune)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store *s = open_store(&e);
	char id[32];
	bool other;

	e.dedup_window = 100;
	for (int i = 0; i < 100; i++) {
		/* every fourth one is old, or will be */
		snprintf(id, sizeof(id), "m%02d", i);
		ck_assert_int_eq(put_at(s, id, "1", i % 4 == 0 ? 1000 : 1101,
		    &other), OUTCOME_STORED);
	}
	/* as many again have been looked at four times over */
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "n%02d", i);
		ck_assert_int_eq(put_at(s, id, "1", 1101, &other),
		    OUTCOME_STORED);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "m%02d", i);
		ck_assert_int_eq(put_at(s, id, "1", i % 4 == 0 ? 1000 : 1101,
		    &other), i % 4 == 0 ? OUTCOME_STORED : OUTCOME_DUPLICATE);
	}
	store_close(s);
}
END_TEST

static void
put_twice(struct store *first, struct store *second, const char *id)
{
	noted[0] = '\0';
	ck_assert_int_eq(put(first, id), OUTCOME_STORED);
	ck_assert_int_eq(put(second, id), OUTCOME_DUPLICATE);
	ck_assert_str_eq(noted, "");
}

/* CGI wants the index for itself, and shares it where others have it open. */
START_TEST(test_cgi_and_others)
{
	struct endpoint e = endpoint_at(scratch_dir(), "log", NULL);
	struct store_options o = { .lock_timeout = 5, .note = note,
		.is_cgi = true };
	struct store *cgi, *other;
	struct index *reader;
	struct err err = ERR_INIT;
	bool found;
	struct index_row row;

	ck_assert_msg(store_open(&cgi, &e, &o, &err), "%s", err.text);
	ck_assert_int_eq(put(cgi, "m0"), OUTCOME_STORED);
	other = open_store(&e);
	put_twice(other, cgi, "m1");
	put_twice(cgi, other, "m2");
	store_close(other);
	put_twice(cgi, cgi, "m3");
	/* one who only looks, and is in the middle of it */
	ck_assert_int_eq(index_open_read(&reader, store_state_path(cgi), &err),
	    INDEX_OK);
	put_twice(cgi, cgi, "m4");
	ck_assert_int_eq(index_find(reader, "m4", &found, &row, &err),
	    INDEX_OK);
	ck_assert(found);
	index_close(reader);
	put_twice(cgi, cgi, "m5");
	other = open_store(&e);
	for (int i = 0; i < 6; i++) {
		char id[8];

		snprintf(id, sizeof(id), "m%d", i);
		ck_assert_int_eq(put(other, id), OUTCOME_DUPLICATE);
	}
	store_close(other);
	store_close(cgi);
}
END_TEST

struct crowd {
	struct store *store;
	int base;
	int stored, duplicate;
};

static void *
crowd_main(void *arg)
{
	struct crowd *c = arg;
	char id[32];

	for (int i = 0; i < 100; i++) {
		enum outcome o;

		snprintf(id, sizeof(id), "m%d", c->base + i);
		o = put(c->store, id);
		c->stored += o == OUTCOME_STORED;
		c->duplicate += o == OUTCOME_DUPLICATE;
	}
	return NULL;
}

/* 8 threads on 2 handles, each id twice: every one is stored once. */
static void
crowd(struct endpoint *e)
{
	struct store *s[2] = { open_store(e), open_store(e) };
	struct crowd c[8];
	pthread_t thread[8];
	int stored = 0, duplicate = 0;

	for (int i = 0; i < 8; i++) {
		c[i] = (struct crowd){ s[i % 2], i / 2 * 100, 0, 0 };
		ck_assert_int_eq(pthread_create(&thread[i], NULL, crowd_main,
		    &c[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(thread[i], NULL);
		stored += c[i].stored;
		duplicate += c[i].duplicate;
	}
	ck_assert_int_eq(stored, 400);
	ck_assert_int_eq(duplicate, 400);
	store_close(s[0]);
	store_close(s[1]);
}

START_TEST(test_log_crowd)
{
	struct endpoint e = endpoint_at(scratch_dir(), "log", NULL);

	crowd(&e);
}
END_TEST

START_TEST(test_spool_crowd)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, NULL, "spool");
	char path[512];

	in_dir(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	crowd(&e);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 400);
	ck_assert_int_eq(scratch_count(dir, "spool/tmp"), 0);
}
END_TEST

START_TEST(test_spool)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, NULL, "spool");
	struct store *s;
	char path[512];

	in_dir(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_DUPLICATE);
	/* a file that nobody indexed was never acknowledged */
	scratch_write(dir, "spool/tmp/0000000000000001-x.json", "{}\n");
	ck_assert_int_eq(put(s, "../evil"), OUTCOME_STORED);
	ck_assert_int_eq(scratch_count(dir, "spool/tmp"), 0);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 2);
	/* consumed, and still a duplicate */
	scratch_remove(dir, "spool/new");
	ck_assert_int_eq(mkdir(strcat(path, "/new"), 0700), 0);
	store_close(s);
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 1);
	store_close(s);
}
END_TEST

START_TEST(test_spool_not_ours)
{
	static const char *const names[] = { "spool/tmp", "spool/new" };
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, NULL, "spool");
	struct store *s;
	char path[512];

	in_dir(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	s = open_store(&e);
	for (size_t i = 0; i < 2; i++) {
		in_dir(path, dir, names[i]);
		mkdir(path, 0700);
		ck_assert_int_eq(chmod(path, 0777), 0);
		ck_assert_int_eq(put(s, "m1"), OUTCOME_STORE_ERROR);
		ck_assert_ptr_nonnull(strstr(noted, "others may write"));
		ck_assert_int_eq(chmod(path, 0700), 0);
	}
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	store_close(s);
}
END_TEST

/* What was moved away is no spool any more, though it is still open. */
START_TEST(test_spool_moved)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, NULL, "spool");
	struct store *s;
	char path[512], away[512];

	in_dir(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	s = open_store(&e);
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	in_dir(path, dir, "spool/new");
	in_dir(away, dir, "spool/old");
	ck_assert_int_eq(rename(path, away), 0);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(scratch_count(dir, "spool/old"), 1);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 1);
	store_close(s);
}
END_TEST

START_TEST(test_home_link)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "link/log", NULL);
	struct store_options o = { .lock_timeout = 5 };
	struct err err = ERR_INIT;
	struct store *s;
	char path[512];

	in_dir(path, dir, "link");
	ck_assert_int_eq(symlink(dir, path), 0);
	ck_assert(!store_open(&s, &e, &o, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "symbolic link"));
}
END_TEST

START_TEST(test_lock_deadline)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	struct store_options o = { .lock_timeout = 1 };
	struct err err = ERR_INIT;
	struct store *s;
	char path[512];
	int fd;

	ck_assert(store_open(&s, &e, &o, &err));
	ck_assert_int_eq(put(s, "m1"), OUTCOME_STORED);
	in_dir(path, dir, ".hookcask-test");
	fd = open(path, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(fileops_posix.lock(NULL, fd, 0), 0);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(noted, "lock-timeout"));
	close(fd);
	ck_assert_int_eq(put(s, "m2"), OUTCOME_STORED);
	store_close(s);
}
END_TEST

/* A disk that takes its time: nothing is synced until the gate opens. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t change;
	bool is_open;
	bool is_waited_for;
	unsigned passes;		/* syncs that may go on */
	unsigned answers;
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	.change = PTHREAD_COND_INITIALIZER };

static int
slow_sync(void *ctx, int fd)
{
	pthread_mutex_lock(&gate.mutex);
	gate.is_waited_for = true;
	pthread_cond_broadcast(&gate.change);
	while (!gate.is_open && gate.passes == 0)
		pthread_cond_wait(&gate.change, &gate.mutex);
	if (!gate.is_open)
		gate.passes--;
	pthread_mutex_unlock(&gate.mutex);
	return fileops_posix.sync_data(ctx, fd);
}

static void
open_gate(void)
{
	pthread_mutex_lock(&gate.mutex);
	gate.is_open = true;
	pthread_cond_broadcast(&gate.change);
	pthread_mutex_unlock(&gate.mutex);
}

static void
let_one_through(void)
{
	pthread_mutex_lock(&gate.mutex);
	gate.passes++;
	pthread_cond_broadcast(&gate.change);
	pthread_mutex_unlock(&gate.mutex);
}

/* In place of the C library's, which it calls unless threads have run out. */
static _Atomic bool no_threads;

int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*start)(void *), void *arg)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
	    void *);

	if (no_threads)
		return EAGAIN;
	*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	return next(thread, attr, start, arg);
}

struct submitted {
	struct store_request request;
	struct record record;
	bool is_done;
};

static void
take_answer(void *ctx)
{
	struct submitted *m = ctx;

	pthread_mutex_lock(&gate.mutex);
	ck_assert(!m->is_done);
	m->is_done = true;
	gate.answers++;
	pthread_cond_broadcast(&gate.change);
	pthread_mutex_unlock(&gate.mutex);
}

static void
submit(struct store *s, struct submitted *m, const char *id)
{
	static char body[] = "{}";
	struct event event;

	memset(m, 0, sizeof(*m));
	scratch_event(&event, id, body, 1700000000);
	ck_assert(record_init(&m->record, &event, NULL));
	m->request.put.record = &m->record;
	m->request.done = take_answer;
	m->request.ctx = m;
	store_submit(s, &m->request);
}

static void
wait_for_answers(unsigned count)
{
	pthread_mutex_lock(&gate.mutex);
	while (gate.answers < count)
		pthread_cond_wait(&gate.change, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
}

static void *
lead_one(void *store)
{
	static struct submitted first;

	submit(store, &first, "first");
	ck_assert_int_eq(first.request.put.outcome, OUTCOME_STORED);
	return NULL;
}

/* Opens a store in which a leader waits for the disk. */
static struct store *
open_slow(const struct endpoint *e, unsigned lock_timeout, pthread_t *leader)
{
	static struct fileops ops;
	const struct store_options o = { .lock_timeout = lock_timeout,
		.ops = &ops };
	struct err err = ERR_INIT;
	struct store *s;

	ops = fileops_posix;
	ops.sync_data = slow_sync;
	gate.is_open = gate.is_waited_for = false;
	gate.passes = gate.answers = 0;
	ck_assert_msg(store_open(&s, e, &o, &err), "%s", err.text);
	ck_assert_int_eq(pthread_create(leader, NULL, lead_one, s), 0);
	pthread_mutex_lock(&gate.mutex);
	while (!gate.is_waited_for)
		pthread_cond_wait(&gate.change, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
	return s;
}

/* Who comes while another one leads is not held up, and told later. */
START_TEST(test_submit)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	static struct submitted many[40];
	struct store *s;
	pthread_t leader;
	char id[16];

	s = open_slow(&e, 60, &leader);
	for (int i = 0; i < 40; i++) {
		/* the last of them comes twice */
		snprintf(id, sizeof(id), "m%d", i < 38 ? i : 38);
		submit(s, &many[i], id);
		ck_assert(!many[i].is_done);
	}
	open_gate();
	wait_for_answers(41);
	ck_assert_int_eq(pthread_join(leader, NULL), 0);
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(many[i].request.put.outcome, i < 39 ?
		    OUTCOME_STORED : OUTCOME_DUPLICATE);
		record_wipe(&many[i].record);
	}
	/* alone one leads, and is told before it returns */
	gate.answers = 0;
	submit(s, &many[0], "alone");
	ck_assert(many[0].is_done);
	record_wipe(&many[0].record);
	store_close(s);
}
END_TEST

/* Who leads is back once it is stored itself, however many come after it. */
START_TEST(test_submit_comes_back)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	static struct submitted next;
	struct store *s;
	pthread_t leader;

	s = open_slow(&e, 60, &leader);
	submit(s, &next, "next");
	let_one_through();
	ck_assert_int_eq(pthread_join(leader, NULL), 0);
	wait_for_answers(1);
	ck_assert(!next.is_done);
	open_gate();
	wait_for_answers(2);
	ck_assert_int_eq(next.request.put.outcome, OUTCOME_STORED);
	record_wipe(&next.record);
	store_close(s);
}
END_TEST

/* Where no thread can be started the leader answers those who waited. */
START_TEST(test_submit_no_threads)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	static struct submitted many[5];
	struct store *s;
	pthread_t leader;
	char id[16];

	s = open_slow(&e, 60, &leader);
	no_threads = true;
	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof(id), "m%d", i);
		submit(s, &many[i], id);
		ck_assert(!many[i].is_done);
	}
	open_gate();
	ck_assert_int_eq(pthread_join(leader, NULL), 0);
	no_threads = false;
	for (int i = 0; i < 5; i++) {
		ck_assert(many[i].is_done);
		ck_assert_int_eq(many[i].request.put.outcome, OUTCOME_STORED);
		record_wipe(&many[i].record);
	}
	store_close(s);
}
END_TEST

/* A disk that hangs: who waits behind it is told in time. */
START_TEST(test_submit_deadline)
{
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	static struct submitted late[2];
	struct store *s;
	pthread_t leader;

	s = open_slow(&e, 1, &leader);
	submit(s, &late[0], "late");
	submit(s, &late[1], "later");
	wait_for_answers(2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(late[i].request.put.outcome,
		    OUTCOME_STORE_ERROR);
		ck_assert_ptr_nonnull(strstr(late[i].request.err.text,
		    "longer than lock-timeout"));
		record_wipe(&late[i].record);
	}
	open_gate();
	ck_assert_int_eq(pthread_join(leader, NULL), 0);
	ck_assert_int_eq(put(s, "late"), OUTCOME_STORED);
	ck_assert_int_eq(put(s, "first"), OUTCOME_DUPLICATE);
	store_close(s);
}
END_TEST

/* Puts one record after the other; the queue of a crowd is never empty. */
static struct {
	struct store *store;
	_Atomic bool is_over;
	_Atomic unsigned count;
} load;

static void *
load_main(void *arg)
{
	char id[32];

	for (unsigned i = 0; !load.is_over; i++) {
		snprintf(id, sizeof(id), "%s%u", (const char *)arg, i);
		ck_assert_int_eq(put(load.store, id), OUTCOME_STORED);
		load.count++;
	}
	return NULL;
}

/* Another process, which must get the lock within its second each time. */
static void
be_the_other(const struct endpoint *e, int number, int begin)
{
	struct store_options o = { .lock_timeout = 1 };
	struct store *s;
	char id[32], byte;

	if (read(begin, &byte, 1) != 1 || !store_open(&s, e, &o, NULL))
		_exit(1);
	for (int i = 0; i < 50; i++) {
		snprintf(id, sizeof(id), "other%d.%d", number, i);
		if (put(s, id) != OUTCOME_STORED)
			_exit(2);
	}
	store_close(s);
	_exit(0);
}

#define OTHERS 3

/* Who leads on and on does not keep the lock from others. */
START_TEST(test_fair_to_others)
{
	static char names[16][4];
	const char *dir = scratch_dir();
	struct endpoint e = endpoint_at(dir, "log", NULL);
	pthread_t thread[16];
	int begin[2], status, failed = 0;

	ck_assert_int_eq(pipe(begin), 0);
	for (int i = 0; i < OTHERS; i++) {
		pid_t other = fork();

		ck_assert_int_ge(other, 0);
		if (other == 0)
			be_the_other(&e, i, begin[0]);
	}
	load.store = open_store(&e);
	for (int i = 0; i < 16; i++) {
		snprintf(names[i], sizeof(names[i]), "%c", 'a' + i);
		ck_assert_int_eq(pthread_create(&thread[i], NULL, load_main,
		    names[i]), 0);
	}
	while (load.count < 100)
		sched_yield();
	ck_assert_int_eq(write(begin[1], "...", OTHERS), OTHERS);
	for (int i = 0; i < OTHERS; i++) {
		ck_assert_int_gt(wait(&status), 0);
		failed |= status;
	}
	load.is_over = true;
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
	ck_assert_int_eq(failed, 0);
	store_close(load.store);
	close(begin[0]);
	close(begin[1]);
}
END_TEST

/* The lock of a state directory, as it is asked for. */
static struct {
	struct statedir dir;
	int probe;		/* the flag's file, opened by somebody else */
	bool is_taken;		/* the lock, at the first try */
	bool was_up;		/* the flag, while it was waited for */
	int64_t turn_ms;	/* how long the flag is waited for */
	unsigned looks;		/* at the flag */
} door;

static bool
is_up(void)
{
	if (flock(door.probe, LOCK_EX | LOCK_NB) != 0)
		return true;
	flock(door.probe, LOCK_UN);
	return false;
}

static int
watch_lock(void *ctx, int fd, int64_t deadline_ms)
{
	if (fd == door.dir.flag_fd) {
		door.looks++;
		door.turn_ms = deadline_ms - fileops_clock_ms();
	}
	if (fd == door.dir.fd && door.is_taken && deadline_ms == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (fd == door.dir.fd && door.probe >= 0)
		door.was_up = is_up();
	return fileops_posix.lock(ctx, fd, deadline_ms);
}

static void
lock_again(void)
{
	bool replaced;

	ck_assert(statedir_lock(&door.dir, fileops_clock_ms() + 5000,
	    &replaced, NULL));
	ck_assert(!replaced);
	statedir_unlock(&door.dir);
}

START_TEST(test_waiting_flag)
{
	const char *home = scratch_dir();
	struct endpoint e = endpoint_at(home, "log", NULL);
	struct fileops ops = fileops_posix;
	char path[512];

	ops.lock = watch_lock;
	ck_assert(statedir_init(&door.dir, &ops, &e, NULL));
	ck_assert(statedir_open(&door.dir, NULL));
	door.probe = -1;
	/* who comes once, as under CGI, has nothing to do with it */
	lock_again();
	in_dir(path, home, ".hookcask-test/" STATEDIR_WAITING);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_uint_eq(door.looks, 0);
	/* but if the lock is held it has, and lets others wait for it */
	door.probe = open(path, O_RDWR | O_CREAT, 0600);
	ck_assert_int_ge(door.probe, 0);
	door.dir.has_held = false;
	door.is_taken = true;
	lock_again();
	ck_assert_uint_eq(door.looks, 1);
	ck_assert(door.was_up);
	ck_assert(!is_up());
	/* so has who comes again, free or not */
	door.is_taken = false;
	lock_again();
	ck_assert_uint_eq(door.looks, 2);
	ck_assert(door.was_up);
	ck_assert(!is_up());
	/* who was stopped while he waited keeps nobody out */
	ck_assert_int_eq(flock(door.probe, LOCK_EX), 0);
	lock_again();
	ck_assert_int_gt(door.turn_ms, 0);
	ck_assert_int_le(door.turn_ms, 1000);
	close(door.probe);
	statedir_close(&door.dir);
}
END_TEST

UNIT_MAIN("store", test_log_once, test_log_rotation, test_log_torn_tail,
    test_log_whole_line_past_mark, test_log_index_lost,
    test_log_truncated_by_somebody, test_log_not_ours,
    test_log_broken_at_its_start, test_log_like_ours, test_long_name,
    test_log_dated_name, test_prune, test_cgi_and_others,
    test_log_crowd, test_spool_crowd, test_spool, test_spool_not_ours,
    test_spool_moved, test_home_link, test_lock_deadline, test_submit,
    test_submit_comes_back, test_submit_no_threads, test_submit_deadline,
    test_fair_to_others, test_waiting_flag)
