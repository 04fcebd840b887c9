/* SPDX-License-Identifier: ISC */
/* Inside the configuration: the environment of the process. */
#ifndef CONFIG_CONFIG_ENV_H
#define CONFIG_CONFIG_ENV_H

#include "config/config_value.h"

/* Borrowed from the environment, but for the secret. */
struct config_env {
	const char	*file;			/* HOOKCASK_CONFIG */
	const char	*name;			/* HOOKCASK_NAME */
	const char	*values[CONFIG_KEYS];
	/* a variable that excludes a file, or "" */
	char		 single[CONFIG_ENV_SIZE];
	/* set by the caller, for warnings; warn may be NULL */
	void		(*warn)(void *ctx, const char *text);
	void		 *ctx;
};

/*
 * Takes HOOKCASK_SECRET out of env, if it is there: wipes and frees *secret,
 * copies the value to it, overwrites it in place and removes it.  False
 * without memory; even then it is removed.
 */
bool	config_env_take(char **env, char **secret, struct err *);
/*
 * Reads the other variables into a struct that is zero but for warn and ctx;
 * warns of unknown ones.
 */
bool	config_env_read(struct config_env *, char **env, struct err *);
/* One endpoint from the environment alone; takes *secret over on success. */
bool	config_env_make(struct config *, const struct config_env *,
	    char **secret, struct err *);

#endif
