/* SPDX-License-Identifier: ISC */
/* tail: prints the last events and, on request, those that arrive. */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/endpoint.h"
#include "cli/host/owner.h"
#include "cli/look/tail.h"
#include "cli/reading/listing.h"
#include "cli/term/progress.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"

enum {
	CONFIG, ENDPOINT, COUNT, FOLLOW, SINCE, UNTIL, TYPE, ID, GREP, DATA,
	RECORD, JSON, WHERE, UTC
};

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[COUNT] = { "lines", 'n', "N", "the last N of them (10)" },
	[FOLLOW] = { "follow", 'f', NULL,
	    "then wait for more until it is stopped" },
	[SINCE] = OPTION_SINCE,
	[UNTIL] = OPTION_UNTIL,
	[TYPE] = OPTION_TYPE,
	[ID] = OPTION_ID,
	[GREP] = OPTION_GREP,
	[DATA] = { "data", 'd', NULL,
	    "print the exact bodies, each followed by a line feed" },
	[RECORD] = { "record", 'r', NULL, "print the records as stored" },
	[JSON] = OPTION_LISTING_JSON,
	[WHERE] = OPTION_WHERE,
	[UTC] = OPTION_UTC,
	OPTION_END
};

#define COUNT_MAX 1000000

static bool
read_form(const struct args *args, enum listing_form *form, struct err *err)
{
	const char *const *v = args->value;

	*form = v[DATA] != NULL ? LISTING_DATA : v[RECORD] != NULL ?
	    LISTING_RECORD : v[JSON] != NULL ? LISTING_JSON : LISTING_TABLE;
	if ((v[DATA] != NULL) + (v[RECORD] != NULL) + (v[JSON] != NULL) > 1)
		return err_set(err, OUTCOME_USAGE,
		    "--data, --record and --json cannot be used together");
	return true;
}

struct tailing {
	struct reader	*reader;
	int64_t		 wanted;
	bool		 follow;
};

static bool
tail_endpoint(void *ctx, const struct endpoint *e, bool several,
    struct err *err)
{
	const struct tailing *all = ctx;
	struct statedir names;
	struct tail one, *t = &one;
	struct stat st;
	bool done;

	tail_init(t, all->reader, all->wanted, all->follow);
	listing_endpoint(all->reader->ctx, e->name, several);
	/* the responder makes the index with the first event */
	while (e->spool != NULL && stat(e->spool, &st) != 0 && errno == ENOENT)
		if (!t->follow || !tail_wait())
			return true;
	done = statedir_init(&names, &fileops_posix, e, err) &&
	    owner_assume(e, err);
	if (done)
		done = e->spool != NULL ? tail_spool(t, e, err) :
		    tail_log(t, e, &names, err);
	owner_resume();
	return done;
}

/* Only one can be followed. */
static bool
tail(struct tailing *all, const struct args *args, struct err *err)
{
	const struct endpoint_call call = { tail_endpoint, all };
	const char *file = args->value[CONFIG], *name = args->value[ENDPOINT];
	const struct endpoint *e;
	struct config config;
	bool done;

	if (!all->follow)
		return endpoint_each(file, name, &call, err);
	if (!endpoint_choose(&config, &e, file, name, err))
		return false;
	done = tail_endpoint(all, e, false, err);
	config_wipe(&config);
	return done;
}

static bool
run(const struct args *args, struct err *err)
{
	const char *const *value = args->value;
	struct filter_choice choice = { value[SINCE], value[UNTIL],
		value[TYPE], value[ID], value[GREP], &args->many };
	enum listing_form form;
	struct listing listing;
	struct filter filter;
	struct reader reader = { .record = listing_record, .ctx = &listing,
		.filter = &filter };
	struct tailing all = { &reader, 10, value[FOLLOW] != NULL };

	if (!args_number(args, COUNT, 0, COUNT_MAX, &all.wanted, err) ||
	    !read_form(args, &form, err) ||
	    !filter_init(&filter, &choice, err))
		return false;
	listing_init(&listing, form);
	tail(&all, args, err);
	progress_clear();
	filter_wipe(&filter);
	listing_wipe(&listing);
	if (err->kind != OUTCOME_STORED)
		return false;
	/* the reader closed the pipe: not an error */
	return reader_complete(&reader, err);
}

const struct verb verb_tail = {
	.name = "tail",
	.group = GROUP_LOOK,
	.summary = "print the last events, and those that arrive",
	.operands = "",
	.operands_max = 0,
	.options = options,
	.many = "where",
	.run = run,
};
