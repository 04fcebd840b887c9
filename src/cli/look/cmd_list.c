/* SPDX-License-Identifier: ISC */
/* list: prints a line for each stored event. */
#include <config.h>

#include "cli/reading/listing.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading.h"
#include "cli/verb/verb.h"

enum {
	CONFIG, ENDPOINT, SINCE, UNTIL, TYPE, ID, GREP, OTHER_BODY, CSV, JSON,
	WHERE, UTC
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
	[CSV] = { "csv", 0, "POINTERS",
	    "print CSV with these members of bodies" },
	[JSON] = OPTION_LISTING_JSON,
	[WHERE] = OPTION_WHERE,
	[UTC] = OPTION_UTC,
	OPTION_END
};

static bool
run(const struct args *args, struct err *err)
{
	const char *const *value = args->value;
	struct reader_choice from = { value[CONFIG], value[ENDPOINT],
		args->operand, args->operand_count,
		listing_endpoint };
	struct filter_choice choice = { value[SINCE], value[UNTIL],
		value[TYPE], value[ID], value[GREP], &args->many };
	struct listing listing;
	struct reader reader = { .record = listing_record,
		.ctx = &listing,
		.other_bodies = value[OTHER_BODY] != NULL };
	bool done;

	if (value[CSV] != NULL && value[JSON] != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--csv and --json cannot be used together");
	listing_init(&listing,
	    value[JSON] != NULL ? LISTING_JSON : LISTING_TABLE);
	if (value[CSV] != NULL &&
	    !listing_init_csv(&listing, value[CSV], err))
		return false;
	done = reader_run(&reader, &from, &choice, err);
	listing_wipe(&listing);
	return done;
}

const struct verb verb_list = {
	.name = "list",
	.group = GROUP_LOOK,
	.summary = "list stored events, a line each",
	.operands = "[FILE ...]",
	.operands_max = -1,
	.options = options,
	.many = "where",
	.run = run,
};
