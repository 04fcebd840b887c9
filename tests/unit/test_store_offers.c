/* SPDX-License-Identifier: ISC */
/* Processes that share a sync: what is offered, taken, told and believed. */
#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "scratch.h"
#include "store/offers.h"
#include "store_scene.h"
#include "unit.h"

/* The store that waits.  It gets the lock only when it may. */
static struct {
	struct store *store;
	struct fileops ops;
	atomic_bool may_lock, is_waiting;
	atomic_uint locks;		/* that it got */
	/* called when it was told, before it looks */
	void (*when_told)(void);
	pthread_t thread;
	const char *id, *body;
	enum outcome outcome;
} rider;

static struct endpoint endpoint;
static const char *dir;
static atomic_uint syncs;		/* of the store that has the lock */

static int
rider_lock(void *ctx, int fd, int64_t deadline_ms)
{
	struct stat st;
	int rc;

	if (!rider.may_lock && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = ETIMEDOUT;
		return -1;
	}
	rc = fileops_posix.lock(ctx, fd, deadline_ms);
	if (rc == 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		rider.locks++;
	return rc;
}

static ssize_t
rider_receive(void *ctx, int fd, void *buf, size_t len, int64_t deadline_ms)
{
	ssize_t n;

	rider.is_waiting = true;
	n = fileops_posix.receive(ctx, fd, buf, len, deadline_ms);
	if (n > 0 && rider.when_told != NULL)
		rider.when_told();
	return n;
}

static int
count_sync(void *ctx, int fd)
{
	syncs++;
	return fileops_posix.sync_data(ctx, fd);
}

static struct store *
open_with(const struct fileops *ops)
{
	struct store_options o = { .lock_timeout = 20, .note = scene_note,
		.ops = ops };
	struct err err = ERR_INIT;
	struct store *s;

	ck_assert_msg(store_open(&s, &endpoint, &o, &err), "%s", err.text);
	return s;
}

static void *
ride(void *arg)
{
	(void)arg;
	rider.outcome = scene_put_at(rider.store, rider.id, rider.body,
	    1700000000);
	return NULL;
}

/* It has put "before", so that its index is open. */
static void
open_rider(void)
{
	rider.ops = fileops_posix;
	rider.ops.lock = rider_lock;
	rider.ops.receive = rider_receive;
	rider.may_lock = true;
	rider.store = open_with(&rider.ops);
	ck_assert_int_eq(scene_put(rider.store, "before"), OUTCOME_STORED);
}

/* Waits until its record is there to be taken. */
static void
offer(const char *id, const char *body)
{
	rider.may_lock = rider.is_waiting = false;
	rider.locks = 0;
	rider.id = id;
	rider.body = body;
	ck_assert_int_eq(pthread_create(&rider.thread, NULL, ride, NULL), 0);
	while (!rider.is_waiting)
		sched_yield();
}

static enum outcome
ended(void)
{
	ck_assert_int_eq(pthread_join(rider.thread, NULL), 0);
	return rider.outcome;
}

#define BODY	"{\"type\":\"a.b\"}"

static struct fileops counting;	/* of the store that has the lock */

static void
two_stores(const char *log, const char *spool, struct store **holder)
{
	/* a holder may tell a process that has just ended */
	signal(SIGPIPE, SIG_IGN);
	counting = fileops_posix;
	counting.sync_data = count_sync;
	dir = scratch_dir();
	endpoint = scene_endpoint(dir, log, spool);
	if (spool != NULL)
		ck_assert_int_eq(mkdir(endpoint.spool, 0700), 0);
	open_rider();
	*holder = open_with(&counting);
	ck_assert_int_eq(scene_put(*holder, "first"), OUTCOME_STORED);
	syncs = 0;
}

START_TEST(test_one_sync_for_two)
{
	struct store *holder;

	two_stores("log", NULL, &holder);
	offer("w1", BODY);
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	ck_assert_uint_eq(syncs, 1);
	ck_assert_uint_eq(rider.locks, 0);
	/* the same again is a duplicate, for both */
	offer("w1", BODY);
	ck_assert_int_eq(scene_put(holder, "m2"), OUTCOME_STORED);
	ck_assert_int_eq(ended(), OUTCOME_DUPLICATE);
	ck_assert_int_eq(scene_put(holder, "w1"), OUTCOME_DUPLICATE);
	scene_assert_ids(dir, "log", "before first m1 w1 m2 ");
	store_close(holder);
	store_close(rider.store);
}
END_TEST

START_TEST(test_spool)
{
	struct store *holder;

	two_stores(NULL, "spool", &holder);
	offer("w1", BODY);
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	ck_assert_uint_eq(rider.locks, 0);
	ck_assert_int_eq(scene_put(holder, "w1"), OUTCOME_DUPLICATE);
	store_close(holder);
	store_close(rider.store);
}
END_TEST

static void
allow_lock(void)
{
	rider.may_lock = true;
}

/* The second body of an id: its own process keeps it, under the lock. */
START_TEST(test_other_body)
{
	struct store *holder;

	two_stores("log", NULL, &holder);
	rider.when_told = allow_lock;
	offer("m1", "{\"type\":\"other\"}");
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(ended(), OUTCOME_OTHER_BODY);
	ck_assert_uint_ge(rider.locks, 1);
	store_close(holder);
	store_close(rider.store);
}
END_TEST

static void
doubt(void)
{
	char path[512];
	int fd;

	scene_path(path, dir, ".hookcask-test/" LEDGER_DOUBT);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	rider.may_lock = true;
}

/* What it is told is not enough: the index must be there to agree. */
START_TEST(test_told_and_not_believed)
{
	struct store *holder;

	two_stores("log", NULL, &holder);
	rider.when_told = doubt;
	offer("w1", BODY);
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	ck_assert_uint_ge(rider.locks, 1);
	scene_assert_ids(dir, "log", "before first m1 w1 ");
	store_close(holder);
	store_close(rider.store);
}
END_TEST

/* Nothing of an event stays behind, not even here. */
START_TEST(test_nothing_stays)
{
	static char text[1 << 16];
	struct store *holder;
	char path[512];
	size_t len;

	two_stores("log", NULL, &holder);
	offer("w1", "{\"type\":\"a.b\",\"name\":\"somebody\"}");
	scene_path(path, dir, ".hookcask-test/" OFFERS_FILE);
	len = scratch_read(path, text, sizeof(text));
	ck_assert_ptr_nonnull(memmem(text, len, "somebody", 8));
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	len = scratch_read(path, text, sizeof(text));
	ck_assert_ptr_null(memmem(text, len, "somebody", 8));
	store_close(holder);
	store_close(rider.store);
}
END_TEST

static ssize_t
deaf(void *ctx, int fd, void *buf, size_t len, int64_t deadline_ms)
{
	(void)ctx;
	(void)fd;
	(void)buf;
	(void)len;
	(void)deadline_ms;
	rider.is_waiting = rider.may_lock = true;
	errno = EIO;
	return -1;
}

/* Its FIFO cannot be read: it waits for the lock, and turns no circles. */
START_TEST(test_it_cannot_hear)
{
	struct store *holder;

	two_stores("log", NULL, &holder);
	rider.ops.receive = deaf;
	offer("w1", BODY);
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	ck_assert_uint_eq(rider.locks, 1);
	scene_assert_ids(dir, "log", "before first w1 ");
	store_close(holder);
	store_close(rider.store);
}
END_TEST

/* Nobody takes it: whoever had the lock is an older version, or dead. */
START_TEST(test_nobody_tells)
{
	struct store *holder;

	two_stores("log", NULL, &holder);
	offer("w1", BODY);
	rider.may_lock = true;
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	ck_assert_uint_ge(rider.locks, 1);
	/* what it has put by itself is nobody's to take */
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	scene_assert_ids(dir, "log", "before first w1 m1 ");
	store_close(holder);
	store_close(rider.store);
}
END_TEST

/* Changes a byte of the only record that is offered. */
static void
tear(void)
{
	char path[512], text[1 << 16];
	size_t len;
	int fd;

	scene_path(path, dir, ".hookcask-test/" OFFERS_FILE);
	fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	len = (size_t)pread(fd, text, sizeof(text), 0);
	ck_assert_uint_gt(len, 200);
	text[len - 20] ^= 1;
	ck_assert_int_eq(pwrite(fd, text + len - 20, 1, (off_t)len - 20), 1);
	close(fd);
}

START_TEST(test_torn)
{
	struct store *holder;

	two_stores("log", NULL, &holder);
	offer("w1", BODY);
	tear();
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	rider.may_lock = true;
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	scene_assert_ids(dir, "log", "before first m1 w1 ");
	store_close(holder);
	store_close(rider.store);
}
END_TEST

/* A state directory without FIFOs, a table of nonsense: as without offers. */
START_TEST(test_without_a_place)
{
	struct store *holder;
	char path[512];
	int fd;

	two_stores("log", NULL, &holder);
	scene_path(path, dir, ".hookcask-test/" OFFERS_FIFO "000");
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	scene_path(path, dir, ".hookcask-test/" OFFERS_FILE);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "nonsense", 8), 8);
	close(fd);
	rider.may_lock = false;
	ck_assert_int_eq(scene_put(rider.store, "w1"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "lock-timeout"));
	ck_assert(!rider.is_waiting);
	rider.may_lock = true;
	ck_assert_int_eq(scene_put(rider.store, "w1"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	store_close(holder);
	store_close(rider.store);
}
END_TEST

/* Its holder was killed before it could tell. */
static ssize_t
mute(void *ctx, int fd, const void *buf, size_t len)
{
	(void)ctx;
	(void)fd;
	(void)buf;
	return (ssize_t)len;
}

/* What was taken is noted: then it is no duplicate of itself. */
START_TEST(test_noted)
{
	struct store *holder;

	two_stores("log", NULL, &holder);
	counting.send = mute;
	offer("w1", BODY);
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	/* once: it is not taken again */
	ck_assert_int_eq(scene_put(holder, "m2"), OUTCOME_STORED);
	rider.may_lock = true;
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	scene_assert_ids(dir, "log", "before first m1 w1 m2 ");
	store_close(holder);
	store_close(rider.store);
}
END_TEST

static int
offer_meanwhile(void *ctx, int fd)
{
	counting.sync_data = count_sync;
	offer("w1", BODY);
	return count_sync(ctx, fd);
}

/* It came too late for the batch: it is told that it is its turn. */
START_TEST(test_your_turn)
{
	struct store *holder;

	two_stores("log", NULL, &holder);
	/* until a holder has seen an offer, others look by themselves */
	offer("w0", BODY);
	ck_assert_int_eq(scene_put(holder, "m0"), OUTCOME_STORED);
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	counting.sync_data = offer_meanwhile;
	rider.when_told = allow_lock;
	ck_assert_int_eq(scene_put(holder, "m1"), OUTCOME_STORED);
	ck_assert_int_eq(ended(), OUTCOME_STORED);
	ck_assert_uint_ge(rider.locks, 1);
	scene_assert_ids(dir, "log", "before first m0 w0 m1 w1 ");
	store_close(holder);
	store_close(rider.store);
}
END_TEST

#define CHILDREN 8
#define PUTS_MAX 4000

struct message {
	int child, number;
};

/* Says each id that it has stored. */
static void
put_on_and_on(int child, int to)
{
	struct store *s = scene_open(&endpoint);
	enum outcome outcome;
	char id[32];

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < PUTS_MAX; i++) {
		struct message m = { child, i };

		snprintf(id, sizeof(id), "c%d-%d", child, i);
		/* a duplicate if who has stored it was killed */
		outcome = scene_put(s, id);
		if (outcome != OUTCOME_STORED && outcome != OUTCOME_DUPLICATE)
			_exit(1);
		if (write(to, &m, sizeof(m)) != (ssize_t)sizeof(m))
			_exit(1);
	}
	pause();
}

