/* SPDX-License-Identifier: ISC */
/*
 * What is played: drain, failed and prune, as their verbs call them, on a
 * consumer whose files are the machine's.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/batch/drain_consumer.h"
#include "cli/batch/failed.h"
#include "cli/keep/prune.h"
#include "hand.h"

struct endpoint hand_endpoint = { .name = "test", .mode = 0600,
	.dedup_window = 7 * 86400, .where = (char *)(uintptr_t)"test",
	.spool = (char *)(uintptr_t)HOME };

static bool
begin(struct consumer *c, int process, struct err *err)
{
	bool missing;

	sim_self = process;
	memset(c, 0, sizeof(*c));
	c->endpoint = &hand_endpoint;
	if (!statedir_init(&c->store, &sim_ops, &hand_endpoint, err))
		return false;
	c->where = (struct state_where){ &sim_ops, -1, c->store.path,
		CONSUMER_DEFAULT, hand_endpoint.name,
		hand_endpoint.spool != NULL };
	return consumer_open(c, &missing, err) && !missing;
}

static void
end(struct consumer *c, int before)
{
	if (c->where.dir != -1)
		sim_ops.close(sim_ops.ctx, c->where.dir);
	sim_self = before;
}

bool
run_drain(int process, struct drain_how how, struct err *err)
{
	static char *const argv[] = { (char *)(uintptr_t)"body", NULL };
	static char *const each[] = { (char *)(uintptr_t)"each", NULL };
	struct globs types = { NULL, NULL };
	struct drain_plan plan = { .argv = how.batch > 1 ? argv : each,
		.endpoint = "test", .once = how.once,
		.is_batch = how.batch > 1,
		.batch = how.batch > 1 ? how.batch : 1,
		.jobs = how.jobs > 1 ? how.jobs : 1, .tries = how.tries,
		.delay_ms = 1 };
	struct drain_wish wish = { .types = &types, .unlink = how.unlink };
	int before = sim_self;
	struct consumer c;
	bool ok = begin(&c, process, err) &&
	    drain_consumer(&c, &plan, &wish, err);

	end(&c, before);
	if (process == 1)
		said_all = ok;
	return ok;
}

/* -- failed -------------------------------------------------------------- */

struct failing {
	struct consumer		 consumer;
	struct consumer_state	 state;
	struct spool_dirs	 dirs;
	bool			 has_state;
};

/* As its verb does it. */
static bool
open_failed(struct failing *f, int process, bool changes, struct err *err)
{
	struct consumer_state closed = STATE_CLOSED;
	bool empty;

	f->state = closed;
	f->has_state = false;
	f->dirs.home_fd = -1;
	for (int i = 0; i < SPOOL_STAGES; i++)
		f->dirs.fd[i] = -1;
	if (!begin(&f->consumer, process, err) ||
	    (hand_endpoint.spool != NULL && !spool_dirs_open(&f->dirs,
	    &sim_ops, HOME, false, &empty, err)))
		return false;
	f->has_state = state_open(&f->state, &f->consumer.where,
	    changes ? STATE_CHANGE : STATE_READ, err);
	if (f->has_state || err->kind != OUTCOME_NO_INPUT ||
	    hand_endpoint.spool == NULL)
		return f->has_state;
	memset(err, 0, sizeof(*err));
	return true;
}

static void
close_failed(struct failing *f, int before)
{
	state_close(&f->state);
	if (f->dirs.home_fd != -1)
		spool_dirs_close(&f->dirs);
	end(&f->consumer, before);
}

/* All, and what was dropped is nobody's from now on. */
static bool
choose_all(void *ctx, struct failed_items *items, struct err *err)
{
	const bool *drop = ctx;

	(void)err;
	for (size_t i = 0; i < items->count; i++) {
		const char *id = failed_id(&items->list[i]);

		for (int j = 0; j < fact_count; j++)
			if (strcmp(facts[j].id, id) == 0 ||
			    strcmp(facts[j].name, id) == 0)
				*(*drop ? &facts[j].dropped :
				    &facts[j].asked) = true;
	}
	return true;
}

bool
run_failed(int process, bool drop, struct err *err)
{
	int before = sim_self;
	struct failing f;
	bool ok = open_failed(&f, process, true, err);
	struct failed_change change = {
		.state = f.has_state ? &f.state : NULL,
		.dirs = hand_endpoint.spool != NULL ? &f.dirs : NULL,
		.drop = drop, .choose = choose_all, .ctx = &drop };

	ok = ok && failed_change(&change, err);
	for (int i = 0; i < fact_count; i++) {
		if (ok && facts[i].asked)
			facts[i].due = facts[i].handed + 1;
		facts[i].asked = false;
	}
	close_failed(&f, before);
	return ok;
}

