/* SPDX-License-Identifier: ISC */
/* The file "stats": what is counted, by many, and when it is broken. */
#include <config.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "stats/stats.h"
#include "stats/stats_read.h"
#include "unit.h"

#define MINUTE	INT64_C(60000000)
#define HOUR	(60 * MINUTE)
#define T0	(HOUR * 400000)		/* a full hour */

static int dir_fd;
static const char *dir;
static struct stats *stats;
static struct stats_file *file;
static struct err err;

static void
set_up(void)
{
	dir = scratch_dir();
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ne(dir_fd, -1);
	file = malloc(sizeof(*file));
	ck_assert_ptr_nonnull(file);
	err = (struct err)ERR_INIT;
	ck_assert_msg(stats_open(&stats, dir, 0600, &err), "%s", err.text);
}

static void
tear_down(void)
{
	stats_close(stats);
	free(file);
	close(dir_fd);
}

static uint64_t
tell(enum outcome outcome, int64_t now_us)
{
	const struct stats_entry e = { .outcome = outcome,
		.now_us = now_us };

	return stats_count(stats, &e);
}

static const struct stats_file *
look(void)
{
	err = (struct err)ERR_INIT;
	ck_assert_msg(stats_read(file, dir_fd, &err), "%s", err.text);
	return file;
}

START_TEST(test_counters)
{
	const struct stats_row *row;

	set_up();
	tell(OUTCOME_STORED, T0);
	tell(OUTCOME_STORED, T0 + 1);
	tell(OUTCOME_DUPLICATE, T0 + 2);
	tell(OUTCOME_IGNORED, T0 + 3);
	tell(OUTCOME_PROBED, T0 + 4);
	tell(OUTCOME_NO_MATCH, T0 + 5);
	tell(OUTCOME_BODY_TIMEOUT, T0 + 6);
	tell(OUTCOME_STORE_ERROR, T0 + 7);
	tell(OUTCOME_BAD_CONFIG, T0 + 8);
	tell(OUTCOME_STORED, T0 + HOUR);
	look();
	ck_assert_int_eq(file->head.since_us, T0);
	ck_assert_uint_eq(file->head.counter[OUTCOME_STORED].count, 3);
	ck_assert_int_eq(file->head.counter[OUTCOME_STORED].last_us,
	    T0 + HOUR);
	ck_assert_uint_eq(file->head.counter[OUTCOME_NO_MATCH].count, 1);
	ck_assert_uint_eq(file->head.counter[OUTCOME_BAD_ID].count, 0);
	row = stats_row(file, 400000);
	ck_assert_ptr_nonnull(row);
	ck_assert_uint_eq(row->stored, 2);
	ck_assert_uint_eq(row->duplicate, 1);
	ck_assert_uint_eq(row->ignored, 1);
	ck_assert_uint_eq(row->probed, 1);
	ck_assert_uint_eq(row->refused, 2);
	ck_assert_uint_eq(row->error, 2);
	ck_assert_uint_eq(stats_row(file, 400001)->stored, 1);
	ck_assert_ptr_null(stats_row(file, 400002));
	/* a week later the row is another hour's */
	tell(OUTCOME_STORED, T0 + 168 * HOUR);
	look();
	ck_assert_ptr_null(stats_row(file, 400000));
	ck_assert_uint_eq(stats_row(file, 400168)->stored, 1);
	ck_assert_uint_eq(stats_row(file, 400168)->duplicate, 0);
	tear_down();
}
END_TEST

static unsigned
bucket_of(int64_t skew)
{
	struct stats_entry e = { .outcome = OUTCOME_STORED, .now_us = T0,
		.has_skew = true, .skew = skew };
	uint32_t before[STATS_BUCKETS] = { 0 };
	const struct stats_row *row;
	unsigned found = STATS_BUCKETS;

	if (stats_read(file, dir_fd, NULL) &&
	    (row = stats_row(file, 400000)) != NULL)
		memcpy(before, row->skew, sizeof(before));
	stats_count(stats, &e);
	row = stats_row(look(), 400000);
	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		if (row->skew[i] != before[i]) {
			ck_assert_uint_eq(found, STATS_BUCKETS);
			found = i;
		}
	ck_assert_uint_lt(found, STATS_BUCKETS);
	return found;
}

