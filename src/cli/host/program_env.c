/* SPDX-License-Identifier: ISC */
/* Copies the environment without the variables that are ours to give. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/host/program_env.h"

extern char **environ;

/* Variables of ours that a program must not inherit. */
static bool
is_ours(const char *entry)
{
	static const char *const names[] = { "ID", "TYPE", "TIME", "ENDPOINT",
		"ATTEMPT", "SET_ASIDE", "SECRET", "SECRET_FILE" };
	static const char prefix[] = "HOOKCASK_";
	size_t len;

	if (strncmp(entry, prefix, sizeof(prefix) - 1) != 0)
		return false;
	entry += sizeof(prefix) - 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		len = strlen(names[i]);
		if (strncmp(entry, names[i], len) == 0 && entry[len] == '=')
			return true;
	}
	return false;
}

bool
program_env_init(struct program_env *env, const char *endpoint)
{
	size_t count = 0;

	while (environ[count] != NULL)
		count++;
	env->list = calloc(count + PROGRAM_ENV_OWN + 1, sizeof(*env->list));
	env->count = env->own_count = 0;
	if (env->list == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_ours(environ[i]))
			env->list[env->count++] = environ[i];
	program_env_add(env, "HOOKCASK_ENDPOINT=%s", endpoint);
	return true;
}

void
program_env_add(struct program_env *env, const char *fmt, ...)
{
	char *own = env->own[env->own_count++];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(own, sizeof(env->own[0]), fmt, ap);
	va_end(ap);
	env->list[env->count++] = own;
}

void
program_env_wipe(struct program_env *env)
{
	free(env->list);
	env->list = NULL;
}
