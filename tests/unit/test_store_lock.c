/* SPDX-License-Identifier: ISC */
/* One store, shared by processes: the index under CGI, the lock in turn. */
#include <config.h>

#include <sys/file.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "index/index.h"
#include "scratch.h"
#include "store/admin.h"
#include "store/statedir.h"
#include "store_scene.h"
#include "unit.h"

static void
put_twice(struct store *first, struct store *second, const char *id)
{
	scene_noted[0] = '\0';
	ck_assert_int_eq(scene_put(first, id), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(second, id), OUTCOME_DUPLICATE);
	ck_assert_str_eq(scene_noted, "");
}

/* CGI wants the index for itself, and shares it where others have it open. */
START_TEST(test_cgi_and_others)
{
	struct endpoint e = scene_endpoint(scratch_dir(), "log", NULL);
	struct store_options o = { .lock_timeout = 5, .note = scene_note,
		.is_cgi = true };
	struct store *cgi, *other;
	struct index *reader;
	struct err err = ERR_INIT;
	bool found;
	struct index_row row;

	ck_assert_msg(store_open(&cgi, &e, &o, &err), "%s", err.text);
	ck_assert_int_eq(scene_put(cgi, "m0"), OUTCOME_STORED);
	other = scene_open(&e);
	put_twice(other, cgi, "m1");
	put_twice(cgi, other, "m2");
	store_close(other);
	put_twice(cgi, cgi, "m3");
	/* a reader in the middle of its transaction */
	ck_assert_int_eq(index_open_read(&reader, store_state_path(cgi), &err),
	    INDEX_OK);
	put_twice(cgi, cgi, "m4");
	ck_assert_int_eq(index_find(reader, "m4", &found, &row, &err),
	    INDEX_OK);
	ck_assert(found);
	index_close(reader);
	put_twice(cgi, cgi, "m5");
	other = scene_open(&e);
	for (int i = 0; i < 6; i++) {
		char id[8];

		snprintf(id, sizeof(id), "m%d", i);
		ck_assert_int_eq(scene_put(other, id), OUTCOME_DUPLICATE);
	}
	store_close(other);
	store_close(cgi);
}
END_TEST

START_TEST(test_lock_deadline)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store_options o = { .lock_timeout = 1 };
	struct err err = ERR_INIT;
	struct store *s;
	char path[512];
	int fd;

	ck_assert(store_open(&s, &e, &o, &err));
	ck_assert_int_eq(scene_put(s, "m1"), OUTCOME_STORED);
	scene_path(path, dir, ".hookcask-test");
	fd = open(path, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(fileops_posix.lock(NULL, fd, 0), 0);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "lock-timeout"));
	close(fd);
	ck_assert_int_eq(scene_put(s, "m2"), OUTCOME_STORED);
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
		ck_assert_int_eq(scene_put(load.store, id), OUTCOME_STORED);
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
		if (scene_put(s, id) != OUTCOME_STORED)
			_exit(2);
	}
	store_close(s);
	_exit(0);
}

#define OTHERS 3

/* A process whose queue is never empty does not keep the lock from others. */
START_TEST(test_fair_to_others)
{
	static char names[16][4];
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	pthread_t thread[16];
	int begin[2], status, failed = 0;

	ck_assert_int_eq(pipe(begin), 0);
	for (int i = 0; i < OTHERS; i++) {
		pid_t other = fork();

		ck_assert_int_ge(other, 0);
		if (other == 0)
			be_the_other(&e, i, begin[0]);
	}
	load.store = scene_open(&e);
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
	struct endpoint e = scene_endpoint(home, "log", NULL);
	struct fileops ops = fileops_posix;
	char path[512];

	ops.lock = watch_lock;
	ck_assert(statedir_init(&door.dir, &ops, &e, NULL));
	ck_assert(statedir_open(&door.dir, NULL));
	door.probe = -1;
	/* a process that comes once, as under CGI, does not need it */
	lock_again();
	scene_path(path, home, ".hookcask-test/" STATEDIR_WAITING);
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
	/* one that comes again does, free or not */
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

static struct store *meanwhile;

/* A delivery comes as soon as the lock is free. */
static int
unlock_and_put(void *ctx, int fd)
{
	struct stat st;
	int rc = fileops_posix.unlock(ctx, fd);

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && meanwhile != NULL)
		ck_assert_int_eq(scene_put(meanwhile, "m2"), OUTCOME_STORED);
	return rc;
}

/* Ids are counted while others may write. */
START_TEST(test_counting)
{
	struct endpoint e = scene_endpoint(scratch_dir(), "log", NULL);
	struct fileops ops = fileops_posix;
	struct admin admin = { .endpoint = &e,
		.options = { .ops = &ops, .lock_timeout = 5 } };
	struct admin_count count;
	struct err err = ERR_INIT;

	ops.unlock = unlock_and_put;
	meanwhile = scene_open(&e);
	ck_assert_int_eq(scene_put(meanwhile, "m1"), OUTCOME_STORED);
	ck_assert_msg(admin_look(&admin, &count, &err), "%s", err.text);
	ck_assert_int_eq(count.ids, 2);
	store_close(meanwhile);
}
END_TEST

UNIT_MAIN("store_lock", test_cgi_and_others, test_lock_deadline,
    test_fair_to_others, test_waiting_flag, test_counting)