/* What the default tolerance admits has buckets of its own. */
START_TEST(test_skew)
{
	set_up();
	ck_assert_uint_eq(bucket_of(INT64_MIN), 0);
	ck_assert_uint_eq(bucket_of(INT64_MAX), 15);
	ck_assert_uint_eq(bucket_of(-301), 2);
	ck_assert_uint_eq(bucket_of(-300), 3);
	ck_assert_uint_eq(bucket_of(-1), 6);
	ck_assert_uint_eq(bucket_of(0), 7);
	ck_assert_uint_eq(bucket_of(300), 12);
	ck_assert_uint_eq(bucket_of(301), 13);
	ck_assert_int_eq(stats_skew_from[12], 301);
	tear_down();
}
END_TEST

START_TEST(test_lines)
{
	struct stats *other;
	struct stats_entry e = { .outcome = OUTCOME_NO_MATCH, .now_us = T0 };

	set_up();
	/* two openings, as of two processes: one limit */
	ck_assert(stats_open(&other, dir, 0600, &err));
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(stats_count(i % 2 ? other : stats, &e), 1);
	ck_assert_uint_eq(stats_count(other, &e), 0);
	ck_assert_uint_eq(tell(OUTCOME_NO_MATCH, T0 + MINUTE - 1), 0);
	/* another reason is not quiet */
	ck_assert_uint_eq(tell(OUTCOME_TOO_OLD, T0 + 1), 1);
	ck_assert_uint_eq(tell(OUTCOME_NO_MATCH, T0 + MINUTE), 3);
	e.now_us = T0 + MINUTE + 1;
	for (int i = 0; i < 9; i++)
		ck_assert_uint_eq(stats_count(other, &e), 1);
	ck_assert_uint_eq(stats_count(stats, &e), 0);
	/* minutes of silence do not lose the count */
	ck_assert_uint_eq(tell(OUTCOME_NO_MATCH, T0 + 9 * MINUTE), 2);
	stats_close(other);
	tear_down();
}
END_TEST

/* Ordinary duplicates take no line from the one that has another body. */
START_TEST(test_quiet)
{
	const struct stats_entry quiet = { .outcome = OUTCOME_DUPLICATE,
		.now_us = T0, .is_quiet = true };

	set_up();
	for (int i = 0; i < 3 * STATS_LINES_MAX; i++)
		ck_assert_uint_eq(stats_count(stats, &quiet), 0);
	ck_assert_uint_eq(tell(OUTCOME_DUPLICATE, T0), 1);
	ck_assert_uint_eq(tell(OUTCOME_DUPLICATE, T0 + MINUTE), 1);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_DUPLICATE].count,
	    3 * STATS_LINES_MAX + 2);
	tear_down();
}
END_TEST

/* A file that is locked for ever delays nothing and frees no flood. */
START_TEST(test_busy)
{
	uint64_t lines = 0;
	int fd;

	set_up();
	tell(OUTCOME_NO_MATCH, T0);
	fd = openat(dir_fd, "stats", O_RDWR);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	for (int i = 0; i < 1000; i++)
		lines += tell(OUTCOME_NO_MATCH, T0 + i);
	ck_assert_uint_eq(lines, 10);
	close(fd);
	ck_assert_uint_eq(tell(OUTCOME_NO_MATCH, T0), 1);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_NO_MATCH].count, 2);
	tear_down();
}
END_TEST

START_TEST(test_refusals)
{
	struct stats_entry e = { .outcome = OUTCOME_TOO_OLD, .now_us = T0,
		.has_skew = true, .skew = 4000, .id = "msg_1",
		.remote = "2001:db8::1" };
	const struct stats_refusal *r;
	char longest[HOOKCASK_ID_MAX + 1], path[200];

	set_up();
	stats_count(stats, &e);
	look();
	r = stats_refusal(file, 0);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->time_us, T0);
	ck_assert_uint_eq(r->outcome, OUTCOME_TOO_OLD);
	ck_assert(r->has_skew);
	ck_assert_int_eq(r->skew, 4000);
	ck_assert_str_eq(r->id, "msg_1");
	ck_assert_str_eq(r->remote, "2001:db8::1");
	ck_assert_ptr_null(stats_refusal(file, 1));
	/* what is kept is none */
	tell(OUTCOME_STORED, T0);
	tell(OUTCOME_IGNORED, T0);
	ck_assert_uint_eq(look()->head.refusal_total, 1);
	/* a stranger's path is cut, and cannot write to a terminal */
	e.id = NULL;
	e.outcome = OUTCOME_UNKNOWN_PATH;
	e.detail = "/a\x1b[2J b\xc3";
	stats_count(stats, &e);
	ck_assert_str_eq(stats_refusal(look(), 0)->detail, "/a?[2J?b?");
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	e.detail = path;
	stats_count(stats, &e);
	ck_assert_uint_eq(strlen(stats_refusal(look(), 0)->detail), 127);
	e.detail = NULL;
	e.outcome = OUTCOME_TOO_OLD;

	memset(longest, 'i', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	e.id = longest;
	e.remote = "a stranger\x1b[2J";
	e.has_skew = false;
	stats_count(stats, &e);
	look();
	r = stats_refusal(file, 0);
	ck_assert_str_eq(r->id, longest);
	ck_assert_str_eq(r->remote, "");
	ck_assert(!r->has_skew);
	ck_assert_int_eq(r->skew, 0);
	tear_down();
}
END_TEST

