/* SPDX-License-Identifier: ISC */
/*
 * A process with a store, for outside.py to kill:
 *
 *	driver log|spool PATH THREADS SECONDS ACKS PREFIX FIRST LAST
 *
 * Puts the events PREFIX-FIRST to PREFIX-LAST, a line in the file ACKS for
 * each: "S id" (stored), "D id" (duplicate) or "E id why", written after the
 * store has answered and not before.  SECONDS: lock-timeout.
 */
#include <config.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

#define THREADS_MAX 64

static struct store *store;
static const char *prefix;
static atomic_int next_number;
static int last_number;
static int acks;

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "note: %s\n", text);
}

/* The same bytes whenever it is made. */
static void
make_event(struct event *e, const char *id, char *body, size_t size)
{
	memset(e, 0, sizeof(*e));
	snprintf(body, size,
	    "{\"type\":\"a.b\",\"id\":\"%s\",\"pad\":\"%0400d\"}",
	    id, 0);
	e->source = "test";
	e->id = (struct hookcask_span){ id, strlen(id) };
	e->signed_at = 1700000000;
	e->received_us = e->signed_at * 1000000;
	e->version = (struct hookcask_span){ "v1", 2 };
	e->signature = (struct hookcask_span){
		"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 44 };
	strcpy(e->key, "1f3a9c04");
	e->body = (unsigned char *)body;
	e->body_len = strlen(body);
	e->is_json = json_scan(&e->scan, body, e->body_len, JSON_DEPTH_MAX);
	type_find(e->type, (struct hookcask_span){ body, e->body_len }, NULL);
}

static void
put(const char *id)
{
	struct err err = ERR_INIT;
	struct record record;
	struct event event;
	char body[1024], line[1400];
	int len;

	make_event(&event, id, body, sizeof(body));
	if (!record_init(&record, &event, &err))
		abort();
	switch (store_put(store, &record, &err)) {
	case OUTCOME_STORED:
		len = snprintf(line, sizeof(line), "S %s\n", id);
		break;
	case OUTCOME_DUPLICATE:
		len = snprintf(line, sizeof(line), "D %s\n", id);
		break;
	default:
		len = snprintf(line, sizeof(line), "E %s %s\n", id, err.text);
	}
	record_wipe(&record);
	/* one write: it is there whole, or the process was killed before */
	if (write(acks, line, (size_t)len) != len)
		abort();
}

static void *
run(void *arg)
{
	char id[64];
	int n;

	(void)arg;
	while ((n = atomic_fetch_add(&next_number, 1)) <= last_number) {
		snprintf(id, sizeof(id), "%s-%d", prefix, n);
		put(id);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	struct endpoint endpoint = { .name = "test", .mode = 0600,
		.dedup_window = 7 * 86400, .where = (char *)(uintptr_t)"test" };
	struct store_options options = { .note = note };
	struct err err = ERR_INIT;
	pthread_t thread[THREADS_MAX];
	int threads;

	if (argc != 9) {
		fprintf(stderr, "usage: driver log|spool PATH THREADS SECONDS "
		    "ACKS PREFIX FIRST LAST\n");
		return EXIT_FAILURE;
	}
	if (strcmp(argv[1], "log") == 0)
		endpoint.log = argv[2];
	else
		endpoint.spool = argv[2];
	threads = atoi(argv[3]);
	options.lock_timeout = (unsigned)atoi(argv[4]);
	acks = open(argv[5], O_WRONLY | O_CREAT | O_APPEND, 0600);
	prefix = argv[6];
	atomic_init(&next_number, atoi(argv[7]));
	last_number = atoi(argv[8]);
	if (acks < 0 || threads < 1 || threads > THREADS_MAX)
		return EXIT_FAILURE;
	if (!store_open(&store, &endpoint, &options, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, run, NULL) != 0)
			abort();
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	store_close(store);
	return EXIT_SUCCESS;
}
