/* SPDX-License-Identifier: ISC */
/* Loads the configuration and picks an endpoint of it. */
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

bool
endpoint_unknown(const struct config *config, const char *name,
    struct err *err)
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
		endpoint_unknown(config, name, err);
	else
		several(config, err);
	config_wipe(config);
	return false;
}

/* One that fails hides no other; the first error is the result. */
static bool
call_each(const struct config *config, const struct endpoint_call *call,
    struct err *err)
{
	for (size_t i = 0; i < config->endpoint_count; i++) {
		struct err why = ERR_INIT;

		if (call->run(call->ctx, &config->endpoints[i],
		    config->endpoint_count > 1, &why))
			continue;
		/* without an error nobody reads the output any longer */
		if (why.kind == OUTCOME_STORED)
			return false;
		if (err->kind == OUTCOME_STORED)
			*err = why;
		else
			say("%s", why.text);
	}
	return err->kind == OUTCOME_STORED;
}

bool
endpoint_each(const char *file, const char *name,
    const struct endpoint_call *call, struct err *err)
{
	const struct endpoint *one;
	struct config config;
	bool done;

	if (name != NULL) {
		if (!endpoint_choose(&config, &one, file, name, err))
			return false;
		done = call->run(call->ctx, one, false, err);
	} else {
		if (!config_open(&config, file, err))
			return false;
		done = call_each(&config, call, err);
	}
	config_wipe(&config);
	return done;
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
