/* SPDX-License-Identifier: ISC */
/*
 * Checks across values: each endpoint is complete, and no two clash.
 */
#include <config.h>

#include <string.h>

#include "config/config_check.h"

bool
endpoint_name(struct endpoint *e, const char *where, const char *name,
    struct err *err)
{
	if (!endpoint_name_is_good(name))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: not a name for "
		    "an endpoint; give 1 to 32 of a-z 0-9 . _ -, a letter or "
		    "digit first", where);
	memcpy(e->name, name, strlen(name) + 1);
	return true;
}

/* Moves to the next component, past "/" and "/."; its length, 0 at the end. */
static size_t
path_next(const char **path)
{
	size_t len;

	for (;;) {
		*path += strspn(*path, "/");
		len = strcspn(*path, "/");
		if (len != 1 || **path != '.')
			return len;
		*path += len;
	}
}

/* Is it the same file, by the text of two absolute paths (or NULL)? */
static bool
path_is_same(const char *a, const char *b)
{
	size_t len;

	if (a == NULL || b == NULL)
		return false;
	for (;;) {
		len = path_next(&a);
		if (len != path_next(&b) || memcmp(a, b, len) != 0)
			return false;
		if (len == 0)
			return true;
		a += len;
		b += len;
	}
}

static bool
check_endpoint(const struct endpoint *e, struct err *err)
{
	bool is_env = strcmp(e->where, "environment") == 0;

	if (e->secret_file == NULL && e->secrets == NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: no secret; %s",
		    e->where, is_env ?
		    "set HOOKCASK_SECRET_FILE (or HOOKCASK_SECRET)" :
		    "give the endpoint a secret-file");
	if (e->secret_file != NULL && e->secrets != NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: both "
		    "HOOKCASK_SECRET and HOOKCASK_SECRET_FILE; unset one "
		    "(the file is safer)", e->where);
	if (e->log == NULL && e->spool == NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: no store; %s",
		    e->where, is_env ? "set HOOKCASK_LOG or HOOKCASK_SPOOL" :
		    "give the endpoint a log or a spool");
	if (e->log != NULL && e->spool != NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: two stores; %s",
		    e->where, is_env ?
		    "unset HOOKCASK_LOG or HOOKCASK_SPOOL" :
		    "remove log or spool");
	if (e->spool != NULL && e->olddir != NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: a spool has no "
		    "olddir; %s", e->where, is_env ?
		    "unset HOOKCASK_OLDDIR" : "remove it");
	return true;
}

/* Their names differ: the scanner has checked that. */
static bool
check_pair(const struct endpoint *a, const struct endpoint *b,
    struct err *err)
{
	if (a->path == NULL && b->path == NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: endpoint \"%s\" "
		    "has no path, nor has \"%s\" at %s; give one of them its "
		    "path", b->where, b->name, a->name, a->where);
	if (a->path != NULL && b->path != NULL &&
	    strcmp(a->path, b->path) == 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: endpoint \"%s\" "
		    "has the path of \"%s\" at %s; one path, one endpoint",
		    b->where, b->name, a->name, a->where);
	if (path_is_same(a->log, b->log) || path_is_same(a->spool, b->spool) ||
	    path_is_same(a->log, b->spool) || path_is_same(a->spool, b->log))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: endpoint \"%s\" "
		    "has the store of \"%s\" at %s; one store, one endpoint",
		    b->where, b->name, a->name, a->where);
	return true;
}

bool
config_check(const struct config *config, struct err *err)
{
	const struct endpoint *e = config->endpoints;

	if (config->endpoint_count == 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: no endpoint; "
		    "add: endpoint \"svix\" { secret-file = ... log = ... }",
		    config->source);
	if (path_is_same(config->diag, config->source))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: diag names this "
		    "file; give it one of its own", config->source);
	if (config->diag != NULL && strstr(config->diag, "/.hookcask-") != NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: diag is in a "
		    "store's state directory; put it elsewhere",
		    config->source);
	for (size_t i = 0; i < config->endpoint_count; i++) {
		if (!check_endpoint(&e[i], err))
			return false;
		if (path_is_same(config->diag, e[i].log) ||
		    path_is_same(config->diag, e[i].spool) ||
		    path_is_same(config->diag, e[i].secret_file))
			return err_set(err, OUTCOME_BAD_CONFIG, "%s: diag "
			    "names a file of endpoint \"%s\"; give it one of "
			    "its own", config->source, e[i].name);
		for (size_t j = 0; j < i; j++)
			if (!check_pair(&e[j], &e[i], err))
				return false;
	}
	return true;
}
