/* SPDX-License-Identifier: ISC */
/* Loads the configuration and finds endpoints in it. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/endpoint.h"
#include "cli/host/home.h"
#include "cli/term/say.h"
#include "cli/verb/nearest.h"
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

#define NAMES_MAX 200

/* "levers, polar" */
static void
join_names(const struct config *config, char names[NAMES_MAX])
{
	size_t len = 0;

	names[0] = '\0';
	for (size_t i = 0; i < config->endpoint_count && len < NAMES_MAX - 40;
	    i++)
		len += (size_t)snprintf(names + len, NAMES_MAX - len, "%s%s",
		    i == 0 ? "" : ", ", len > NAMES_MAX - 80 ? "..." :
		    config->endpoints[i].name);
}

static const char *
name_at(const void *ctx, size_t i)
{
	const struct config *config = ctx;

	return i < config->endpoint_count ? config->endpoints[i].name : NULL;
}

static bool
unknown(const struct config *config, const char *name, struct err *err)
{
	const char *meant = nearest(name, name_at, config);
	char names[NAMES_MAX];

	join_names(config, names);
	if (meant != NULL)
		return err_set(err, OUTCOME_USAGE, "%s: it has no endpoint "
		    "\"%s\"; did you mean %s?", config->source, name, meant);
	return err_set(err, OUTCOME_USAGE, "%s: it has no endpoint \"%s\"; "
	    "it has: %s", config->source, name, names);
}

static bool
several(const struct config *config, struct err *err)
{
	char names[NAMES_MAX];

	join_names(config, names);
	return err_set(err, OUTCOME_USAGE, "%s: it has %zu endpoints; name "
	    "one with --endpoint: %s", config->source,
	    config->endpoint_count, names);
}

bool
endpoint_open(struct config *config, const struct endpoint **first,
    size_t *count, const char *file, const char *name, struct err *err)
{
	if (!config_open(config, file, err))
		return false;
	*first = name == NULL ? config->endpoints : config_find(config, name);
	*count = name == NULL ? config->endpoint_count : 1;
	if (*first != NULL)
		return true;
	unknown(config, name, err);
	config_wipe(config);
	return false;
}

bool
endpoint_choose(struct config *config, const struct endpoint **endpoint,
    const char *file, const char *name, struct err *err)
{
	size_t count;

	if (!endpoint_open(config, endpoint, &count, file, name, err))
		return false;
	if (count == 1)
		return true;
	several(config, err);
	config_wipe(config);
	return false;
}

bool
endpoint_each(const char *file, const char *name,
    const struct endpoint_call *call, struct err *err)
{
	const struct endpoint *first;
	struct config config;
	bool heard = true;
	size_t count;

	if (!endpoint_open(&config, &first, &count, file, name, err))
		return false;
	for (size_t i = 0; heard && i < count; i++) {
		struct err why = ERR_INIT;

		if (call->run(call->ctx, &first[i], count > 1, &why))
			continue;
		/* without an error nobody reads the output any longer */
		heard = why.kind != OUTCOME_STORED;
		if (err->kind == OUTCOME_STORED)
			*err = why;
		else if (heard)
			say("%s", why.text);
	}
	config_wipe(&config);
	return heard && err->kind == OUTCOME_STORED;
}

void
endpoint_print_names(const char *file)
{
	struct err err = ERR_INIT;
	struct config config;
	char *nothing[] = { NULL }, *home = home_config();
	const struct config_source source = { .file = file,
	    .env = file != NULL ? nothing : environ, .home = home };

	memset(&config, 0, sizeof(config));
	if (config_load(&config, &source, &err))
		for (size_t i = 0; i < config.endpoint_count; i++)
			puts(config.endpoints[i].name);
	config_wipe(&config);
	free(home);
}
