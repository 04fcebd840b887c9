/* SPDX-License-Identifier: ISC */
/*
 * Puts a second, side by side in one run and directory: one writer that
 * syncs each record, threads that share their syncs without an index (raw),
 * and both stores; "full" is a log whose index holds HOOKCASK_BENCH_IDS ids
 * already (default 10 million).  PxT as THREADS: P processes of T threads.
 * Prints mode, threads, puts a second and the slowest put in microseconds.
 * HOOKCASK_BENCH_PUTS bounds the puts of one run and makes it the only one:
 * for counting instructions.
 * usage: put DIRECTORY [Px]THREADS SECONDS ROUNDS BODY-BYTES MODE ...
 */
#include <config.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fileops.h"
#include "index/index.h"
#include "store/store.h"

#define MODES_MAX 8

struct bench {
	const char *mode;
	int processes, threads;
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
	double slowest;			/* seconds of one put */
};

/* What a process has seen of one round. */
struct result {
	long puts;
	double seconds, slowest;
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
	    store_put(b->store, &r, &err) != OUTCOME_STORED) {
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
		double start = now(), took;

		if (b->store != NULL) {
			store_one(b, body, atomic_fetch_add(&b->next, 1));
		} else {
			/* as long as a record with this body */
			raw_put(b, body, b->body + 320 < b->body + 1024 ?
			    b->body + 320 : b->body);
		}
		took = now() - start;
		if (took > w->slowest)
			w->slowest = took;
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

/* Opens what the mode writes to. */
static void
prepare(struct bench *b, const char *dir)
{
	static struct endpoint e[MODES_MAX];
	static char paths[MODES_MAX][512];
	static int used;
	struct store_options o = { .lock_timeout = 10 };
	struct err err = ERR_INIT;
	char *path = paths[used];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, b->mode);
	if (strcmp(b->mode, "raw") == 0) {
		b->fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (b->fd < 0)
			die(path);
		return;
	}
	e[used] = (struct endpoint){ .mode = 0600,
		.dedup_window = 7 * 86400,
		.where = (char *)(uintptr_t)"bench" };
	snprintf(e[used].name, sizeof(e[used].name), "bench-%s", b->mode);
	if (strcmp(b->mode, "spool") == 0) {
		e[used].spool = path;
		mkdir(path, 0700);
	} else {
		e[used].log = path;
	}
	if (!store_open(&b->store, &e[used], &o, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	if (strcmp(b->mode, "full") == 0 && access(path, F_OK) != 0) {
		char body[64] = "{\"type\":\"a.b\"}";
		size_t len = b->body;

		b->body = strlen(body);
		store_one(b, body, atomic_fetch_add(&b->next, 1));
		b->body = len;
		fill(dir, e[used].name, path);
	}
	used++;
}

static struct result
run(struct bench *b)
{
	struct result r = { 0 };
	struct worker w[256];
	double start = now();

	atomic_store(&b->stop, false);
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
		r.puts += w[i].puts;
		if (w[i].slowest > r.slowest)
			r.slowest = w[i].slowest;
	}
	r.seconds = now() - start;
	return r;
}

/* The same in several processes, each with a store of its own. */
static struct result
run_processes(struct bench *b, const char *dir)
{
	struct result sum = { 0 }, r;
	int ends[2];

	if (pipe(ends) != 0)
		die("pipe");
	for (int i = 0; i < b->processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid > 0)
			continue;
		/* ids of its own, and later ones in each round */
		atomic_fetch_add(&b->next, (i + 1) * 10000000L);
		prepare(b, dir);
		r = run(b);
		if (write(ends[1], &r, sizeof(r)) != (ssize_t)sizeof(r))
			_exit(1);
		_exit(0);
	}
	for (int i = 0; i < b->processes; i++) {
		int status;

		if (wait(&status) < 0 || status != 0 ||
		    read(ends[0], &r, sizeof(r)) != (ssize_t)sizeof(r))
			die("a process");
		sum.puts += r.puts;
		if (r.seconds > sum.seconds)
			sum.seconds = r.seconds;
		if (r.slowest > sum.slowest)
			sum.slowest = r.slowest;
	}
	close(ends[0]);
	close(ends[1]);
	atomic_fetch_add(&b->next, 1000000000L);
	return sum;
}

int
main(int argc, char **argv)
{
	static struct bench all[MODES_MAX];
	int modes = argc - 6, rounds;
	const char *x;

	/* a process may end before it is told */
	signal(SIGPIPE, SIG_IGN);
	if (modes < 1 || modes > MODES_MAX) {
		fprintf(stderr, "usage: put DIRECTORY [Px]THREADS SECONDS "
		    "ROUNDS BODY-BYTES raw|log|full|spool ...\n");
		return 64;
	}
	rounds = atoi(argv[4]);
	for (int i = 0; i < modes; i++) {
		struct bench *b = &all[i];

		pthread_mutex_init(&b->mutex, NULL);
		pthread_cond_init(&b->done, NULL);
		b->mode = argv[6 + i];
		x = strchr(argv[2], 'x');
		b->processes = x == NULL ? 1 : atoi(argv[2]);
		b->threads = atoi(x == NULL ? argv[2] : x + 1);
		b->seconds = atof(argv[3]);
		b->body = (size_t)atol(argv[5]);
		if (getenv("HOOKCASK_BENCH_PUTS") != NULL)
			b->limit = atol(getenv("HOOKCASK_BENCH_PUTS"));
		if (b->threads < 1 || b->threads > 256 || b->body < 32)
			return 64;
		if (b->processes == 1)
			prepare(b, argv[1]);
	}
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < modes; i++) {
			struct result r = all[i].processes == 1 ?
			    run(&all[i]) : run_processes(&all[i], argv[1]);

			printf("%s\t%s\t%.1f\t%.0f\n", all[i].mode,
			    argv[2], (double)r.puts / r.seconds,
			    r.slowest * 1e6);
			fflush(stdout);
		}
	}
	for (int i = 0; i < modes; i++)
		store_close(all[i].store);
	return 0;
}
