/* SPDX-License-Identifier: ISC */
/*
 * drain: gives stored events to a program, each until it is done or set aside.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileops.h"
#include "cli/batch/drain_consumer.h"
#include "cli/batch/drain_job.h"
#include "cli/engine/engine_pipe.h"
#include "cli/host/stops.h"
#include "cli/reading/log_files.h"
#include "cli/reading/reading_spool.h"
#include "cli/sender/message.h"
#include "cli/term/say.h"
#include "cli/term/when.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"

enum {
	CONFIG, ENDPOINT, BATCH, TYPE, ONCE, FOLLOW, JOBS, TIMEOUT, TRIES,
	RETRY_DELAY, NAME, STATE, DELETE, SINCE, FROM_START, WHERE, TO,
	SECRET_FILE, FAMILY, ON_SET_ASIDE, INTERVAL, JSON, STAY, UTC
};

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[BATCH] = { "batch", 'b', "N",
	    "give up to N records to a run, one a line" },
	[TYPE] = { "type", 't', "GLOBS",
	    "these types and unknown ones; others are done" },
	[ONCE] = { "once", '1', NULL,
	    "end when nothing is ready; wait for no retry" },
	[FOLLOW] = { "follow", 'f', NULL,
	    "wait for more events until it is stopped" },
	[JOBS] = { "jobs", 'j', "N", "run N at a time, in no order (1)" },
	[TIMEOUT] = { "timeout", 0, "SECONDS", "end a run that takes longer" },
	[TRIES] = { "tries", 0, "N", "runs before an event is set aside (10)" },
	[RETRY_DELAY] = { "retry-delay", 0, "SECONDS",
	    "before the second try (1), then doubled up to 1 h" },
	[NAME] = OPTION_CONSUMER,
	[STATE] = OPTION_STATE,
	[DELETE] = { "delete", 0, NULL,
	    "spool: remove what is done, keep no done/" },
	[SINCE] = { "since", 'S', "TIME",
	    "if the place is lost: continue from then" },
	[FROM_START] = { "from-start", 0, NULL,
	    "if the place is lost: that whole file again" },
	[WHERE] = OPTION_WHERE,
	[TO] = OPTION_TO,
	[SECRET_FILE] = OPTION_SECRET_FILE,
	[FAMILY] = { "family", 0, "NAME",
	    "svix (default) or webhook headers" },
	[ON_SET_ASIDE] = { "on-set-aside", 0, "COMMAND",
	    "run it in a shell when events were set aside" },
	[INTERVAL] = { "interval", 0, "SECONDS",
	    "at least this long between two of its runs (900)" },
	[JSON] = { "json", 0, NULL,
	    "print JSON: each end of a run, and the sum" },
	[STAY] = { "stay", 0, NULL,
	    "keep one program, which answers for each record" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

#define JOBS_MAX	256
#define BATCH_MAX	100000
#define TRIES_MAX	1000
#define DAY		86400
#define STAY_LINES	1000
#define STAY_TIMEOUT_MS	60000

/* "0.5": milliseconds of it. */
static bool
read_delay(const struct args *args, int64_t *ms, struct err *err)
{
	const char *text = args->value[RETRY_DELAY];
	double seconds;
	char *end;

	*ms = 1000;
	if (text == NULL)
		return true;
	seconds = strtod(text, &end);
	if (end == text || *end != '\0' || text[0] < '0' || text[0] > '9' ||
	    !(seconds >= 0.001 && seconds <= 3600))
		return err_set(err, OUTCOME_USAGE, "--retry-delay %s: not a "
		    "number from 0.001 to 3600", text);
	*ms = (int64_t)(seconds * 1000);
	return true;
}

/* Either a URL with what belongs to it, or a program. */
static bool
read_target(const struct args *args, struct forward *forward,
    struct err *err)
{
	const char *const *value = args->value;
	bool to = value[TO] != NULL;
	struct message family;

