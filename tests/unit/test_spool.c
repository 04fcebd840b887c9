/* SPDX-License-Identifier: ISC */
/* A big batch of a spool: how its files are written and synced. */
#include <config.h>

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "store/spool.h"
#include "unit.h"

#define PUTS 150
#define FDS 4096

/* What the calls have done to each descriptor of a file in tmp/. */
static struct {
	bool is_open, wrote, started, synced;
} seen[FDS];
static int open_now, open_most, synced, started;

static int
spy_open(void *ctx, int dir, const char *name, int flags, mode_t mode)
{
	int fd = fileops_posix.open(ctx, dir, name, flags, mode);

	if (fd >= 0 && strstr(name, ".json") != NULL) {
		ck_assert_int_lt(fd, FDS);
		memset(&seen[fd], 0, sizeof(seen[fd]));
		seen[fd].is_open = true;
		if (++open_now > open_most)
			open_most = open_now;
	}
	return fd;
}

static int
spy_close(void *ctx, int fd)
{
	if (seen[fd].is_open) {
		ck_assert_msg(!seen[fd].wrote || seen[fd].synced,
		    "closed before it was synced");
		open_now--;
	}
	seen[fd].is_open = false;
	return fileops_posix.close(ctx, fd);
}

static ssize_t
spy_write(void *ctx, int fd, const struct iovec *iov, int count,
    int64_t offset)
{
	ck_assert(!seen[fd].started && !seen[fd].synced);
	seen[fd].wrote = true;
	return fileops_posix.write(ctx, fd, iov, count, offset);
}

static int
spy_start(void *ctx, int fd)
{
	ck_assert(seen[fd].wrote && !seen[fd].synced);
	seen[fd].started = true;
	started++;
	return fileops_posix.start(ctx, fd);
}

static int
spy_sync_data(void *ctx, int fd)
{
	if (seen[fd].is_open) {
		ck_assert_msg(!seen[fd].synced, "synced twice");
		seen[fd].synced = true;
		synced++;
	}
	return fileops_posix.sync_data(ctx, fd);
}

struct batch {
	struct put put[PUTS];
	struct put *puts[PUTS];
	struct record record[PUTS];
	char body[32];
};

static void
make_batch(struct batch *b, int count)
{
	struct event event;
	char id[16];

	strcpy(b->body, "{\"type\":\"a.b\"}");
	for (int i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "m%03d", i);
		scratch_event(&event, id, b->body, 1700000000);
		ck_assert(record_init(&b->record[i], &event, NULL));
		b->put[i] = (struct put){ .record = &b->record[i],
			.outcome = OUTCOME_STORE_ERROR };
		b->puts[i] = &b->put[i];
	}
}

/* Puts a batch and returns how many of it were stored. */
static int
put_batch(const char *dir, int count)
{
	static struct batch b;
	char path[512];
	struct endpoint e = { .name = "test", .mode = 0600, .spool = path,
		.dedup_window = 7 * 86400, .where = path };
	struct fileops ops = fileops_posix;
	struct store_options o = { .ops = &ops };
	struct err err = ERR_INIT;
	struct spool spool;
	int stored = 0;

	snprintf(path, sizeof(path), "%s", dir);
	ops.open = spy_open;
	ops.close = spy_close;
	ops.write = spy_write;
	ops.start = spy_start;
	ops.sync_data = spy_sync_data;
	open_now = open_most = synced = started = 0;
	make_batch(&b, count);
	ck_assert(spool_open(&spool, &e, &o, &err));
	ck_assert_msg(spool_lock(&spool, fileops_clock_ms() + 5000, &err),
	    "%s", err.text);
	ck_assert_msg(spool_write(&spool, b.puts, (size_t)count, &err), "%s",
	    err.text);
	spool_unlock(&spool);
	spool_close(&spool);
	for (int i = 0; i < count; i++) {
		stored += b.put[i].outcome == OUTCOME_STORED;
		record_wipe(&b.record[i]);
	}
	ck_assert_int_eq(open_now, 0);
	return stored;
}

START_TEST(test_syncs_together)
{
	/* no more files are open than a careful administrator allows */
	ck_assert_int_eq(put_batch(scratch_dir(), PUTS), PUTS);
	ck_assert_int_eq(open_most, 64);
	ck_assert_int_eq(synced, PUTS);
	ck_assert_int_eq(started, PUTS);
}
END_TEST

START_TEST(test_one_needs_no_start)
{
	ck_assert_int_eq(put_batch(scratch_dir(), 1), 1);
	ck_assert_int_eq(synced, 1);
	ck_assert_int_eq(started, 0);
}
END_TEST

START_TEST(test_few_descriptors)
{
	const char *dir = scratch_dir();
	struct rlimit limit;
	int next = open("/dev/null", O_RDONLY);

	/* besides the store's directories and its index */
	ck_assert_int_ge(next, 0);
	close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)next + 16;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(put_batch(dir, PUTS), PUTS);
	ck_assert_int_lt(open_most, 16);
	ck_assert_int_eq(synced, PUTS);
}
END_TEST

UNIT_MAIN("spool", test_syncs_together, test_one_needs_no_start,
    test_few_descriptors)
