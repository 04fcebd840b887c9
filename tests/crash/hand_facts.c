/* SPDX-License-Identifier: ISC */
/*
 * The events of a scene, and the programs that get them: these take the place
 * of child.c, end after run_ms, and look whether they got what was stored.
 */
#include <config.h>

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cli/host/child.h"
#include "cli/keep/prune.h"
#include "cli/term/say.h"
#include "event/record.h"
#include "event/type.h"
#include "store/batch.h"
#include "store/log.h"
#include "hand.h"

#define CHILDREN_MAX 8
#define WEEK	(8 * 86400)	/* longer than the dedup window */

struct fact facts[FACTS_MAX];
int fact_count;
bool healed;
int64_t run_ms;
char last_said[512];

static struct {
	struct fact	*of[FACTS_MAX];
	int		 count;
	int64_t		 ends_ms;
} children[CHILDREN_MAX];	/* by pid; 0 is none */

/* Each is signed a week after the one before: prune may take files. */
static void
make_record(struct record *record, struct fact *f)
{
	struct event e;

	memset(&e, 0, sizeof(e));
	e.source = "test";
	e.id = (struct hookcask_span){ f->id, strlen(f->id) };
	e.signed_at = 1700000000 + (f - facts + 1) * WEEK;
	e.received_us = e.signed_at * 1000000;
	e.version = (struct hookcask_span){ "v1", 2 };
	e.signature = (struct hookcask_span){
		"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 44 };
	strcpy(e.key, "1f3a9c04");
	e.body = (unsigned char *)f->body;
	e.body_len = strlen(f->body);
	e.is_json = json_scan(&e.scan, f->body, e.body_len, JSON_DEPTH_MAX);
	type_find(e.type, (struct hookcask_span){ f->body, e.body_len },
	    NULL);
	if (!record_init(record, &e, NULL))
		abort();
}

struct fact *
fact_find(const char *id)
{
	struct record record;
	struct fact *f;

	for (int i = 0; i < fact_count; i++)
		if (strcmp(facts[i].id, id) == 0)
			return &facts[i];
	if (fact_count == FACTS_MAX)
		abort();
	f = &facts[fact_count++];
	snprintf(f->id, sizeof(f->id), "%s", id);
	snprintf(f->name, sizeof(f->name), "%016d-%s.json", fact_count, id);
	snprintf(f->body, sizeof(f->body),
	    "{\"type\":\"a.b\",\"id\":\"%s\"}", id);
	make_record(&record, f);
	if (record.len > sizeof(f->line))
		abort();
	for (int i = 0; i < record.part_count; i++) {
		memcpy(f->line + f->len, record.part[i].iov_base,
		    record.part[i].iov_len);
		f->len += record.part[i].iov_len;
	}
	record_wipe(&record);
	return f;
}

void
facts_publish(const char *stage, const char *ids)
{
	char id[16], path[128];

	for (int n; sscanf(ids, "%15s%n", id, &n) == 1; ids += n) {
		struct fact *f = fact_find(id);

		snprintf(path, sizeof(path), HOME "/%s/%s", stage, f->name);
		sim_put_file(path, f->line, f->len, true);
		f->stored = true;
	}
}

static void
store(int process, const char *ids, bool is_killed)
{
	static struct record records[FACTS_MAX];
	struct put put[FACTS_MAX], *puts[FACTS_MAX];
	struct fact *of[FACTS_MAX];
	struct store_options options = { .lock_timeout = 5, .ops = &sim_ops,
		.vfs = sim_vfs };
	struct err err = ERR_INIT;
	int before = sim_self;
	size_t count = 0;
	struct log log;
	char id[16];

	for (int n; sscanf(ids, "%15s%n", id, &n) == 1; ids += n) {
		of[count] = fact_find(id);
		make_record(&records[count], of[count]);
		put[count] = (struct put){ .record = &records[count] };
		puts[count] = &put[count];
		count++;
	}
	sim_self = process;
	if (!log_open(&log, &hand_endpoint, &options, &err))
		violate("a responder cannot open the log: %s", err.text);
	/* without the lock it answers 503: stored by a later delivery */
	batch_find_twins(puts, count);
	if (log_lock(&log, fileops_clock_ms() + 5000, &err)) {
		log_write(&log, puts, count, &err);
		if (!is_killed)
			log_commit(&log);
		log_unlock(&log);
		for (size_t i = 0; i < count; i++)
			if (put[i].outcome == OUTCOME_STORED ||
			    put[i].outcome == OUTCOME_DUPLICATE)
				of[i]->stored = true;
	}
	log_close(&log);
	sim_self = before;
}

void
facts_store(int process, const char *ids)
{
	store(process, ids, false);
}

void
facts_store_killed(int process, const char *ids)
{
	store(process, ids, true);
}

void
programs_kill(void)
{
	memset(children, 0, sizeof(children));
}

/* -- child.h ------------------------------------------------------------- */

static struct fact *
fact_of_line(const char *line, size_t len)
{
	for (int i = 0; i < fact_count; i++)
		if (facts[i].len == len &&
		    memcmp(facts[i].line, line, len) == 0)
			return &facts[i];
	violate("\"%.*s\" was handed over and never stored", (int)len, line);
}

static struct fact *
fact_of_body(const struct child_plan *plan)
{
	const char *id = NULL;

	for (int i = 0; plan->env[i] != NULL && id == NULL; i++)
		if (strncmp(plan->env[i], "HOOKCASK_ID=", 12) == 0)
			id = plan->env[i] + 12;
	for (int i = 0; id != NULL && i < fact_count; i++)
		if (strcmp(facts[i].id, id) == 0) {
			if (memmem(facts[i].line, facts[i].len, plan->input,
			    plan->input_len) == NULL || plan->input_len < 20)
				violate("%s: its program got another body",
				    id);
			return &facts[i];
		}
	violate("a program got no event");
}

bool
child_start(struct child *c, const struct child_plan *plan, struct err *err)
{
	const char *p = plan->input, *end = p + plan->input_len;
	int pid = 1;

	(void)err;
	while (pid < CHILDREN_MAX && children[pid].count > 0)
		pid++;
	if (pid == CHILDREN_MAX)
		abort();
	memset(c, 0, sizeof(*c));
	c->pid = pid;
	c->in = c->err = -1;
	children[pid].ends_ms = sim_monotonic_ms + run_ms;
	if (plan->argv[0][0] == 'b') {
		for (const char *lf; p < end; p = lf + 1) {
			lf = memchr(p, '\n', (size_t)(end - p));
			if (lf == NULL)
				violate("a batch ends inside a line");
			children[pid].of[children[pid].count++] =
			    fact_of_line(p, (size_t)(lf - p) + 1);
		}
	} else {
		children[pid].of[children[pid].count++] = fact_of_body(plan);
	}
	for (int i = 0; i < children[pid].count; i++)
		children[pid].of[i]->handed++;
	return true;
}

void
child_feed(struct child *c)
{
	(void)c;
}

void
child_listen(struct child *c)
{
	(void)c;
}

void
child_signal(const struct child *c, int signo)
{
	(void)c;
	(void)signo;
}

bool
child_reap(struct child *c, bool kill_rest, int *status)
{
	int code = 0, pid = c->pid;

	(void)kill_rest;
	if (sim_monotonic_ms < children[pid].ends_ms)
		return false;
	for (int i = 0; i < children[pid].count && !healed; i++) {
		const struct fact *f = children[pid].of[i];

		if (f->id[0] == 'b')
			code = 1;
		else if (f->id[0] == 'l' && f->handed == 1)
			code = EX_TEMPFAIL;
	}
	for (int i = 0; i < children[pid].count && code == 0; i++) {
		struct fact *f = children[pid].of[i];

		if (f->done++ == 0)
			f->ended_ms = sim_monotonic_ms;
	}
	children[pid].count = 0;
	c->pid = 0;
	*status = code << 8;
	return true;
}

/* -- what speaks to people ----------------------------------------------- */

void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last_said, sizeof(last_said), fmt, ap);
	va_end(ap);
	if (getenv("SWEEP_VERBOSE") != NULL)
		fprintf(stderr, "# says: %s\n", last_said);
}

void
prune_print(const struct prune *p, const char *name, int64_t bytes,
    int64_t last_us, const char *why)
{
	(void)p;
	(void)name;
	(void)bytes;
	(void)last_us;
	(void)why;
}

void
prune_print_sum(const struct prune *p)
{
	(void)p;
}

/* The linker puts these in the place of what waits: time passes. */
int	__wrap_poll(struct pollfd *, nfds_t, int ms);
int	__wrap_nanosleep(const struct timespec *, struct timespec *);

int
__wrap_nanosleep(const struct timespec *ts, struct timespec *left)
{
	(void)left;
	sim_monotonic_ms += ts->tv_sec * 1000 + ts->tv_nsec / 1000000 + 1;
	return 0;
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
	static int idle;

	(void)fds;
	(void)count;
	idle = ms == 0 ? idle + 1 : 0;
	if (idle > 1000)
		violate("it waits for nothing, without a pause");
	if (ms < 0 || ms > 10)
		ms = 10;
	sim_monotonic_ms += ms;
	sim_clock_us += ms * 1000;
	return 0;
}