/* Strangers cannot make it grow: a ring, newest first. */
START_TEST(test_ring)
{
	struct stat st;

	set_up();
	for (int i = 0; i < STATS_REFUSALS + 5; i++)
		tell(OUTCOME_BAD_ID, T0 + i);
	look();
	ck_assert_int_eq(stats_refusal(file, 0)->time_us,
	    T0 + STATS_REFUSALS + 4);
	ck_assert_int_eq(stats_refusal(file, STATS_REFUSALS - 1)->time_us,
	    T0 + 5);
	ck_assert_ptr_null(stats_refusal(file, STATS_REFUSALS));
	ck_assert_int_eq(fstatat(dir_fd, "stats", &st, 0), 0);
	ck_assert_int_eq(st.st_size, (off_t)sizeof(*file));
	tear_down();
}
END_TEST

START_TEST(test_keys)
{
	struct stats_entry e = { .outcome = OUTCOME_STORED };
	char print[9];
	int found = 0;

	set_up();
	/* 17 keys in 16 places: the one longest unused makes room */
	for (int i = 0; i < 17; i++) {
		snprintf(print, sizeof(print), "%08x", (unsigned)i);
		e.key = print;
		e.now_us = T0 + i;
		stats_count(stats, &e);
		stats_count(stats, &e);
	}
	look();
	for (int i = 0; i < STATS_KEYS; i++) {
		ck_assert_str_ne(file->head.key[i].print, "00000000");
		ck_assert_uint_eq(file->head.key[i].count, 2);
		if (strcmp(file->head.key[i].print, "00000010") == 0) {
			ck_assert_int_eq(file->head.key[i].last_us, T0 + 16);
			found++;
		}
	}
	ck_assert_int_eq(found, 1);
	tear_down();
}
END_TEST

START_TEST(test_gaps)
{
	const struct stats_gap *gap;

	set_up();
	tell(OUTCOME_NO_MATCH, T0 - 1);
	tell(OUTCOME_STORED, T0);
	/* short and without an error: no gap */
	tell(OUTCOME_NO_MATCH, T0 + 1);
	tell(OUTCOME_STORED, T0 + MINUTE);
	ck_assert_ptr_null(stats_gap(look(), 0));
	/* short, but something failed */
	tell(OUTCOME_STORE_ERROR, T0 + MINUTE + 1);
	tell(OUTCOME_STORE_ERROR, T0 + MINUTE + 2);
	tell(OUTCOME_BAD_ID, T0 + MINUTE + 3);
	tell(OUTCOME_BAD_METHOD, T0 + MINUTE + 3);
	tell(OUTCOME_IGNORED, T0 + MINUTE + 4);
	tell(OUTCOME_DUPLICATE, T0 + 2 * MINUTE);
	gap = stats_gap(look(), 0);
	ck_assert_ptr_nonnull(gap);
	ck_assert_int_eq(gap->from_us, T0 + MINUTE);
	ck_assert_int_eq(gap->to_us, T0 + 2 * MINUTE);
	ck_assert_uint_eq(gap->errors, 2);
	ck_assert_uint_eq(gap->refused, 1);
	/* long */
	tell(OUTCOME_STORED, T0 + 12 * MINUTE);
	gap = stats_gap(look(), 0);
	ck_assert_int_eq(gap->from_us, T0 + 2 * MINUTE);
	ck_assert_uint_eq(gap->errors, 0);
	/* a clock that steps back makes none */
	tell(OUTCOME_STORED, T0);
	ck_assert_uint_eq(look()->head.gap_total, 2);
	for (int i = 0; i < 70; i++)
		tell(OUTCOME_STORED, T0 + (i + 1) * HOUR);
	look();
	ck_assert_ptr_nonnull(stats_gap(file, STATS_GAPS - 1));
	ck_assert_ptr_null(stats_gap(file, STATS_GAPS));
	tear_down();
}
END_TEST

