/* SPDX-License-Identifier: ISC */
/* Inside the configuration: what the environment of the process says. */
#ifndef CONFIG_CONFIG_ENV_H
#define CONFIG_CONFIG_ENV_H

#include "config/config_value.h"

/* What the environment says; borrowed from it but for the secret. */
struct config_env {
	const char	*file;			/* HOOKCASK_CONFIG */
	const char	*name;			/* HOOKCASK_NAME */
	const char	*values[CONFIG_KEYS];
	/* a variable that excludes a file, or NULL */
	char		 single[CONFIG_ENV_SIZE];
	/* set by the caller, for warnings; warn may be NULL */
	void		(*warn)(void *ctx, const char *text);
	void		 *ctx;
};

/*
 * Takes HOOKCASK_SECRET out of env, if it is there: copied to *secret (which
 * is wiped and freed before), overwritten in place and removed.  False
 * without memory; removed then, too.
 */
bool	config_env_take(char **env, char **secret, struct err *);
/*
 * Reads the other variables into what is zero but for warn and ctx; warns of
 * unknown ones.
 */
bool	config_env_read(struct config_env *, char **env, struct err *);
/* One endpoint from the environment alone; takes *secret over on success. */
bool	config_env_make(struct config *, const struct config_env *,
	    char **secret, struct err *);

#endif
