/* SPDX-License-Identifier: ISC */
/*
 * Puts a second, side by side in one run and directory: one writer that
 * syncs each record, threads that share their syncs without an index, and
 * both stores; "full" is a log whose index holds HOOKCASK_BENCH_IDS ids
 * already (default 10 million).
 * HOOKCASK_BENCH_PUTS bounds the puts of one run and makes it the only one:
 * for counting instructions.
 * usage: put DIRECTORY THREADS SECONDS BODY-BYTES [raw|log|full|spool ...]
 */
#include <config.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/fileops.h"
#include "core/index.h"
#include "core/store.h"

struct bench {
	const char *mode;
	int threads;
	double seconds;
	size_t body;
	long limit;			/* of puts; 0: none */
	int fd;
	struct store *store;
	atomic_bool stop;
	atomic_long next;
	/* of the raw group commit */
	pthread_mutex_t mutex;
	pthread_cond_t done;
	char *waiting[256];
	size_t waiting_len[256];
	int count;
	unsigned long batch, written;
	bool leading;
	long long offset;
};

struct worker {
	struct bench *b;
	pthread_t thread;
	long puts;
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* The leader writes all that waits and syncs once; no index, no dedupe. */
static void
raw_put(struct bench *b, char *line, size_t len)
{
	unsigned long mine;

	pthread_mutex_lock(&b->mutex);
	b->waiting[b->count] = line;
	b->waiting_len[b->count++] = len;
	mine = b->batch;
	while (b->written <= mine) {
		struct iovec iov[256];
		int count;

		if (b->leading) {
			pthread_cond_wait(&b->done, &b->mutex);
			continue;
		}
		b->leading = true;
		count = b->count;
		for (int i = 0; i < count; i++) {
			iov[i].iov_base = b->waiting[i];
			iov[i].iov_len = b->waiting_len[i];
		}
		b->count = 0;
		b->batch++;
		pthread_mutex_unlock(&b->mutex);
		if (!fileops_write_all(&fileops_posix, b->fd, iov, count,
		    b->offset) || fdatasync(b->fd) != 0)
			die("raw");
		b->offset += (long long)len * count;
		pthread_mutex_lock(&b->mutex);
		b->leading = false;
		b->written++;
		pthread_cond_broadcast(&b->done);
	}
	pthread_mutex_unlock(&b->mutex);
}

static void
store_one(struct bench *b, char *body, long n)
{
	struct err err = ERR_INIT;
	struct event e;
	struct record r;
	char id[32];
	bool other;

	memset(&e, 0, sizeof(e));
	snprintf(id, sizeof(id), "msg_%024ld", n);
	e.source = "bench";
	e.id.data = id;
	e.id.len = strlen(id);
	e.signed_at = 1700000000 + n / 1000;
	e.received_us = e.signed_at * 1000000;
	e.version.data = "v1";
	e.version.len = 2;
	e.signature.data = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
	e.signature.len = 44;
	strcpy(e.key, "1f3a9c04");
	e.body = (unsigned char *)body;
	e.body_len = b->body;
	e.is_json = json_scan(&e.scan, body, b->body, JSON_DEPTH_MAX);
	strcpy(e.type, "a.b");
	if (!record_init(&r, &e, &err) ||
	    store_put(b->store, &r, &other, &err) != OUTCOME_STORED) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	record_wipe(&r);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct bench *b = w->b;
	char *body = malloc(b->body + 1024);

	memset(body, 'x', b->body);
	memcpy(body, "{\"type\":\"a.b\",\"x\":\"", 19);
	memcpy(body + b->body - 2, "\"}", 2);
	while (!atomic_load(&b->stop) &&
	    (b->limit == 0 || w->puts < b->limit)) {
		if (b->store != NULL) {
			store_one(b, body, atomic_fetch_add(&b->next, 1));
		} else {
			/* as long as a record with this body */
			raw_put(b, body, b->body + 320 < b->body + 1024 ?
			    b->body + 320 : b->body);
		}
		w->puts++;
	}
	free(body);
	return NULL;
}

/* Ids of the days before, as a sender's sort. */
static void
fill(const char *dir, const char *endpoint, const char *path)
{
	const char *wanted = getenv("HOOKCASK_BENCH_IDS");
	long ids = wanted == NULL ? 10000000 : atol(wanted);
	struct index_row row = { .file_number = 1 };
	struct err err = ERR_INIT;
	struct index_options o;
	struct index *index;
	char state[512], id[32];

	snprintf(state, sizeof(state), "%s/.hookcask-%s", dir, endpoint);
	memset(&o, 0, sizeof(o));
	o.dir = state;
	o.endpoint = endpoint;
	o.path = path;
	if (index_open(&index, &o, &err) != INDEX_OK)
		goto fail;
	for (long i = 0; i < ids; i++) {
		if (i % 100000 == 0 &&
		    index_begin(index, false, &err) != INDEX_OK)
			goto fail;
		snprintf(id, sizeof(id), "msg_!%023ld", i);
		row.time = 1699999000;
		row.body_hash = (uint64_t)i;
		row.offset = i * 1800;
		if (index_add(index, id, &row, &err) != INDEX_OK)
			goto fail;
		if ((i % 100000 == 99999 || i == ids - 1) &&
		    index_commit(index, &err) != INDEX_OK)
			goto fail;
	}
	index_close(index);
	sync(); /* what is measured must not wait for what was filled in */
	return;
fail:
	fprintf(stderr, "%s\n", err.text);
	exit(1);
}

static double
run(struct bench *b, const char *dir, int round)
{
	struct endpoint e = { .name = "bench", .mode = 0600,
		.dedup_window = 7 * 86400,
		.where = (char *)(uintptr_t)"bench" };
	struct store_options o = { .lock_timeout = 10 };
	struct worker w[256];
	struct err err = ERR_INIT;
	double start, took;
	char path[512];
	long puts = 0;

	snprintf(path, sizeof(path), "%s/%s.%d", dir, b->mode, round);
	atomic_store(&b->stop, false);
	b->store = NULL;
	b->offset = 0;
	if (strcmp(b->mode, "log") == 0 || strcmp(b->mode, "full") == 0)
		e.log = path;
	else if (strcmp(b->mode, "spool") == 0)
		e.spool = path;
	if (e.spool != NULL)
		mkdir(path, 0700);
	if (e.log != NULL || e.spool != NULL) {
		snprintf(e.name, sizeof(e.name), "bench-%s-%d", b->mode,
		    round);
		if (!store_open(&b->store, &e, &o, &err)) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
	} else if ((b->fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)) <
	    0) {
		die(path);
	}
	if (strcmp(b->mode, "full") == 0) {
		char body[64] = "{\"type\":\"a.b\"}";
		size_t len = b->body;

		b->body = strlen(body);
		store_one(b, body, atomic_fetch_add(&b->next, 1));
		b->body = len;
		fill(dir, e.name, path);
	}
	start = now();
	for (int i = 0; i < b->threads; i++) {
		w[i] = (struct worker){ .b = b };
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			die("thread");
	}
	if (b->limit == 0) {
		usleep((useconds_t)(b->seconds * 1e6));
		atomic_store(&b->stop, true);
	}
	for (int i = 0; i < b->threads; i++) {
		pthread_join(w[i].thread, NULL);
		puts += w[i].puts;
	}
	took = now() - start;
	if (b->store != NULL)
		store_close(b->store);
	else
		close(b->fd);
	return (double)puts / took;
}

