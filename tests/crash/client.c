/* SPDX-License-Identifier: ISC */
/*
 * A process with a store, and the sender that remembers what was
 * acknowledged and repeats what was not.
 */
#include <config.h>

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/other_body.h"
#include "sweep.h"

#define BATCH_MAX SENT_MAX
#define TRIES 3

struct sent sent[SENT_MAX];
int sent_count;
char last_note[1024];
const struct scene *scene;

/*
 * Bodies of one length and different bytes, over several blocks, so that a
 * line made of pieces of two would be seen.
 */
struct sent *
sent_find(const char *id)
{
	struct sent *s;
	size_t len;

	for (int i = 0; i < sent_count; i++)
		if (strcmp(sent[i].token, id) == 0)
			return &sent[i];
	if (sent_count == SENT_MAX)
		abort();
	s = &sent[sent_count];
	snprintf(s->token, sizeof(s->token), "%s", id);
	snprintf(s->id, sizeof(s->id), "%.*s", (int)strcspn(id, "!"), id);
	strcpy(s->body, "{\"type\":\"a.b\",\"pad\":\"");
	len = strlen(s->body);
	memset(s->body + len, 'a' + sent_count % 26, 640);
	strcpy(s->body + len + 640, "\"}");
	s->event.source = "test";
	s->event.id = (struct hookcask_span){ s->id, strlen(s->id) };
	s->event.signed_at = 1700000000 + sent_count;
	s->event.received_us = s->event.signed_at * 1000000;
	s->event.version = (struct hookcask_span){ "v1", 2 };
	s->event.signature = (struct hookcask_span){
		"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 44 };
	strcpy(s->event.key, "1f3a9c04");
	s->event.body = (unsigned char *)s->body;
	s->event.body_len = strlen(s->body);
	s->event.is_json = json_scan(&s->event.scan, s->body,
	    s->event.body_len, JSON_DEPTH_MAX);
	type_find(s->event.type, (struct hookcask_span){ s->body,
	    s->event.body_len }, NULL);
	if (!s->event.is_json || !record_init(&s->record, &s->event, NULL))
		abort();
	sent_count++;
	return s;
}

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(last_note, sizeof(last_note), "%s", text);
	if (getenv("SWEEP_VERBOSE") != NULL)
		fprintf(stderr, "# note: %s\n", text);
}

void
client_init(struct client *c, int process)
{
	static char log[64];

	memset(c, 0, sizeof(*c));
	c->process = process;
	strcpy(c->endpoint.name, "test");
	c->endpoint.mode = 0600;
	c->endpoint.dedup_window = 7 * 86400;
	c->endpoint.where = (char *)(uintptr_t)"test";
	if (scene->log != NULL) {
		snprintf(log, sizeof(log), HOME "/%s", scene->log);
		c->endpoint.log = log;
	} else {
		c->endpoint.spool = (char *)(uintptr_t)HOME;
	}
	c->options.lock_timeout = 5;
	c->options.ops = &sim_ops;
	c->options.vfs = sim_vfs;
	c->options.note = note;
	c->options.is_cgi = scene->is_cgi;
}

static struct ledger *
ledger_of(struct client *c)
{
	return scene->log != NULL ? &c->log.ledger : &c->spool.ledger;
}

bool
client_open(struct client *c)
{
	struct err err = ERR_INIT;
	int before = sim_self;

	sim_self = c->process;
	c->is_open = scene->log != NULL ?
	    log_open(&c->log, &c->endpoint, &c->options, &err) :
	    spool_open(&c->spool, &c->endpoint, &c->options, &err);
	sim_self = before;
	if (!c->is_open)
		violate("cannot open: %s", err.text);
	offers_init(&c->offers, ledger_of(c));
	return c->is_open;
}

void
client_close(struct client *c)
{
	int before = sim_self;

	sim_self = c->process;
	if (c->is_open)
		offers_close(&c->offers);
	if (c->is_open && scene->log != NULL)
		log_close(&c->log);
	else if (c->is_open)
		spool_close(&c->spool);
	c->is_open = false;
	sim_self = before;
}

/*
 * As the leader of a process does it (store.c, store_batch.c); of: whose these
 * puts are.
 */
static void
serve(struct client *c, struct put **puts, struct sent **of, size_t own)
{
	struct err err = ERR_INIT;
	bool is_log = scene->log != NULL;
	int64_t deadline = fileops_clock_ms() + 60000;
	size_t count = own;

	if (!(is_log ? log_lock(&c->log, deadline, &err) :
	    spool_lock(&c->spool, deadline, &err))) {
		note(NULL, err.text);
		return;
	}
	if (scene->shares)
		offers_take(&c->offers, puts, &count);
	batch_find_twins(puts, count);
	if (is_log) {
		log_write(&c->log, puts, count, &err);
		for (size_t i = 0; i < own; i++)
			of[i]->acked |= puts[i]->outcome == OUTCOME_STORED;
		log_commit(&c->log);
	} else {
		spool_write(&c->spool, puts, count, &err);
	}
	batch_settle_twins(puts, count);
	if (scene->shares)
		offers_note(&c->offers);
	other_bodies_keep(ledger_of(c), puts, own, &err);
	if (is_log)
		log_unlock(&c->log);
	else
		spool_unlock(&c->spool);
	if (scene->shares)
		offers_tell(&c->offers);
	if (err.kind != OUTCOME_STORED)
		note(NULL, err.text);
}

static void
acknowledge(struct sent *s, const struct put *p, bool before)
{
	/* before: when this put began */
	if (p->outcome == OUTCOME_STORED && before && !s->may_go &&
	    !s->archived)
		violate("%s was acknowledged and then stored again", s->token);
	if (p->outcome == OUTCOME_DUPLICATE &&
	    p->first_body != s->record.body_hash)
		violate("%s: the index holds another body's hash", s->token);
	s->acked = true;
}