static void
damage(size_t at, const void *data, size_t len)
{
	int fd = openat(dir_fd, "stats", O_WRONLY);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, data, len, (off_t)at), (ssize_t)len);
	close(fd);
}

START_TEST(test_broken)
{
	uint32_t number;
	struct stat st;

	set_up();
	/* opened, nothing counted yet */
	ck_assert(!stats_read(file, dir_fd, &err));
	ck_assert_int_eq(err.kind, OUTCOME_BAD_DATA);
	tell(OUTCOME_STORED, T0);

	damage(0, "broken", 6);
	ck_assert(!stats_read(file, dir_fd, NULL));
	tell(OUTCOME_STORED, T0);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_STORED].count, 1);

	/* the other byte order */
	number = UINT32_C(0x04030201);
	damage(offsetof(struct stats_head, order), &number, sizeof(number));
	ck_assert(!stats_read(file, dir_fd, NULL));
	tell(OUTCOME_STORED, T0);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_STORED].count, 1);

	ck_assert_int_eq(fstatat(dir_fd, "stats", &st, 0), 0);
	scratch_write(dir, "stats", "cut");
	tell(OUTCOME_STORED, T0);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_STORED].count, 1);

	/* a newer hookcask's file stays as it is; lines are still limited */
	number = STATS_VERSION + 1;
	damage(offsetof(struct stats_head, version), &number, sizeof(number));
	for (int i = 0; i < 12; i++)
		ck_assert_uint_eq(tell(OUTCOME_BAD_ID, T0), i < 10);
	err = (struct err)ERR_INIT;
	ck_assert(!stats_read(file, dir_fd, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "another version"));
	ck_assert_uint_eq(file->head.counter[OUTCOME_BAD_ID].count, 0);
	tear_down();
}
END_TEST

static uint64_t
ignored(const char *type)
{
	const struct stats_type *t = look()->type;

	for (int i = 0; i < STATS_TYPES; i++)
		if (strcmp(t[i].name, type) == 0)
			return t[i].count;
	return 0;
}

/* The most frequent types are kept, also where many overlap. */
START_TEST(test_ignored_types)
{
	struct stats_entry e = { .outcome = OUTCOME_IGNORED, .now_us = T0,
		.is_quiet = true };
	char name[100];

	set_up();
	for (int i = 0; i < 40; i++) {
		e.type = "often";
		stats_count(stats, &e);
		snprintf(name, sizeof(name), "rare.%d", i);
		e.type = name;
		stats_count(stats, &e);
	}
	ck_assert_uint_eq(ignored("often"), 40);
	/* it has the place of one that was counted, and its count */
	ck_assert_uint_ge(ignored("rare.39"), 1);
	ck_assert_uint_eq(ignored("rare.0"), 0);
	ck_assert_uint_eq(file->head.counter[OUTCOME_IGNORED].count, 80);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	stats_count(stats, &e);
	name[STATS_TYPE_SIZE - 1] = '\0';
	ck_assert_uint_ge(ignored(name), 1);
	/* held back with others, the text is its own */
	stats_begin(stats);
	stats_begin(stats);
	e.has_begun = true;
	strcpy(name, "held.back");
	stats_count(stats, &e);
	strcpy(name, "changed");
	e.type = NULL;
	e.outcome = OUTCOME_STORED;
	stats_count(stats, &e);
	ck_assert_uint_ge(ignored("held.back"), 1);
	ck_assert_uint_eq(ignored("changed"), 0);
	tear_down();
}
END_TEST

