/* SPDX-License-Identifier: ISC */
/* Loads the configuration from wherever it is. */
#ifndef CONFIG_CONFIG_LOAD_H
#define CONFIG_CONFIG_LOAD_H

#include "config/configuration.h"

/*
 * Loads it.  file is the -c argument or NULL; env is the process environment,
 * of which HOOKCASK_SECRET is copied, overwritten in place and removed first
 * (also when something else is wrong).  Warnings go to warn(ctx, text), which
 * may be NULL.  On failure nothing is held but that secret, inside, for the
 * next try: the environment no longer has it.
 */
struct config_source {
	const char	 *file;
	char		**env;		/* usually environ */
	void		(*warn)(void *ctx, const char *text);
	void		 *ctx;
};
bool	config_load(struct config *, const struct config_source *,
	    struct err *);
/* Wipes a secret that waits for the next try. */
void	config_forget(void);

#endif
