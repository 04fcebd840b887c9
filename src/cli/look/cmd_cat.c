/* SPDX-License-Identifier: ISC */
/* cat: prints records as stored, or the exact bodies that were signed. */
#include <config.h>

#include <stdio.h>

#include "cli/reading/reader.h"
#include "cli/reading/reading.h"
#include "cli/term/escape.h"
#include "cli/term/progress.h"
#include "cli/verb/verb.h"

enum {
	CONFIG, ENDPOINT, SINCE, UNTIL, TYPE, ID, GREP, OTHER_BODY, DATA, NUL,
	BARE, WHERE, UTC
};

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[SINCE] = OPTION_SINCE,
	[UNTIL] = OPTION_UNTIL,
	[TYPE] = OPTION_TYPE,
	[ID] = OPTION_ID,
	[GREP] = OPTION_GREP,
	[OTHER_BODY] = OPTION_OTHER_BODY,
	[DATA] = { "data", 'd', NULL,
	    "the exact bodies, each followed by a line feed" },
	[NUL] = { "null", '0', NULL, "a NUL after each, not a line feed" },
	[BARE] = { "bare", 'b', NULL, "nothing after each" },
	[WHERE] = OPTION_WHERE,
	[UTC] = OPTION_UTC,
	OPTION_END
};

struct printing {
	const struct args	*args;
	struct stored_body		 body;
};

static bool
print_record(void *ctx, const struct reading *reading, struct err *err)
{
	struct printing *p = ctx;
	const char *const *value = p->args->value;
	struct hookcask_span text = reading->line;

	progress_clear();
	if (value[DATA] != NULL &&
	    !stored_body_read(&p->body, &reading->view, &text, err))
		return false;
	print_data(text);
	if (value[NUL] != NULL)
		putchar('\0');
	else if (value[BARE] == NULL)
		putchar('\n');
	/* main reports the error when it flushes */
	return !ferror(stdout);
}

static bool
run(const struct args *args, struct err *err)
{
	struct printing printing = { args, { NULL, 0 } };
	struct reader_choice from = { args->value[CONFIG],
		args->value[ENDPOINT], args->operand, args->operand_count,
		NULL };
	struct filter_choice choice = { args->value[SINCE],
		args->value[UNTIL], args->value[TYPE], args->value[ID],
		args->value[GREP], &args->many };
	struct reader reader = { .record = print_record, .ctx = &printing,
		.other_bodies = args->value[OTHER_BODY] != NULL };
	bool done;

	if (args->value[NUL] != NULL && args->value[BARE] != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--null and --bare cannot be used together");
	done = reader_run(&reader, &from, &choice, err);
	stored_body_wipe(&printing.body);
	return done;
}

const struct verb verb_cat = {
	.name = "cat",
	.group = GROUP_LOOK,
	.summary = "print stored records, or the exact bodies",
	.operands = "[FILE ...]",
	.operands_max = -1,
	.options = options,
	.many = "where",
	.run = run,
};