/* A file of version 1, as its own program wrote it. */
static void
write_version_1(void)
{
	static unsigned char old[355520];
	const size_t row = sizeof(struct stats_head) + 400000 % 168 * 96;
	const size_t refusal = sizeof(struct stats_head) + 168 * 96;
	struct stats_head head = { .order = STATS_ORDER, .version = 1,
		.size = sizeof(old), .since_us = T0 - HOUR,
		.gap_total = 1, .refusal_total = 1001 };
	const int64_t hour = 400000, time = T0 - 5;
	uint32_t number = 7;
	int fd = openat(dir_fd, "stats", O_WRONLY | O_TRUNC);

	memcpy(head.magic, STATS_MAGIC, sizeof(head.magic));
	head.counter[OUTCOME_STORED].count = 41;
	head.gap[0].from_us = T0 - 10;
	memcpy(old, &head, sizeof(head));
	memcpy(old + row, &hour, sizeof(hour));
	memcpy(old + row + 8, &number, sizeof(number));
	number = 9;
	memcpy(old + row + 32 + 15 * 4, &number, sizeof(number));
	/* the newest of the ring is its first, the oldest the second */
	memcpy(old + refusal, &time, sizeof(time));
	strcpy((char *)old + refusal + 24, "192.0.2.1");
	strcpy((char *)old + refusal + 72, "msg_new");
	strcpy((char *)old + refusal + 336 + 72, "msg_old");
	strcpy((char *)old + refusal + 999 * 336 + 72, "msg_last");
	ck_assert_int_eq(write(fd, old, sizeof(old)), (ssize_t)sizeof(old));
	close(fd);
}

static void
assert_version_1(uint32_t stored)
{
	look();
	ck_assert_uint_eq(file->head.version, STATS_VERSION);
	ck_assert_int_eq(file->head.since_us, T0 - HOUR);
	ck_assert_uint_eq(file->head.counter[OUTCOME_STORED].count,
	    34 + stored);
	ck_assert_int_eq(stats_gap(file, 0)->from_us, T0 - 10);
	ck_assert_uint_eq(stats_row(file, 400000)->stored, stored);
	ck_assert_uint_eq(stats_row(file, 400000)->other_body, 0);
	ck_assert_uint_eq(stats_row(file, 400000)->skew[15], 9);
	ck_assert_str_eq(stats_refusal(file, 0)->id, "msg_new");
	ck_assert_str_eq(stats_refusal(file, 0)->remote, "192.0.2.1");
	ck_assert_str_eq(stats_refusal(file, 0)->detail, "");
	ck_assert_int_eq(stats_refusal(file, 0)->time_us, T0 - 5);
	ck_assert_str_eq(stats_refusal(file, 1)->id, "msg_last");
	ck_assert_str_eq(stats_refusal(file, 999)->id, "msg_old");
	ck_assert_str_eq(file->type[0].name, "");
}

/* Read as it is, and migrated by the next delivery with all it counted. */
START_TEST(test_version_1)
{
	struct stat st;

	set_up();
	write_version_1();
	assert_version_1(7);
	ck_assert_int_eq(fstatat(dir_fd, "stats", &st, 0), 0);
	ck_assert_int_eq(st.st_size, 355520);
	ck_assert_uint_eq(tell(OUTCOME_STORED, T0), 1);
	assert_version_1(8);
	ck_assert_int_eq(fstatat(dir_fd, "stats", &st, 0), 0);
	ck_assert_int_eq(st.st_size, (off_t)sizeof(*file));
	tear_down();
}
END_TEST

/* Any bytes may be in the file: the reader's texts end. */
START_TEST(test_tidy)
{
	size_t head = offsetof(struct stats_head, counter);

	set_up();
	tell(OUTCOME_STORED, T0);
	look();
	memset((char *)file + head, 0xFF, sizeof(*file) - head);
	ck_assert(stats_parse(file, sizeof(*file), NULL));
	ck_assert_uint_eq(strlen(stats_refusal(file, 999)->id), 263);
	ck_assert_uint_eq(strspn(stats_refusal(file, 0)->remote, "?"), 47);
	ck_assert_str_eq(outcome_name(
	    (enum outcome)stats_refusal(file, 5)->outcome), "bad-config");
	ck_assert(!stats_parse(file, sizeof(*file) - 1, NULL));
	ck_assert(!stats_parse(file, 10, NULL));
	tear_down();
}
END_TEST

START_TEST(test_removed)
{
	set_up();
	tell(OUTCOME_STORED, T0);
	ck_assert_int_eq(unlinkat(dir_fd, "stats", 0), 0);
	err = (struct err)ERR_INIT;
	ck_assert(!stats_read(file, dir_fd, &err));
	ck_assert_int_eq(err.kind, OUTCOME_NO_INPUT);
	tell(OUTCOME_STORED, T0);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_STORED].count, 1);
	tear_down();
}
END_TEST

