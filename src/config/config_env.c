/* SPDX-License-Identifier: ISC */
/*
 * Reads the configuration from the environment of the process, never from a
 * request.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "config/config_check.h"
#include "config/config_env.h"
#include "config/vault.h"

#define PREFIX		"HOOKCASK_"
#define SECRET		"HOOKCASK_SECRET="

/* The value if the entry sets that variable, else NULL. */
static const char *
value_of(const char *entry, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(entry, name, len) != 0 || entry[len] != '=')
		return NULL;
	return entry + len + 1;
}

bool
config_env_take(char **env, char **secret, struct err *err)
{
	char **to = env, *copy = NULL;
	bool found = false;

	if (env == NULL)
		return true;
	for (; *env != NULL; env++) {
		char *value = *env + strlen(SECRET);

		if (strncmp(*env, SECRET, strlen(SECRET)) != 0) {
			*to++ = *env;
			continue;
		}
		/* the first one counts, as for getenv(3); all are removed */
		if (!found)
			copy = vault_text(value);
		found = true;
		wipe_text(value);
	}
	while (to < env)
		*to++ = NULL;
	if (!found)
		return true;
	if (copy == NULL)
		return err_set(err, OUTCOME_NO_MEMORY,
		    "HOOKCASK_SECRET: out of memory");
	vault_text_free(*secret);
	*secret = copy;
	return true;
}

static void
warn_unknown(const struct config_env *env, const char *entry)
{
	size_t len = strcspn(entry, "=");
	char text[160];

	if (env->warn == NULL)
		return;
	snprintf(text, sizeof(text), "%.*s%s: not a variable of hookcask; see "
	    "hookcask.conf(5)", len > 64 ? 64 : (int)len, entry,
	    len > 64 ? "..." : "");
	env->warn(env->ctx, text);
}

/* Where the value of an entry belongs; NULL if there is no such variable. */
static const char **
env_slot(struct config_env *env, const char *entry, const char **value)
{
	char name[CONFIG_ENV_SIZE];

	if ((*value = value_of(entry, "HOOKCASK_CONFIG")) != NULL)
		return &env->file;
	if ((*value = value_of(entry, "HOOKCASK_NAME")) != NULL)
		return &env->name;
	for (size_t i = 0; i < CONFIG_KEYS; i++) {
		config_key_env(name, &config_keys[i]);
		if ((*value = value_of(entry, name)) != NULL)
			return &env->values[i];
	}
	return NULL;
}

bool
config_env_read(struct config_env *env, char **environment, struct err *err)
{
	const char **slot, *value;

	for (char **p = environment; p != NULL && *p != NULL; p++) {
		int len = (int)strcspn(*p, "=");

		if (strncmp(*p, PREFIX, strlen(PREFIX)) != 0)
			continue;
		slot = env_slot(env, *p, &value);
		if (slot == NULL) {
			warn_unknown(env, *p);
			continue;
		}
		if (*slot != NULL)
			return err_set(err, OUTCOME_BAD_CONFIG, "%.*s: it is "
			    "set twice; remove one", len, *p);
		*slot = value;
		if (slot != &env->file && env->single[0] == '\0')
			snprintf(env->single, sizeof(env->single), "%.*s",
			    len, *p);
	}
	if (env->file != NULL && env->file[0] != '/')
		return err_set(err, OUTCOME_BAD_CONFIG, "HOOKCASK_CONFIG: not "
		    "an absolute path; give that of the configuration file, "
		    "or unset it");
	return true;
}

/* Cuts a list at blanks and commas, in place, into items with a NUL each. */
static size_t
split(char *list)
{
	size_t count = 0, len;
	char *rest = NULL, *to = list;

	for (char *p = strtok_r(list, " \t\n,", &rest); p != NULL;
	    p = strtok_r(NULL, " \t\n,", &rest)) {
		len = strlen(p) + 1;
		memmove(to, p, len);
		to += len;
		count++;
	}
	return count;
}

static bool
env_set_list(void *base, struct config_text *text, struct err *err)
{
	char *copy = strdup(text->text);
	bool ok;

	if (copy == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory",
		    text->where);
	text->count = split(copy);
	text->text = copy;
	ok = config_set(base, text, err);
	free(copy);
	return ok;
}

static bool
env_set(struct config *config, const struct config_env *env, size_t i,
    struct err *err)
{
	char name[CONFIG_ENV_SIZE];
	struct config_text text = { &config_keys[i], name, env->values[i], 1 };
	void *base = config;

	config_key_env(name, &config_keys[i]);
	if (config_keys[i].of_endpoint)
		base = config->endpoints;
	if (config_keys[i].type == CONFIG_GLOBS)
		return env_set_list(base, &text, err);
	return config_set(base, &text, err);
}

bool
config_env_make(struct config *config, const struct config_env *env,
    char **secret, struct err *err)
{
	struct endpoint *e;
	bool ok = false;

	config_init(config);
	config->source = strdup("environment");
	config->endpoints = e = calloc(1, sizeof(*e));
	if (config->source == NULL || e == NULL)
		goto no_memory;
	config->endpoint_count = 1;
	endpoint_init(e);
	e->where = strdup("environment");
	if (e->where == NULL)
		goto no_memory;
	if (!endpoint_name(e, "HOOKCASK_NAME",
	    env->name == NULL ? "svix" : env->name, err))
		goto out;
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		if (env->values[i] != NULL && !env_set(config, env, i, err))
			goto out;
	/* lent for the check; after a failure the caller keeps it */
	e->secrets = *secret;
	ok = config_check(config, err);
	if (ok)
		*secret = NULL;
	else
		e->secrets = NULL;
	goto out;
no_memory:
	err_set(err, OUTCOME_NO_MEMORY, "environment: out of memory");
out:
	if (!ok)
		config_wipe(config);
	return ok;
}
