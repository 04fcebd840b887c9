/* SPDX-License-Identifier: ISC */
/* Inside the configuration: the two places it comes from. */
#ifndef CONFIG_CONFIG_SOURCE_H
#define CONFIG_CONFIG_SOURCE_H

#include "config/config_value.h"

/* What the environment says; borrowed from it but for the secret. */
struct config_env {
	const char	*file;			/* HOOKCASK_CONFIG */
	const char	*name;			/* HOOKCASK_NAME */
	const char	*values[CONFIG_KEYS];
	/* a variable that excludes a file, or NULL */
	char		 single[CONFIG_ENV_SIZE];
};

/*
 * Takes HOOKCASK_SECRET out of env, if it is there: copied to *secret (which
 * is wiped and freed before), overwritten in place and removed.  False
 * without memory; removed then, too.
 */
bool	config_env_take(char **env, char **secret, struct err *);
/* Reads the other variables; warns of unknown ones. */
bool	config_env_read(struct config_env *, const struct config_source *,
	    struct err *);
/* One endpoint from the environment alone; takes *secret over on success. */
bool	config_env_make(struct config *, const struct config_env *,
	    char **secret, struct err *);

bool	config_file(struct config *, const char *path, struct err *);

#endif