START_TEST(test_open)
{
	struct stat st;
	mode_t mask = umask(077);

	set_up();
	stats_close(stats);
	ck_assert(stats_open(&stats, dir, 0640, &err));
	ck_assert_int_eq(fstatat(dir_fd, "stats", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	umask(mask);
	stats_close(stats);
	ck_assert_int_eq(unlinkat(dir_fd, "stats", 0), 0);
	scratch_write(dir, "other", "");
	ck_assert_int_eq(symlinkat("other", dir_fd, "stats"), 0);
	ck_assert(!stats_open(&stats, dir, 0600, &err));
	ck_assert_ptr_null(stats);
	ck_assert_int_eq(unlinkat(dir_fd, "stats", 0), 0);
	ck_assert_int_eq(mkfifoat(dir_fd, "stats", 0600), 0);
	err = (struct err)ERR_INIT;
	ck_assert(!stats_open(&stats, dir, 0600, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "remove it"));
	tear_down();
}
END_TEST

/* It follows its directory's path, and waits where there is none. */
START_TEST(test_directory_made_anew)
{
	char away[256];

	set_up();
	tell(OUTCOME_STORED, T0);
	snprintf(away, sizeof(away), "%s.away", dir);
	ck_assert_int_eq(rename(dir, away), 0);
	ck_assert_uint_eq(tell(OUTCOME_STORED, T0), 1);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_STORED].count, 1);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_uint_eq(tell(OUTCOME_STORED, T0), 1);
	ck_assert_uint_eq(tell(OUTCOME_STORED, T0), 1);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_STORED].count, 1);
	close(dir_fd);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert_uint_eq(look()->head.counter[OUTCOME_STORED].count, 2);
	ck_assert_int_eq(unlinkat(dir_fd, "stats", 0), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(rename(away, dir), 0);
	tear_down();
}
END_TEST

static void *
counter(void *arg)
{
	struct stats *s = arg;
	const struct stats_entry e = { .outcome = OUTCOME_NO_MATCH,
		.now_us = T0, .key = "0a0b0c0d", .id = "i", .remote = "r" };
	uintptr_t lines = 0;

	for (int i = 0; i < 500; i++)
		lines += (uintptr_t)stats_count(s, &e);
	return (void *)lines;
}

/* Threads and processes: few lines, a file that stays whole. */
START_TEST(test_many)
{
	pthread_t threads[4];
	uint64_t lines = 0;
	void *some;
	pid_t pid[3];
	int status;

	set_up();
	tell(OUTCOME_STORED, T0);
	for (int i = 0; i < 3; i++) {
		pid[i] = fork();
		ck_assert_int_ne(pid[i], -1);
		if (pid[i] == 0) {
			struct stats *own;

			if (!stats_open(&own, dir, 0600, NULL))
				_exit(1);
			counter(own);
			stats_close(own);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, counter,
		    stats), 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &some), 0);
		lines += (uintptr_t)some;
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(waitpid(pid[i], &status, 0), pid[i]);
		ck_assert_int_eq(status, 0);
	}
	/* at most the shared limit and the process's own */
	ck_assert_uint_le(lines, 20);
	look();
	ck_assert_uint_eq(file->head.counter[OUTCOME_STORED].count, 1);
	ck_assert_uint_gt(file->head.counter[OUTCOME_NO_MATCH].count, 0);
	ck_assert_uint_le(file->head.counter[OUTCOME_NO_MATCH].count, 3500);
	ck_assert_uint_eq(file->head.counter[OUTCOME_NO_MATCH].count,
	    file->head.refusal_total);
	ck_assert_str_eq(stats_refusal(file, 0)->id, "i");
	tear_down();
}
END_TEST

static void
tell_quiet(int64_t now_us)
{
	const struct stats_entry e = { .outcome = OUTCOME_STORED,
		.now_us = now_us, .key = "0a0b0c0d", .is_quiet = true,
		.has_begun = true };

	ck_assert_uint_eq(stats_count(stats, &e), 0);
}

static uint64_t
stored(void)
{
	return look()->head.counter[OUTCOME_STORED].count;
}

