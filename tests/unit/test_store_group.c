/* SPDX-License-Identifier: ISC */
/* Group commit: many requests at once, and a disk that takes its time. */
#include <config.h>

#include <sys/stat.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/fileops.h"
#include "scratch.h"
#include "store_scene.h"
#include "unit.h"

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
		o = scene_put(c->store, id);
		c->stored += o == OUTCOME_STORED;
		c->duplicate += o == OUTCOME_DUPLICATE;
	}
	return NULL;
}

/* 8 threads on 2 handles, each id twice: every one is stored once. */
static void
crowd(struct endpoint *e)
{
	struct store *s[2] = { scene_open(e), scene_open(e) };
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
	struct endpoint e = scene_endpoint(scratch_dir(), "log", NULL);

	crowd(&e);
}
END_TEST

START_TEST(test_spool_crowd)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, NULL, "spool");
	char path[512];

	scene_path(path, dir, "spool");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	crowd(&e);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 400);
	ck_assert_int_eq(scratch_count(dir, "spool/tmp"), 0);
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
	static char body[] = "{\"type\":\"a.b\"}";
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

/* A request that comes while another one leads is not delayed. */
START_TEST(test_submit)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
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
	/* alone, a request leads, and is answered before it returns */
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
	struct endpoint e = scene_endpoint(dir, "log", NULL);
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
	struct endpoint e = scene_endpoint(dir, "log", NULL);
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

/* A disk that hangs: requests that wait for it are answered in time. */
START_TEST(test_submit_deadline)
{
	const char *dir = scratch_dir();
	struct endpoint e = scene_endpoint(dir, "log", NULL);
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
	ck_assert_int_eq(scene_put(s, "late"), OUTCOME_STORED);
	ck_assert_int_eq(scene_put(s, "first"), OUTCOME_DUPLICATE);
	store_close(s);
}
END_TEST

UNIT_MAIN("store_group", test_log_crowd, test_spool_crowd, test_submit,
    test_submit_comes_back, test_submit_no_threads, test_submit_deadline)