int
main(int argc, char **argv)
{
	static char *const all[] = { (char *)(uintptr_t)"raw",
		(char *)(uintptr_t)"log", (char *)(uintptr_t)"spool" };
	char *const *modes = argc > 5 ? argv + 5 : all;
	int count = argc > 5 ? argc - 5 : 3;
	static struct bench b;

	if (argc < 5) {
		fprintf(stderr, "usage: put DIRECTORY THREADS SECONDS "
		    "BODY-BYTES [raw|log|full|spool ...]\n");
		return 64;
	}
	pthread_mutex_init(&b.mutex, NULL);
	pthread_cond_init(&b.done, NULL);
	b.threads = atoi(argv[2]);
	b.seconds = atof(argv[3]);
	b.body = (size_t)atol(argv[4]);
	if (getenv("HOOKCASK_BENCH_PUTS") != NULL)
		b.limit = atol(getenv("HOOKCASK_BENCH_PUTS"));
	if (b.threads < 1 || b.threads > 256 || b.body < 32)
		return 64;
	for (int round = 0; round < (b.limit == 0 ? 3 : 1); round++) {
		for (int i = 0; i < count; i++) {
			b.mode = modes[i];
			printf("%s\t%d\t%.0f\n", b.mode, b.threads,
			    run(&b, argv[1], round));
			fflush(stdout);
		}
	}
	return 0;
}