/* Deliveries that overlap are written by the last one, none is lost. */
START_TEST(test_overlap)
{
	set_up();
	stats_begin(stats);
	tell_quiet(T0);
	ck_assert_uint_eq(stored(), 1);
	stats_begin(stats);
	stats_begin(stats);
	tell_quiet(T0 + 10);
	ck_assert_uint_eq(stored(), 1);
	tell_quiet(T0 + 20);
	ck_assert_uint_eq(stored(), 3);
	ck_assert_int_eq(file->head.counter[OUTCOME_STORED].last_us, T0 + 20);
	ck_assert_uint_eq(file->head.key[0].count, 3);
	ck_assert_uint_eq(stats_row(file, 400000)->stored, 3);
	/* each in the row of its own hour */
	stats_begin(stats);
	stats_begin(stats);
	tell_quiet(T0 + HOUR - 1);
	stats_begin(stats);
	tell_quiet(T0 + HOUR);
	tell_quiet(T0 + HOUR + 1);
	look();
	ck_assert_uint_eq(stats_row(file, 400000)->stored, 4);
	ck_assert_uint_eq(stats_row(file, 400001)->stored, 2);
	tear_down();
}
END_TEST

/* One that hangs holds back the others' counts for a moment only. */
START_TEST(test_one_hangs)
{
	const int64_t late = 100000;

	set_up();
	stats_begin(stats);
	stats_begin(stats);
	/* never written before: late */
	tell_quiet(T0);
	ck_assert_uint_eq(stored(), 1);
	stats_begin(stats);
	tell_quiet(T0 + late - 1);
	ck_assert_uint_eq(stored(), 1);
	stats_begin(stats);
	tell_quiet(T0 + late);
	ck_assert_uint_eq(stored(), 3);
	/* a clock that was set back */
	stats_begin(stats);
	tell_quiet(T0);
	ck_assert_uint_eq(stored(), 4);
	/* many at once */
	for (int i = 1; i < 32; i++) {
		stats_begin(stats);
		tell_quiet(T0 + i);
		ck_assert_uint_eq(stored(), 4);
	}
	stats_begin(stats);
	tell_quiet(T0 + 32);
	ck_assert_uint_eq(stored(), 4 + 32);
	/* a refusal is written at once, with what waits */
	stats_begin(stats);
	tell_quiet(T0 + 33);
	ck_assert_uint_eq(stored(), 36);
	ck_assert_uint_eq(tell(OUTCOME_NO_MATCH, T0 + 34), 1);
	ck_assert_uint_eq(stored(), 37);
	/* and so is all at the end */
	stats_begin(stats);
	tell_quiet(T0 + 35);
	ck_assert_uint_eq(stored(), 37);
	stats_close(stats);
	ck_assert_uint_eq(stored(), 38);
	ck_assert(stats_open(&stats, dir, 0600, &err));
	tear_down();
}
END_TEST

/* While another process has the file, all that fits waits for it. */
START_TEST(test_file_busy)
{
	int fd;

	set_up();
	tell(OUTCOME_STORED, T0);
	fd = openat(dir_fd, "stats", O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	for (int i = 0; i < 70; i++) {
		stats_begin(stats);
		tell_quiet(T0 + i);
	}
	ck_assert_int_eq(close(fd), 0);
	ck_assert_uint_eq(stored(), 1);
	stats_begin(stats);
	tell_quiet(T0 + 100);
	ck_assert_uint_eq(stored(), 1 + 64);
	tear_down();
}
END_TEST

static void *
quiet_counter(void *arg)
{
	(void)arg;
	for (int i = 0; i < 16; i++) {
		stats_begin(stats);
		tell_quiet(T0 + i);
	}
	return NULL;
}

/* No more at a time than may wait: then every one is counted. */
START_TEST(test_exact)
{
	pthread_t threads[4];

	set_up();
	for (unsigned round = 1; round <= 50; round++) {
		for (int i = 0; i < 4; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL,
			    quiet_counter, NULL), 0);
		for (int i = 0; i < 4; i++)
			ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_uint_eq(stored(), 64 * round);
	}
	tear_down();
}
END_TEST

UNIT_MAIN("stats", test_counters, test_skew, test_lines, test_quiet, test_busy,
    test_refusals, test_ring, test_keys, test_gaps, test_broken,
    test_ignored_types, test_version_1, test_tidy, test_removed, test_open,
    test_directory_made_anew, test_many,
    test_overlap, test_one_hangs, test_file_busy, test_exact)
