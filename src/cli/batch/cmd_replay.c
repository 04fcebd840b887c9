/* SPDX-License-Identifier: ISC */
/*
 * replay: hands chosen events out once more.  Changes neither the store nor
 * the place of any consumer.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileops.h"
#include "cli/batch/replay.h"
#include "cli/host/endpoint.h"
#include "cli/host/owner.h"
#include "cli/host/stops.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading.h"
#include "cli/sender/message.h"
#include "cli/term/jsonl.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"

enum {
	CONFIG, ENDPOINT, TO, SECRET_FILE, FAMILY, SINCE, UNTIL, TYPE, ID,
	OTHER_BODY, FROM, RATE, TIMEOUT, RESUME, DRY_RUN, WHERE, JSON, UTC
};

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[TO] = OPTION_TO,
	[SECRET_FILE] = OPTION_SECRET_FILE,
	[FAMILY] = OPTION_FAMILY,
	[SINCE] = OPTION_SINCE,
	[UNTIL] = OPTION_UNTIL,
	[TYPE] = OPTION_TYPE,
	[ID] = OPTION_ID,
	[OTHER_BODY] = OPTION_OTHER_BODY,
	[FROM] = { "from", 0, "FILE",
	    "read records from a file or -, not the endpoint's" },
	[RATE] = { "rate", 'r', "N", "no more than N events a second" },
	[TIMEOUT] = { "timeout", 0, "SECONDS",
	    "for each event (URL: 15; program: none)" },
	[RESUME] = { "resume", 0, "FILE",
	    "skip what is done, and remember it there" },
	[DRY_RUN] = { "dry-run", 'n', NULL, "only list what would be sent" },
	[WHERE] = OPTION_WHERE,
	[JSON] = { "json", 'j', NULL, "print JSON, an event a line" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

struct replaying {
	const struct args	*args;
	struct drain_plan	 plan;		/* of a program */
	struct forward		 forward;	/* of a URL */
	struct replay_log	 log;
	int64_t			 rate;		/* 0: any */
	int64_t			 start_ms;
	int64_t			 begun, done, failed, before;
};

static void
print_json(const struct record_view *view, const char *end)
{
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_string(&j, "id", view->id);
	jsonl_string(&j, "type", view->type);
	jsonl_string(&j, "end", end);
	jsonl_end(&j);
	fflush(stdout);
}

static void
list(const struct replaying *r, const struct record_view *view)
{
	char received[CIVIL_SIZE];

	if (r->plan.json) {
		print_json(view, "chosen");
		return;
	}
	civil_format_us(received, view->received_us);
	printf("%s  %s  %s\n", received, view->id, view->type);
}

/* Waits for the turn of each event but the first, by --rate. */
static bool
pace(struct replaying *r)
{
	int64_t due;

	if (r->begun++ == 0)
		r->start_ms = fileops_clock_ms();
	if (r->rate == 0)
		return stops_count() == 0;
	due = r->start_ms + (r->begun - 1) * 1000 / r->rate;
	return replay_wait(due - fileops_clock_ms());
}

static enum replay_end
hand_over(struct replaying *r, const struct reading *reading,
    struct err *err)
{
	struct drain_event given = { .line = (char *)(uintptr_t)
		reading->line.data, .len = reading->line.len };

	if (r->args->value[TO] != NULL)
		return replay_post(&r->forward, &reading->view, err);
	r->plan.endpoint = reading->view.source;
	return replay_run(&r->plan, &given, err);
}

static bool
replay(void *ctx, const struct reading *reading, struct err *err)
{
	struct replaying *r = ctx;
	const char *id = reading->view.id;

	if (replay_log_has(&r->log, id)) {
		r->before++;
		if (r->plan.json)
			print_json(&reading->view, "before");
		return true;
	}
	if (r->args->value[DRY_RUN] != NULL) {
		list(r, &reading->view);
		return !ferror(stdout);
	}
	progress_show("%" PRId64 " replayed, %" PRId64 " failed", r->done,
	    r->failed);
	if (!pace(r))
		return err_set(err, OUTCOME_TRY_AGAIN, "stopped before %s",
		    id);
	switch (hand_over(r, reading, err)) {
	case REPLAY_DONE:
		r->done++;
		if (r->plan.json)
			print_json(&reading->view, "replayed");
		return replay_log_add(&r->log, id, err);
	case REPLAY_FAILED:
		r->failed++;
		if (r->plan.json)
			print_json(&reading->view, "failed");
		return true;
	case REPLAY_LATER:
	case REPLAY_ERROR:
		break;
	}
	return false;
}

static bool
read_options(struct replaying *r, struct err *err)
{
	const struct args *args = r->args;
	int64_t timeout = 0;
	bool to = args->value[TO] != NULL;
	struct message family;

	memset(&family, 0, sizeof(family));
	if (to ? args->operand_count > 0 : args->operand_count == 0 &&
	    args->value[DRY_RUN] == NULL)
		return err_set(err, OUTCOME_USAGE, "replay: give %s a URL "
		    "(--to URL) or a program (-- CMD)", to ? "either" : "");
	if (!to && (args->value[SECRET_FILE] != NULL ||
	    args->value[FAMILY] != NULL))
		return err_set(err, OUTCOME_USAGE,
		    "--secret-file and --family are for --to URL");
	if (args->value[FROM] != NULL && !to && (args->value[CONFIG] != NULL
	    || args->value[ENDPOINT] != NULL))
		return err_set(err, OUTCOME_USAGE,
		    "give either --from or --config and --endpoint");
	if (args->value[OTHER_BODY] != NULL && (args->value[FROM] != NULL ||
	    args->value[RESUME] != NULL))
		return err_set(err, OUTCOME_USAGE, "--other-body reads an "
		    "endpoint's, and several may share one id: use neither "
		    "--from nor --resume with it");
	if (!args_number(args, RATE, 1, 100000, &r->rate, err) ||
	    !args_number(args, TIMEOUT, 1, 86400, &timeout, err) ||
	    !message_family(&family, args->value[FAMILY], err))
		return false;
	r->forward.webhook = family.webhook;
	r->plan.argv = args->operand;
	r->plan.json = args->value[JSON] != NULL;
	r->plan.timeout_ms = timeout * 1000;
	return true;
}

