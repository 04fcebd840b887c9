/* SPDX-License-Identifier: ISC */
/*
 * Decides where the configuration comes from, and answers questions about
 * it.  Nothing here is ever taken from a request.
 */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_source.h"
#include "config/vault.h"

#define DEFAULT_FILE	SYSCONFDIR "/hookcask.conf"

/*
 * HOOKCASK_SECRET, taken out of the environment, until a configuration owns
 * it: a process that starts with a broken one loads again, and could not find
 * it there a second time.
 */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static char *kept_secret;

static bool
load(struct config *config, const struct config_source *source,
    struct err *err)
{
	struct config_env env;
	const char *file = source->file, *single;

	if (!config_env_take(source->env, &kept_secret, err) ||
	    !config_env_read(&env, source, err))
		return false;
	single = kept_secret != NULL ? "HOOKCASK_SECRET" :
	    env.single[0] != '\0' ? env.single : NULL;
	if (file != NULL && env.file != NULL && strcmp(file, env.file) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "HOOKCASK_CONFIG and "
		    "-c name two files; take one of the two out");
	if (file == NULL)
		file = env.file;
	if (file != NULL && single != NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: it is set, but "
		    "the configuration comes from %s; unset the one or the "
		    "other", single, file);
	if (single != NULL)
		return config_env_make(config, &env, &kept_secret, err);
	if (file == NULL) {
		file = DEFAULT_FILE;
		if (access(file, F_OK) == -1 && errno == ENOENT)
			return err_set(err, OUTCOME_BAD_CONFIG, "no "
			    "configuration: set HOOKCASK_SECRET_FILE and "
			    "HOOKCASK_LOG, or HOOKCASK_CONFIG to a file, or "
			    "make %s", file);
	}
	return config_file(config, file, err);
}

bool
config_load(struct config *config, const struct config_source *source,
    struct err *err)
{
	bool ok;

	memset(config, 0, sizeof(*config));
	pthread_mutex_lock(&kept_lock);
	ok = load(config, source, err);
	pthread_mutex_unlock(&kept_lock);
	return ok;
}

void
config_forget(void)
{
	pthread_mutex_lock(&kept_lock);
	vault_text_free(kept_secret);
	kept_secret = NULL;
	pthread_mutex_unlock(&kept_lock);
}

void
config_wipe(struct config *config)
{
	for (size_t i = 0; i < config->endpoint_count; i++)
		endpoint_wipe(&config->endpoints[i]);
	free(config->endpoints);
	free(config->diag);
	free(config->source);
	memset(config, 0, sizeof(*config));
}

const struct endpoint *
config_match(const struct config *config, const char *path)
{
	const struct endpoint *any = NULL;

	for (size_t i = 0; i < config->endpoint_count; i++) {
		const struct endpoint *e = &config->endpoints[i];

		if (e->path == NULL)
			any = e;
		else if (strcmp(e->path, path) == 0)
			return e;
	}
	return any;
}

const struct endpoint *
config_find(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->endpoint_count; i++)
		if (strcmp(config->endpoints[i].name, name) == 0)
			return &config->endpoints[i];
	return NULL;
}

const char *
endpoint_store(const struct endpoint *e, size_t *len)
{
	const char *path = e->spool != NULL ? e->spool : e->log;
	const char *slash = e->spool != NULL ? NULL : strrchr(path, '/');

	*len = slash == NULL ? strlen(path) : (size_t)(slash - path);
	return path;
}

static bool
globs_hold(char *const *globs, const char *type)
{
	for (; *globs != NULL; globs++)
		if (fnmatch(*globs, type, 0) == 0)
			return true;
	return false;
}

bool
endpoint_wants(const struct endpoint *endpoint, const char *type)
{
	if (endpoint->ignore_types != NULL &&
	    globs_hold(endpoint->ignore_types, type))
		return false;
	return endpoint->accept_types == NULL ||
	    globs_hold(endpoint->accept_types, type);
}