/* Killed one after the other, at any call; what was said is there, once. */
START_TEST(test_killed)
{
	static char seen[CHILDREN][PUTS_MAX];
	static char text[16 << 20];
	pid_t pid[CHILDREN];
	struct record_view view;
	struct message m;
	char path[512];
	int ends[2], status, child, number;
	size_t len;

	dir = scratch_dir();
	endpoint = scene_endpoint(dir, "log", NULL);
	ck_assert_int_eq(pipe(ends), 0);
	for (int i = 0; i < CHILDREN; i++) {
		pid[i] = fork();
		ck_assert_int_ge(pid[i], 0);
		if (pid[i] == 0)
			put_on_and_on(i, ends[1]);
	}
	close(ends[1]);
	/* a slow one is not waited for */
	for (int i = 0; i < CHILDREN; i++) {
		for (int n = 0; n < 100; n++) {
			ck_assert_int_eq(read(ends[0], &m, sizeof(m)),
			    (int)sizeof(m));
			seen[m.child][m.number] = 1;
		}
		kill(pid[i], SIGKILL);
	}
	while (read(ends[0], &m, sizeof(m)) == (ssize_t)sizeof(m))
		seen[m.child][m.number] = 1;
	for (int i = 0; i < CHILDREN; i++) {
		ck_assert_int_eq(waitpid(pid[i], &status, 0), pid[i]);
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) ==
		    SIGKILL, "process %d ended by itself: %d", i, status);
	}
	/* settles what they have left */
	rider.store = scene_open(&endpoint);
	ck_assert_int_eq(scene_put(rider.store, "last"), OUTCOME_STORED);
	store_close(rider.store);
	scene_path(path, dir, "log");
	len = scratch_read(path, text, sizeof(text));
	for (char *p = text, *lf; p < text + len; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(text + len - p));
		ck_assert(lf != NULL && record_parse(&view, p,
		    (size_t)(lf - p)));
		if (sscanf(view.id, "c%d-%d", &child, &number) != 2)
			continue;
		ck_assert_msg(seen[child][number] < 2, "%s: twice", view.id);
		seen[child][number] = 2;
	}
	for (int i = 0; i < CHILDREN; i++)
		for (int n = 0; n < PUTS_MAX; n++)
			ck_assert_msg(seen[i][n] != 1, "c%d-%d: lost", i, n);
	close(ends[0]);
}
END_TEST

UNIT_MAIN("store_offers", test_one_sync_for_two, test_spool,
    test_other_body, test_told_and_not_believed, test_nothing_stays,
    test_it_cannot_hear, test_nobody_tells,
    test_noted, test_your_turn, test_torn, test_without_a_place,
    test_killed)
