/* SPDX-License-Identifier: ISC */
/* More past the mark than one batch: what is indexed without being copied. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "store/log.h"
#include "unit.h"

#define BODY ((size_t)1 << 20)
#define LINES 44		/* the last are copied, others read in place */

static int log_fd = -1;
static int64_t mark;
static bool synced, was_read;
static size_t written;		/* by this request */

static int
spy_open(void *ctx, int dir, const char *name, int flags, mode_t mode)
{
	int fd = fileops_posix.open(ctx, dir, name, flags, mode);

	if (strcmp(name, "log") == 0)
		log_fd = fd;
	return fd;
}

static ssize_t
spy_read(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	if (fd == log_fd && offset >= mark) {
		ck_assert_msg(synced, "read before it was synced");
		was_read = true;
	}
	return fileops_posix.read(ctx, fd, buf, len, offset);
}

static ssize_t
spy_write(void *ctx, int fd, const struct iovec *iov, int count,
    int64_t offset)
{
	ssize_t n = fileops_posix.write(ctx, fd, iov, count, offset);

	written += n > 0 ? (size_t)n : 0;
	return n;
}

static int
spy_sync_data(void *ctx, int fd)
{
	synced = synced || fd == log_fd;
	return fileops_posix.sync_data(ctx, fd);
}

static void
make_record(struct record *r, const char *id, char *body)
{
	struct event event;

	scratch_event(&event, id, body, 1700000000);
	ck_assert(record_init(r, &event, NULL));
}

static enum outcome
put(const struct endpoint *e, const struct fileops *ops, const char *id)
{
	struct store_options o = { .ops = ops };
	char body[] = "{\"type\":\"a.b\"}";
	struct err err = ERR_INIT;
	struct record record;
	struct put put = { .record = &record };
	struct put *puts[] = { &put };
	struct log log;

	written = 0;
	put.outcome = OUTCOME_STORE_ERROR;
	make_record(&record, id, body);
	ck_assert(log_open(&log, e, &o, &err));
	ck_assert(log_lock(&log, fileops_clock_ms() + 5000, &err));
	if (!log_write(&log, puts, 1, &err))
		ck_assert_msg(log.late, "%s", err.text);
	log_commit(&log);
	log_unlock(&log);
	log_close(&log);
	record_wipe(&record);
	return put.outcome;
}

/* At the end of the log, as batches that were never indexed. */
static void
append(const char *path, int lines, size_t len)
{
	static char body[12 * BODY + 1];
	struct record record;
	char id[16];
	int fd = open(path, O_WRONLY | O_APPEND);

	ck_assert_int_ge(fd, 0);
	mark = lseek(fd, 0, SEEK_END);
	memset(body, 'x', len);
	memcpy(body, "{\"type\":\"a.b\",\"x\":\"", 19);
	memcpy(body + len - 2, "\"}", 3);
	for (int i = 0; i < lines; i++) {
		snprintf(id, sizeof(id), "w%d", i);
		make_record(&record, id, body);
		ck_assert_int_eq(writev(fd, record.part, record.part_count),
		    (ssize_t)record.len);
		record_wipe(&record);
	}
	close(fd);
}

static char path[512];
static const struct endpoint endpoint = { .name = "test", .mode = 0600,
	.log = path, .dedup_window = 7 * 86400, .where = path };
static struct fileops ops;

static void
set_up(void)
{
	ops = fileops_posix;
	ops.open = spy_open;
	ops.read = spy_read;
	ops.write = spy_write;
	ops.sync_data = spy_sync_data;
	snprintf(path, sizeof(path), "%s/log", scratch_dir());
	unlink(path);
	scratch_remove(scratch_dir(), ".hookcask-test");
	was_read = synced = false;
	ck_assert_int_eq(put(&endpoint, &fileops_posix, "m1"),
	    OUTCOME_STORED);
}

/* The most that was written by one of the requests that it took. */
static size_t
settle(void)
{
	enum outcome outcome = OUTCOME_STORE_ERROR;
	size_t most = 0;

	/* a slow machine needs more than one request for it */
	for (int i = 0; i < 20 && outcome == OUTCOME_STORE_ERROR; i++) {
		outcome = put(&endpoint, &ops, "m2");
		if (written > most)
			most = written;
	}
	ck_assert_int_eq(outcome, OUTCOME_STORED);
	return most;
}

START_TEST(test_big_tail)
{
	set_up();
	append(path, LINES, BODY);
	/* no request copies more than one batch, twice */
	ck_assert_uint_lt(settle(), 2 * BATCH_BYTES + BODY);
	ck_assert(was_read);
	ck_assert_int_eq(put(&endpoint, &ops, "w0"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(&endpoint, &ops, "w43"), OUTCOME_DUPLICATE);
}
END_TEST

/* A record that is longer than other batches is copied whole. */
START_TEST(test_big_line)
{
	set_up();
	append(path, 1, 12 * BODY);
	ck_assert_uint_gt(settle(), 2 * 12 * BODY);
	ck_assert_int_eq(put(&endpoint, &ops, "w0"), OUTCOME_DUPLICATE);
}
END_TEST

UNIT_MAIN("settle", test_big_tail, test_big_line)