/* Finds the target, and reads the secret while root still may. */
static bool
open_target(struct replaying *r, const struct endpoint *e, struct err *err)
{
	const char *const *value = r->args->value;
	struct secret_choice choice = { value[SECRET_FILE],
		e == NULL ? value[CONFIG] : NULL,
		e == NULL ? value[ENDPOINT] : NULL };
	struct forward *f = &r->forward;

	if (value[TO] == NULL || value[DRY_RUN] != NULL)
		return true;
	return (e != NULL && value[SECRET_FILE] == NULL ?
	    secrets_of(&f->secrets, e, err) :
	    secrets_load(&f->secrets, &choice, err)) &&
	    forward_open(f, value[TO], r->plan.timeout_ms == 0 ?
	    FORWARD_TIMEOUT : r->plan.timeout_ms / 1000, err);
}

/* The target of a log of replays: the URL, or the program's words. */
static bool
open_log(struct replaying *r, struct err *err)
{
	const char *path = r->args->value[RESUME];
	size_t len = 1;
	char *target;
	bool ok;

	if (path == NULL)
		return true;
	if (r->args->value[TO] != NULL)
		return replay_log_open(&r->log, path, r->args->value[TO], err);
	for (char **word = r->args->operand; *word != NULL; word++)
		len += strlen(*word) + 1;
	target = calloc(1, len);
	if (target == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	for (char **word = r->args->operand; *word != NULL; word++)
		strcat(strcat(target, *word), "\n");
	ok = replay_log_open(&r->log, path, target, err);
	free(target);
	return ok;
}

static bool
read_all(struct replaying *r, const struct endpoint *e, struct reader *reader,
    struct err *err)
{
	/* root reads the file, but must not run the program */
	if (!open_target(r, e, err) ||
	    (e != NULL && !owner_become(e, err)) || !open_log(r, err) ||
	    /* a list ends like others if its reader closes the pipe */
	    (r->args->value[DRY_RUN] == NULL && !stops_catch(err)))
		return false;
	return e != NULL ? reader_endpoint(reader, e, err) :
	    reader_file(reader, r->args->value[FROM], err);
}

/* Prints the result, even if something stopped it. */
static void
tell(const struct replaying *r)
{
	if (r->args->value[DRY_RUN] != NULL)
		return;
	if (r->before > 0)
		say("%" PRId64 " replayed, %" PRId64 " failed, %" PRId64
		    " done before", r->done, r->failed, r->before);
	else
		say("%" PRId64 " replayed, %" PRId64 " failed", r->done,
		    r->failed);
}

static bool
run_with(struct replaying *r, struct reader *reader, struct err *err)
{
	const char *const *value = r->args->value;
	const struct endpoint *e = NULL;
	struct err closing = ERR_INIT;
	struct config config;
	bool ok;

	if (value[FROM] == NULL && !endpoint_choose(&config, &e,
	    value[CONFIG], value[ENDPOINT], err))
		return false;
	ok = read_all(r, e, reader, err);
	progress_clear();
	if (!replay_log_close(&r->log, &closing) && ok) {
		*err = closing;
		ok = false;
	}
	if (ok || r->done + r->failed > 0)
		tell(r);
	if (e != NULL)
		config_wipe(&config);
	return ok;
}

static bool
run(const struct args *args, struct err *err)
{
	const char *const *value = args->value;
	struct filter_choice choice = { value[SINCE], value[UNTIL],
		value[TYPE], value[ID], NULL, &args->many };
	struct replaying r = { .args = args, .log = REPLAY_LOG_CLOSED };
	struct filter filter;
	struct reader reader = { .record = replay, .ctx = &r,
		.filter = &filter,
		.other_bodies = value[OTHER_BODY] != NULL };
	bool ok;

	if (!read_options(&r, err) || !filter_init(&filter, &choice, err))
		return false;
	filter_tell(&filter);
	ok = run_with(&r, &reader, err);
	forward_close(&r.forward);
	filter_wipe(&filter);
	if (!ok)
		/* main reports the error when it flushes */
		return ferror(stdout) && err->kind == OUTCOME_STORED;
	if (r.failed > 0)
		return err_set(err, OUTCOME_BAD_DATA, "%" PRId64 " of the "
		    "events failed", r.failed);
	return reader_complete(&reader, err);
}

const struct verb verb_replay = {
	.name = "replay",
	.group = GROUP_BATCH,
	.summary = "give stored events to a program or a URL once more",
	.operands = "[-- CMD [ARG ...]]",
	.operands_max = -1,
	.options = options,
	.many = "where",
	.run = run,
};
