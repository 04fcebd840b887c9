/* SPDX-License-Identifier: ISC */
/* check: checks whether the responder would start, and could store. */
#include <config.h>

#include <string.h>

#include "cli/host/endpoint.h"
#include "cli/setup/check.h"
#include "cli/verb/verb.h"

enum { CONFIG, PRINT, JSON, LOGROTATE, WEB };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[PRINT] = { "print", 'p', NULL,
	    "print the effective configuration, no secrets" },
	[JSON] = { "json", 'j', NULL,
	    "print a JSON object for each thing found" },
	[LOGROTATE] = { "logrotate", 0, "FILE",
	    "its configuration (default /etc/logrotate.conf)" },
	[WEB] = { "web", 0, "DIR",
	    "the web server's configuration (default: usual ones)" },
	OPTION_END
};

static bool
run(const struct args *args, struct err *err)
{
	struct check check = {
		.json = args->value[JSON] != NULL,
		.logrotate = args->value[LOGROTATE] != NULL ?
		    args->value[LOGROTATE] : CHECK_LOGROTATE,
		.web = args->value[WEB],
	};
	struct config config;

	if (args->value[PRINT] != NULL && check.json)
		return err_set(err, OUTCOME_USAGE,
		    "--print and --json cannot be used together");
	if (!config_open(&config, args->value[CONFIG], err))
		return false;
	if (args->value[PRINT] != NULL) {
		config_print(stdout, &config);
		config_wipe(&config);
		return true;
	}
	check_fact(&check, "source", "%s", config.source);
	if (strcmp(config.source, "environment") != 0)
		check.config = config.source;
	check_clock(&check);
	check_sandbox(&check, &config);
	check_processes(&check);
	for (size_t i = 0; i < config.endpoint_count; i++)
		check_endpoint(&check, &config.endpoints[i]);
	if (check.faults > 0)
		err_set(err, OUTCOME_BAD_CONFIG, "%s: %u fault%s, %u "
		    "warning%s", config.source, check.faults,
		    check.faults == 1 ? "" : "s", check.warnings,
		    check.warnings == 1 ? "" : "s");
	config_wipe(&config);
	return check.faults == 0;
}

const struct verb verb_check = {
	.name = "check",
	.group = GROUP_SET_UP,
	.summary = "check the configuration, its secrets and its stores",
	.operands = "",
	.options = options,
	.run = run,
};