bool
client_put(struct client *c, const char *ids)
{
	struct put put[BATCH_MAX], *puts[BATCH_RECORDS];
	struct sent *of[BATCH_MAX];
	int before = sim_self;
	bool acked[BATCH_MAX], all = true;
	size_t count = 0;
	char id[32];

	for (int n; sscanf(ids, "%31s%n", id, &n) == 1; ids += n) {
		struct sent *s = sent_find(id);

		s->tried = true;
		of[count] = s;
		acked[count] = s->acked;
		puts[count] = &put[count];
		put[count] = (struct put){ .record = &s->record,
			.outcome = OUTCOME_STORE_ERROR };
		count++;
	}
	sim_self = c->process;
	if (!c->is_open)
		client_open(c);
	serve(c, puts, of, count);
	sim_self = before;
	if (scene->is_cgi)
		client_close(c);
	for (size_t i = 0; i < count; i++) {
		if (put[i].outcome == OUTCOME_STORE_ERROR)
			all = false;
		else
			acknowledge(of[i], &put[i], acked[i]);
	}
	return all;
}

bool
client_offer(struct client *c, const char *id)
{
	struct sent *s = sent_find(id);
	int before = sim_self;
	bool is_left;

	s->tried = true;
	sim_self = c->process;
	is_left = offers_leave(&c->offers, &s->record);
	sim_self = before;
	return is_left;
}

/* As store_ride.c does it. */
void
client_told(struct client *c, const char *id)
{
	struct sent *s = sent_find(id);
	struct put put = { .record = &s->record };
	enum offers_told told;
	struct index_row row;
	int before = sim_self;

	sim_self = c->process;
	told = c->offers.ticket == 0 ? OFFERS_NOTHING :
	    offers_wait(&c->offers, 0);
	offers_end(&c->offers);
	if (told >= OFFERS_STORED &&
	    ledger_peek(ledger_of(c), s->id, &row) &&
	    row.body_hash == s->record.body_hash) {
		put.outcome = told == OFFERS_STORED ? OUTCOME_STORED :
		    OUTCOME_DUPLICATE;
		put.first_body = row.body_hash;
		acknowledge(s, &put, s->acked);
	}
	sim_self = before;
	if (!s->acked)
		client_put(c, id);
}

void
client_must_put(struct client *c, const char *ids)
{
	if (!client_put(c, ids))
		violate("%s cannot be put: %s", ids, last_note);
}

void
append_bytes(const char *path, const char *data, size_t len)
{
	static char text[1 << 17];
	struct sim_file f;
	size_t size = 0;

	if (sim_find(path, &f) && f.size > 0) {
		size = (size_t)f.size;
		memcpy(text, f.data, size);
	}
	memcpy(text + size, data, len);
	sim_put_file(path, text, size + len, true);
}

void
append_lines(const char *path, const char *ids)
{
	char id[32], line[4096];

	for (int n; sscanf(ids, "%31s%n", id, &n) == 1; ids += n) {
		struct sent *s = sent_find(id);
		size_t len = 0;

		s->tried = true;
		for (int i = 0; i < s->record.part_count; i++) {
			memcpy(line + len, s->record.part[i].iov_base,
			    s->record.part[i].iov_len);
			len += s->record.part[i].iov_len;
		}
		append_bytes(path, line, len);
	}
}

void
client_retry(struct client *c)
{
	static char ids[SENT_MAX * 32], fresh[32];
	static int number;

	ids[0] = '\0';
	for (int i = 0; i < sent_count; i++)
		if (sent[i].tried)
			strcat(strcat(ids, sent[i].token), " ");
	for (int i = 0; !client_put(c, ids); i++)
		if (i == TRIES)
			violate("the next append does not work: %s",
			    last_note);
	snprintf(fresh, sizeof(fresh), "f%d", ++number);
	/* twice: a second thing may just have happened */
	if (!client_put(c, fresh) && !client_put(c, fresh))
		violate("a fresh append does not work: %s", last_note);
}

void
consume(void)
{
	struct sim_file files[SENT_MAX];
	struct record_view view;
	char path[512];
	int count = sim_list(HOME "/new", files, SENT_MAX);

	for (int i = 0; i < count; i++) {
		if (files[i].size == 0 ||
		    !record_parse(&view, (const char *)files[i].data,
		    (size_t)files[i].size - 1))
			violate("new/%s: not a record", files[i].name);
		sent_find(view.id)->consumed++;
		strcat(strcpy(path, HOME "/new/"), files[i].name);
		sim_remove(path);
		sim_sync_path(HOME "/new");
	}
}

void
change_index(const char *sql, bool keep_wal)
{
	sqlite3 *db = NULL;
	int keep = keep_wal;

	if (sqlite3_open_v2(STATE "/index.db", &db,
	    SQLITE_OPEN_READWRITE, sim_vfs) != SQLITE_OK ||
	    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep,
	    NULL) != SQLITE_OK || sqlite3_file_control(db, "main",
	    SQLITE_FCNTL_PERSIST_WAL, &keep) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		violate("the index cannot be changed: %s", sqlite3_errmsg(db));
	sqlite3_close(db);
	sim_sync_all();
}

struct sim_answer
refuse_cut(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (call->op == OP_TRUNCATE && !call->sqlite)
		a.error = EIO;
	return a;
}

struct sim_answer
refuse_write(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	if (call->op == OP_WRITE && !call->sqlite)
		a.error = EIO;
	return a;
}
