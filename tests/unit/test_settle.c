/* SPDX-License-Identifier: ISC */
/* More past the mark than one batch: what is indexed without being copied. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "scratch.h"
#include "unit.h"

#define BODY ((size_t)1 << 20)
#define LINES 44		/* 40 are copied, the rest is read in place */

static int log_fd = -1;
static int64_t mark;
static bool synced, was_read;

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

	put.outcome = OUTCOME_STORE_ERROR;
	make_record(&record, id, body);
	ck_assert(log_open(&log, e, &o, &err));
	ck_assert(log_lock(&log, fileops_clock_ms() + 5000, &err));
	if (!log_write(&log, puts, 1, &err))
		ck_assert_msg(log.late, "%s", err.text);
	log_unlock(&log);
	log_close(&log);
	record_wipe(&record);
	return put.outcome;
}

/* Behind the log, as a batch that was never indexed. */
static void
append(const char *path)
{
	static char body[BODY + 1];
	struct record record;
	char id[16];
	int fd = open(path, O_WRONLY | O_APPEND);

	ck_assert_int_ge(fd, 0);
	mark = lseek(fd, 0, SEEK_END);
	memset(body, 'x', BODY);
	memcpy(body, "{\"type\":\"a.b\",\"x\":\"", 19);
	memcpy(body + BODY - 2, "\"}", 2);
	for (int i = 0; i < LINES; i++) {
		snprintf(id, sizeof(id), "w%d", i);
		make_record(&record, id, body);
		ck_assert_int_eq(writev(fd, record.part, record.part_count),
		    (ssize_t)record.len);
		record_wipe(&record);
	}
	close(fd);
}

START_TEST(test_big_tail)
{
	char path[512];
	struct endpoint e = { .name = "test", .mode = 0600, .log = path,
		.dedup_window = 7 * 86400, .where = path };
	struct fileops ops = fileops_posix;
	enum outcome outcome = OUTCOME_STORE_ERROR;

	ops.open = spy_open;
	ops.read = spy_read;
	ops.sync_data = spy_sync_data;
	snprintf(path, sizeof(path), "%s/log", scratch_dir());
	ck_assert_int_eq(put(&e, &fileops_posix, "m1"), OUTCOME_STORED);
	append(path);
	/* a slow machine needs more than one request for it */
	for (int i = 0; i < 20 && outcome == OUTCOME_STORE_ERROR; i++)
		outcome = put(&e, &ops, "m2");
	ck_assert_int_eq(outcome, OUTCOME_STORED);
	ck_assert(was_read);
	ck_assert_int_eq(put(&e, &ops, "w0"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put(&e, &ops, "w43"), OUTCOME_DUPLICATE);
}
END_TEST

UNIT_MAIN("settle", test_big_tail)