	if (to ? args->operand_count > 0 : args->operand_count == 0)
		return err_set(err, OUTCOME_USAGE, "drain: give %s a URL "
		    "(--to URL) or a program (-- CMD)", to ? "either" : "");
	if (to && value[BATCH] != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--to posts one event at a time, without --batch");
	if (to && value[STAY] != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--stay is for a program, not for --to");
	if (!to && (value[SECRET_FILE] != NULL || value[FAMILY] != NULL))
		return err_set(err, OUTCOME_USAGE,
		    "--secret-file and --family are for --to URL");
	if (!message_family(&family, value[FAMILY], err))
		return false;
	forward->webhook = family.webhook;
	return true;
}

/* One program, many lines: their time limit is that between two answers. */
static bool
read_stay(const struct args *args, struct drain_plan *plan, struct err *err)
{
	if (args->value[STAY] == NULL)
		return true;
	if (args->value[JOBS] != NULL)
		return err_set(err, OUTCOME_USAGE, "--stay runs one program; "
		    "--batch says how many records it may have at a time");
	plan->lines = plan->is_batch ? plan->batch : STAY_LINES;
	plan->batch = 1;
	/* see drain_stay_make() */
	plan->jobs = 2;
	if (plan->timeout_ms == 0)
		plan->timeout_ms = STAY_TIMEOUT_MS;
	return true;
}

static bool
read_plan(const struct args *args, struct drain_plan *plan, struct err *err)
{
	int64_t timeout = 0, interval = 900;

	plan->argv = args->operand;
	plan->once = args->value[ONCE] != NULL;
	plan->follow = args->value[FOLLOW] != NULL;
	plan->is_batch = args->value[BATCH] != NULL;
	plan->json = args->value[JSON] != NULL;
	plan->on_set_aside = args->value[ON_SET_ASIDE];
	plan->batch = plan->jobs = 1;
	plan->tries = 10;
	if (plan->once && plan->follow)
		return err_set(err, OUTCOME_USAGE,
		    "--once and --follow cannot be used together");
	if (!args_number(args, BATCH, 1, BATCH_MAX, &plan->batch, err) ||
	    !args_number(args, JOBS, 1, JOBS_MAX, &plan->jobs, err) ||
	    !args_number(args, TRIES, 1, TRIES_MAX, &plan->tries, err) ||
	    !args_number(args, TIMEOUT, 1, DAY, &timeout, err) ||
	    !args_number(args, INTERVAL, 1, DAY, &interval, err) ||
	    !read_delay(args, &plan->delay_ms, err))
		return false;
	if (args->value[INTERVAL] != NULL && plan->on_set_aside == NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--interval is for --on-set-aside");
	plan->timeout_ms = timeout * 1000;
	plan->notice_ms = interval * 1000;
	return read_stay(args, plan, err);
}

/* Where to continue if the place is lost; *says: was that given? */
static bool
read_since(const struct args *args, int64_t *us, bool *says, struct err *err)
{
	const char *text = args->value[SINCE];

	*us = INT64_MIN;
	*says = text != NULL || args->value[FROM_START] != NULL;
	if (text == NULL)
		return true;
	if (args->value[FROM_START] != NULL)
		return err_set(err, OUTCOME_USAGE, "--since and --from-start "
		    "cannot be used together");
	return when_parse(text, fileops_posix.now_us(NULL), us) ||
	    err_set(err, OUTCOME_USAGE, "--since %s: not " WHEN_ADVICE, text);
}

/* "-t GLOB -w CONDITION", in one line; the caller frees it. */
static char *
filter_words(const struct args *args)
{
	const char *type = args->value[TYPE];
	size_t size = 32 + (type == NULL ? 0 : strlen(type));
	char *words;
	int len;

	for (int i = 0; i < args->many.count; i++)
		size += strlen(args->many.value[i]) + 4;
	words = malloc(size);
	if (words == NULL)
		return NULL;
	len = snprintf(words, size, "%s%s", type == NULL ? "" : "-t ",
	    type == NULL ? "" : type);
	for (int i = 0; i < args->many.count; i++)
		len += snprintf(words + len, size - (size_t)len, "%s-w %s",
		    len > 0 ? " " : "", args->many.value[i]);
	if (len == 0)
		snprintf(words, size, "all events");
	/* it becomes part of a line */
	for (char *p = words; *p != '\0'; p++)
		if (*p > 0 && *p < ' ')
			*p = ' ';
	return words;
}

/* *any: are there events?  Then a state directory should be there. */
static bool
holds_events(const struct consumer *c, bool *any, struct err *err)
{
	struct log_files files = { .list = NULL };
	struct log_dir dir = { .fd = -1 };
	struct spool_reading spool;
	const struct mark none = { 0 };
	bool ok;

	if (c->where.is_spool) {
		ok = spool_reading_open(&spool, c->endpoint, "", err);
		*any = ok && spool.names[SPOOL_NEW].count +
		    spool.names[SPOOL_CUR].count > 0;
		if (ok)
			spool_reading_close(&spool);
		return ok;
	}
	ok = log_dir_open(&dir, c->endpoint, c->store.home, c->store.path,
	    err) && log_files_find(&files, &dir, &none, err);
	*any = files.count > 0;
	log_files_wipe(&files);
	log_dir_close(&dir);
	return ok;
}

/* Nothing was stored yet, or somebody took the state directory away. */
static bool
look_without_state(const struct consumer *c, struct err *err)
{
	struct stat st;
	bool any = false;

	/* the responder makes a spool with the first event */
	if (stat(c->store.home, &st) != 0 && errno == ENOENT)
		return true;
	if (!holds_events(c, &any, err))
		return false;
	return !any || err_set(err, OUTCOME_NO_INPUT, "%s: is missing beside "
	    "events, and with it the index and the places of the consumers. "
	    "Restore it, or let %s make a new one: then every consumer starts "
	    "at the first event", c->store.path, c->where.is_spool ?
	    "the next delivery" : "\"hookcask index --rebuild\"");
}

/* Waits until the responder has made the store's state directory. */
static bool
wait_for_store(struct consumer *c, bool follow, bool *missing,
    struct err *err)
{
	struct pollfd fd = { stops_fd(), POLLIN, 0 };
	struct err why = ERR_INIT;
	bool noted = false;

	for (;;) {
		if (!consumer_open(c, missing, err))
			return false;
		if (!*missing || !follow || stops_count() > 0)
			return true;
		if (!noted && !look_without_state(c, &why))
			say("note: %s", why.text);
		noted = true;
		poll(&fd, 1, 500);
		stops_empty();
	}
}

/* Each post has its own time limit; its process only a later one. */
static bool
open_target(struct drain_plan *plan, struct forward *forward,
    const char *url, struct err *err)
{
	int64_t seconds = plan->timeout_ms > 0 ? plan->timeout_ms / 1000 :
	    FORWARD_TIMEOUT;

	if (url == NULL)
		return true;
	plan->forward = forward;
	plan->timeout_ms = seconds * 1000 + CHILD_GRACE_MS;
	return forward_open(forward, url, seconds, err);
}

static bool
run(const struct args *args, struct err *err)
{
	const char *const *value = args->value;
	struct forward forward = { .url = NULL };
	struct consumer_choice choice = { .config = value[CONFIG],
		.endpoint = value[ENDPOINT], .name = value[NAME],
		.state = value[STATE], .secret_file = value[SECRET_FILE],
		.secrets = value[TO] == NULL ? NULL : &forward.secrets };
	struct globs types = { NULL, NULL };
	struct where where = { .count = 0 };
	struct stored_body body = { NULL, 0 };
	struct drain_plan plan = { .argv = NULL };
	struct drain_wish wish = { .types = &types, .where = &where,
		.body = &body, .unlink = value[DELETE] != NULL };
	struct engine_pipe *pipe = NULL;
	struct consumer consumer;
	struct engine engine;
	char *words;
	bool missing, ok, says;
	int64_t since_us;

	if (!read_target(args, &forward, err) ||
	    !read_plan(args, &plan, err) ||
	    !read_since(args, &since_us, &says, err))
		return false;
	if (!consumer_choose(&consumer, &choice, err)) {
		forward_close(&forward);
		return false;
	}
	plan.endpoint = consumer.endpoint->name;
	plan.where = &consumer.where;
	ok = where_init(&where, &args->many, err) &&
	    globs_init(&types, value[TYPE], err) &&
	    open_target(&plan, &forward, value[TO], err);
	if (ok && wish.unlink && !consumer.where.is_spool)
		ok = err_set(err, OUTCOME_USAGE, "--delete is for a spool; "
		    "a log is left as it is");
	if (ok && says && consumer.where.is_spool)
		ok = err_set(err, OUTCOME_USAGE, "--since and --from-start "
		    "are for a log; a spool has no place");
	wish.since_us = says ? &since_us : NULL;
	if (plan.lines > 0) {
		pipe = engine_pipe_make(&engine, plan.argv, plan.endpoint,
		    plan.timeout_ms);
		plan.engine = &engine;
	}
	words = filter_words(args);
	/* a spool has only one consumer */
	if (!consumer.where.is_spool)
		wish.filter = words;
	if (ok && (words == NULL || (pipe == NULL && plan.lines > 0)))
		ok = err_set(err, OUTCOME_NO_MEMORY, "no memory");
	ok = ok && stops_catch(err) &&
	    wait_for_store(&consumer, plan.follow, &missing, err);
	if (ok && missing)
		ok = look_without_state(&consumer, err);
	else if (ok)
		ok = drain_consumer(&consumer, &plan, &wish, err);
	free(words);
	engine_pipe_free(pipe);
	globs_wipe(&types);
	where_wipe(&where);
	stored_body_wipe(&body);
	forward_close(&forward);
	consumer_close(&consumer);
	return ok;
}

const struct verb verb_drain = {
	.name = "drain",
	.group = GROUP_BATCH,
	.summary = "give each stored event to a program or a URL",
	.operands = "[-- CMD [ARG ...]]",
	.operands_max = -1,
	.options = options,
	.many = "where",
	.run = run,
};
