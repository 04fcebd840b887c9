/* SPDX-License-Identifier: ISC */
/* A configuration: its defaults, freeing it, and questions about it. */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_value.h"
#include "config/configuration.h"
#include "config/vault.h"
#include "hookcask.h"

void
config_init(struct config *config)
{
	memset(config, 0, sizeof(*config));
	config->max_body = MAX_BODY_DEFAULT;
	config->threads = THREADS_DEFAULT;
	config->lock_timeout = 5;
	config->body_timeout = BODY_TIMEOUT_DEFAULT;
	config->sandbox = SANDBOX_AUTO;
}

static void
endpoint_wipe(struct endpoint *e)
{
	vault_text_free(e->secrets);
	free(e->path);
	free(e->secret_file);
	free(e->log);
	free(e->olddir);
	free(e->spool);
	config_globs_free(e->accept_types);
	config_globs_free(e->ignore_types);
	config_globs_free(e->type_keys);
	free(e->where);
	memset(e, 0, sizeof(*e));
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

void
endpoint_init(struct endpoint *e)
{
	memset(e, 0, sizeof(*e));
	e->mode = 0600;
	e->tolerance = HOOKCASK_TOLERANCE;
	e->dedup_window = INT64_C(7) * 86400;
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

bool
endpoint_name_is_good(const char *name)
{
	size_t len = strlen(name);

	/* in ASCII, whatever the locale */
	return len >= 1 && len <= ENDPOINT_NAME_MAX &&
	    strchr("._-", name[0]) == NULL &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
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
