/* SPDX-License-Identifier: ISC */
/*
 * A log of many records whose index was lost: how long requests wait, and
 * for how long they are refused, until all of it is indexed again.  Prints
 * one line of JSON.
 * usage: catch_up DIRECTORY RECORDS
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"

#define FIRST_TIME 1700000000

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The small bodies of a busy sender, in a log as the responder writes it. */
static void
write_log(const char *path, long records)
{
	FILE *out = fopen(path, "w");

	if (out == NULL)
		exit(73);
	for (long i = 0; i < records; i++)
		fprintf(out, "{\"specversion\":\"1.0\",\"id\":\"msg_%024ld\","
		    "\"source\":\"bench\",\"type\":\"a.b\",\"time\":"
		    "\"2023-11-14T22:13:20Z\",\"received\":"
		    "\"2023-11-14T22:13:20.000000Z\",\"svixsignature\":"
		    "\"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\","
		    "\"svixkey\":\"1f3a9c04\",\"datacontenttype\":"
		    "\"application/json\",\"data\":{\"type\":\"a.b\"}}\n", i);
	if (fflush(out) != 0 || fsync(fileno(out)) != 0 || fclose(out) != 0)
		exit(74);
}

static enum outcome
put(struct store *s, long number, struct err *err)
{
	char body[] = "{\"type\":\"a.b\"}", id[32];
	struct event e;
	struct record r;
	enum outcome outcome;

	memset(&e, 0, sizeof(e));
	snprintf(id, sizeof(id), "msg_%024ld", number);
	e.source = "bench";
	e.id = (struct hookcask_span){ id, strlen(id) };
	e.signed_at = FIRST_TIME;
	e.received_us = INT64_C(1000000) * FIRST_TIME;
	e.version = (struct hookcask_span){ "v1", 2 };
	e.signature = (struct hookcask_span){
		"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 44 };
	strcpy(e.key, "1f3a9c04");
	e.body = (unsigned char *)body;
	e.body_len = strlen(body);
	e.is_json = json_scan(&e.scan, body, e.body_len, JSON_DEPTH_MAX);
	strcpy(e.type, "a.b");
	if (!record_init(&r, &e, err))
		exit(71);
	outcome = store_put(s, &r, err);
	record_wipe(&r);
	return outcome;
}

int
main(int argc, char **argv)
{
	struct endpoint e = { .name = "bench", .mode = 0600,
		.dedup_window = 7 * 86400,
		.where = (char *)(uintptr_t)"bench" };
	struct store_options o = { .lock_timeout = 5 };
	double start, began, took, slowest = 0;
	struct err err = ERR_INIT;
	enum outcome outcome;
	struct store *s;
	char path[512];
	long records, refused = 0;

	if (argc != 3 || (records = atol(argv[2])) < 1)
		return 64;
	snprintf(path, sizeof(path), "%s/catch-up", argv[1]);
	write_log(path, records);
	e.log = path;
	if (!store_open(&s, &e, &o, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	start = now();
	do {
		struct err why = ERR_INIT;

		began = now();
		outcome = put(s, records, &why);
		took = now() - began;
		if (took > slowest)
			slowest = took;
		if (outcome == OUTCOME_STORE_ERROR && refused++ > 100000) {
			fprintf(stderr, "%s\n", why.text);
			return 1;
		}
	} while (outcome == OUTCOME_STORE_ERROR);
	took = now() - start;
	/* every one of them is known now */
	for (long i = 0; i < records; i += 1 + records / 1000)
		if (put(s, i, &err) != OUTCOME_DUPLICATE)
			return 1;
	if (put(s, records - 1, &err) != OUTCOME_DUPLICATE)
		return 1;
	store_close(s);
	printf("{\"records\": %ld, \"seconds\": %.1f, \"refused\": %ld, "
	    "\"slowest_ms\": %.0f}\n", records, took, refused,
	    slowest * 1000);
	return 0;
}
