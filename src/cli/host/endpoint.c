/* SPDX-License-Identifier: ISC */
/* Loads the configuration and picks an endpoint of it. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/endpoint.h"
#include "cli/host/home.h"
#include "cli/term/say.h"
#include "config/config_load.h"

extern char **environ;

static void
warn(void *ctx, const char *text)
{
	(void)ctx;
	say("warning: %s", text);
}

bool
config_open(struct config *config, const char *file, struct err *err)
{
	char *nothing[] = { NULL };
	/* the command line wins */
	struct config_source source = { .file = file,
	    .env = file != NULL ? nothing : environ, .warn = warn };
	char *home = home_config();
	bool done;

	source.home = home;
	memset(config, 0, sizeof(*config));
	done = config_load(config, &source, err);
	/* chosen by nobody: not to be taken for the system's */
	if (done && file == NULL && home != NULL &&
	    strcmp(config->source, home) == 0)
		say("configuration: %s", home);
	free(home);
	return done;
}

bool
endpoint_choose(struct config *config, const struct endpoint **endpoint,
    const char *file, const char *name, struct err *err)
{
	if (!config_open(config, file, err))
		return false;
	if (name != NULL)
		*endpoint = config_find(config, name);
	else
		*endpoint = config->endpoint_count == 1 ?
		    &config->endpoints[0] : NULL;
	if (*endpoint != NULL)
		return true;
	if (name != NULL)
		err_set(err, OUTCOME_USAGE, "%s: it has no endpoint \"%s\"",
		    config->source, name);
	else
		err_set(err, OUTCOME_USAGE,
		    "%s: it has %zu endpoints; choose one with --endpoint",
		    config->source, config->endpoint_count);
	config_wipe(config);
	return false;
}
