/* SPDX-License-Identifier: ISC */
/* check: would the responder start, and could it store? */
#include <config.h>

#include "cli/check.h"
#include "cli/secrets.h"

enum { CONFIG, PRINT };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[PRINT] = { "print", 'p', NULL,
	    "print the effective configuration, no secrets" },
	OPTION_END
};

static bool
run(const struct args *args, struct err *err)
{
	struct config config;
	unsigned faults = 0;

	if (!config_open(&config, args->value[CONFIG], err))
		return false;
	if (args->value[PRINT] != NULL) {
		config_print(&config);
		config_wipe(&config);
		return true;
	}
	for (size_t i = 0; i < config.endpoint_count; i++)
		faults += endpoint_check(&config.endpoints[i]);
	if (faults > 0)
		err_set(err, OUTCOME_BAD_CONFIG, "%s: %u fault%s",
		    config.source, faults, faults == 1 ? "" : "s");
	config_wipe(&config);
	return faults == 0;
}

const struct verb verb_check = {
	.name = "check",
	.group = GROUP_SET_UP,
	.summary = "judge the configuration, its secrets and its stores",
	.operands = "",
	.options = options,
	.run = run,
};