/* -- prune --------------------------------------------------------------- */

bool
run_prune(int process, struct err *err)
{
	bool is_spool = hand_endpoint.spool != NULL;
	struct prune p = { .ops = &sim_ops, .endpoint = &hand_endpoint,
		.state_dir = STATE, .home = HOME, .older_us = is_spool ?
		INT64_MAX : PRUNE_NOW, .max_size = is_spool ? -1 : 0 };
	int before = sim_self;
	bool ok = true;

	sim_self = process;
	p.state_fd = sim_ops.open(sim_ops.ctx, AT_FDCWD, STATE,
	    O_RDONLY | O_DIRECTORY, 0);
	if (p.state_fd == -1)
		ok = err_set(err, OUTCOME_NO_INPUT, "%s", STATE);
	else if (is_spool)
		ok = prune_spool(&p, err);
	else
		ok = prune_consumers_read(&p, p.state_fd, STATE, err) &&
		    prune_log(&p, err);
	prune_consumers_wipe(&p);
	if (p.state_fd != -1)
		sim_ops.close(sim_ops.ctx, p.state_fd);
	sim_self = before;
	return ok;
}

/* -- checks -------------------------------------------------------------- */

static const char *const stages[] = { "new", "cur", "done", "failed" };

/* In how many directories, and is it in one that somebody looks at? */
static int
places(const struct fact *f, bool *open)
{
	struct sim_file found;
	char path[128];
	int count = 0;

	*open = false;
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), HOME "/%s/%s", stages[i],
		    f->name);
		if (!sim_find(path, &found))
			continue;
		count++;
		*open = *open || strcmp(stages[i], "done") != 0;
		if (found.size != (int64_t)f->len ||
		    memcmp(found.data, f->line, f->len) != 0)
			violate("%s: its file in %s/ was changed", f->id,
			    stages[i]);
	}
	return count;
}

static void
check_log(void)
{
	struct sim_file files[32];
	int count = sim_list(HOME, files, 31);

	/* lines on their way back */
	if (sim_find(HOME "/.hookcask-test/tail", &files[count]))
		count++;
	for (int i = 0; i < fact_count; i++) {
		const struct fact *f = &facts[i];
		bool found = false;

		for (int j = 0; j < count && !found; j++)
			found = !files[j].is_dir && files[j].size > 0 &&
			    memmem(files[j].data, (size_t)files[j].size,
			    f->line, f->len) != NULL;
		if (f->stored && !f->dropped && f->done == 0 && !found &&
		    f->handed == 0)
			violate("%s is lost: no file has it", f->id);
	}
}

void
check_store(void)
{
	if (hand_endpoint.spool == NULL) {
		check_log();
		return;
	}
	for (int i = 0; i < fact_count; i++) {
		const struct fact *f = &facts[i];
		bool open;
		int count = places(f, &open);

		if (count > 1)
			violate("%s is in %d directories", f->id, count);
		if (f->stored && !f->dropped && f->done == 0 && !open)
			violate("%s is lost: %s", f->id, count == 0 ?
			    "its file has gone" : "it is in done/");
	}
}

void
check_named(int process)
{
	struct err err = ERR_INIT;
	struct failed_items items;
	int before = sim_self;
	struct failing f;

	if (!open_failed(&f, process, false, &err) ||
	    !failed_read(&items, &f.state,
	    hand_endpoint.spool != NULL ? &f.dirs : NULL, &err))
		violate("failed list: %s", err.text);
	for (int i = 0; i < fact_count; i++) {
		bool named = false;

		for (size_t j = 0; j < items.count && !named; j++)
			named = strcmp(failed_id(&items.list[j]),
			    facts[i].id) == 0;
		/* nobody would ever remove it */
		if (named && facts[i].done > 0)
			violate("%s is done, and \"failed list\" has it",
			    facts[i].id);
		if (facts[i].stored && !facts[i].dropped &&
		    facts[i].done == 0 && !named)
			violate("%s was not handed over, and no command names "
			    "it", facts[i].id);
	}
	failed_wipe(&items);
	close_failed(&f, before);
}
