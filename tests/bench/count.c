/* SPDX-License-Identifier: ISC */
/*
 * Does one step of a delivery N times, for callgrind to count:
 *	mac		Nettle's HMAC of the signed bytes, and base64
 *	verify		a delivery of 1,500 bytes against one key
 *	scan		is its body JSON, and of which type
 *	record		its line, ready to be written
 *	log, spool	the store: index, file, syncs
 *	delivery	from the server's variables to the log
 * "count versions" says what the counts depend on.
 * usage: count STEP N DIRECTORY
 */
#include <config.h>

#include <sys/stat.h>

#include <nettle/version.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/intake.h"
#include "lib/mac.h"
#include "lib/message.h"
#include "store/store.h"

#define NOW	1700000000
#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define BODY	1500

static struct keyset keys;
static struct endpoint endpoint = { .name = "count", .tolerance = 300,
	.mode = 0600, .dedup_window = 7 * 86400 };
static struct store *store;
static unsigned char body[BODY + 1];
static char entry[3][512];
static struct delivery delivery;
static struct hookcask_span span = { body, BODY };
static long number;

static void
die(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(1);
}

/* As a sender's events look: members, numbers, nested, and some text. */
static void
make_body(void)
{
	char *p = (char *)body, *end = p + BODY;

	p += sprintf(p, "{\"type\":\"phone_call.ended\",\"data\":{");
	for (int i = 0; end - p > 130; i++)
		p += sprintf(p, "\"field_%02d\":\"some text of a call\","
		    "\"n%d\":[%d,-1.5e3,true,null],\"o%d\":{\"k\":\"v\"},", i,
		    i, i * 1000, i);
	p += sprintf(p, "\"providerCallId\":\"CA1\",\"pad\":\"");
	memset(p, 'x', (size_t)(end - p));
	memcpy(end - 3, "\"}}", 3);
}

/* Another id each time, and a signature for it. */
static void
next_delivery(void)
{
	char id[64], signature[HOOKCASK_SIGNATURE_SIZE];
	char *entries[] = { entry[0], entry[1], entry[2], NULL };
	struct hookcask_span text;

	snprintf(id, sizeof(id), "msg_%024ld", ++number);
	text = (struct hookcask_span){ id, strlen(id) };
	if (hookcask_sign(&keys.keys[0], text, NOW, &span, 1, signature) !=
	    HOOKCASK_OK)
		die("sign");
	snprintf(entry[0], sizeof(entry[0]), "HTTP_SVIX_ID=%s", id);
	snprintf(entry[1], sizeof(entry[1]), "HTTP_SVIX_TIMESTAMP=%d", NOW);
	snprintf(entry[2], sizeof(entry[2]), "HTTP_SVIX_SIGNATURE=%s",
	    signature);
	delivery_init(&delivery, entries);
}

static void
do_mac(void)
{
	static char text[HKC_MAC_TEXT];
	static const char head[] = "msg_000000000000000000000001.1700000000.";
	const struct hkc_message m = { .head = { head, sizeof(head) - 1 },
		.body = &span, .body_count = 1 };

	hkc_mac(&keys.keys[0], &m, text);
}

static void
do_verify(void)
{
	const struct hookcask_delivery d = delivery_view(&delivery, &span);
	const struct hookcask_policy p = { .now = NOW, .tolerance = 300,
		.keys = keys.keys, .key_count = 1 };
	struct hookcask_verdict v;

	if (hookcask_verify(&d, &p, &v) != HOOKCASK_OK)
		die("verify");
}

static void
do_scan(void)
{
	struct json_scan scan;

	if (!json_scan(&scan, (char *)body, BODY, JSON_DEPTH_MAX))
		die("scan");
}

static void
take_in(struct event *event)
{
	const struct intake in = { &delivery, &endpoint,
		INT64_C(1000000) * NOW };
	struct hookcask_verdict v;
	struct err err = ERR_INIT;

	if (intake_precheck(&in, &v) != OUTCOME_STORED ||
	    intake_verify(&in, &keys, body, BODY, &v, event, &err) !=
	    OUTCOME_STORED)
		die("intake");
}

static struct event taken;

static void
do_record(void)
{
	struct record r;

	if (!record_init(&r, &taken, NULL))
		die("record");
	record_wipe(&r);
}

static void
put(struct event *event)
{
	struct err err = ERR_INIT;
	struct record r;

	if (!record_init(&r, event, &err) ||
	    store_put(store, &r, &err) != OUTCOME_STORED)
		die(err.text);
	record_wipe(&r);
}

static void
do_put(void)
{
	char id[32];

	snprintf(id, sizeof(id), "msg_%024ld", ++number);
	taken.id = (struct hookcask_span){ id, strlen(id) };
	put(&taken);
}

static void
do_delivery(void)
{
	struct event event;

	next_delivery();
	take_in(&event);
	put(&event);
}

/* What a delivery costs beside what the sender does. */
static void
do_sender(void)
{
	next_delivery();
}

static void
open_store(const char *dir, bool is_spool)
{
	struct store_options o = { .lock_timeout = 5 };
	struct err err = ERR_INIT;
	static char path[512];

	snprintf(path, sizeof(path), "%s/store", dir);
	endpoint.where = path;
	if (is_spool) {
		endpoint.spool = path;
		mkdir(path, 0700);
	} else {
		endpoint.log = path;
	}
	if (!store_open(&store, &endpoint, &o, &err))
		die(err.text);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*step)(void);
		bool has_store, is_spool;
	} steps[] = {
		{ "mac", do_mac, false, false },
		{ "verify", do_verify, false, false },
		{ "scan", do_scan, false, false },
		{ "record", do_record, false, false },
		{ "log", do_put, true, false },
		{ "spool", do_put, true, true },
		{ "delivery", do_delivery, true, false },
		{ "sender", do_sender, false, false },
	};

	if (argc == 2 && strcmp(argv[1], "versions") == 0) {
		printf("compiler %s, Nettle %d.%d, SQLite %s\n", __VERSION__,
		    NETTLE_VERSION_MAJOR, NETTLE_VERSION_MINOR,
		    sqlite3_libversion());
		return 0;
	}
	if (argc != 4)
		die("usage: count STEP N DIRECTORY");
	make_body();
	keys.count = 1;
	if (hookcask_key_init(&keys.keys[0], SECRET, strlen(SECRET)) !=
	    HOOKCASK_OK)
		die("key");
	next_delivery();
	take_in(&taken);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		if (strcmp(steps[i].name, argv[1]) != 0)
			continue;
		if (steps[i].has_store)
			open_store(argv[3], steps[i].is_spool);
		for (long n = atol(argv[2]); n > 0; n--)
			steps[i].step();
		store_close(store);
		return 0;
	}
	die("no such step");
}
