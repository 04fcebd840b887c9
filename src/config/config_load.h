/* SPDX-License-Identifier: ISC */
/* Loads the configuration from the environment or a file. */
#ifndef CONFIG_CONFIG_LOAD_H
#define CONFIG_CONFIG_LOAD_H

#include "config/configuration.h"

/*
 * Loads it.  file is the -c argument or NULL; env is the process environment.
 * HOOKCASK_SECRET is first copied, overwritten in place and removed from it,
 * even if something else is wrong.  Warnings go to warn(ctx, text), which may
 * be NULL.  After a failure only that secret is kept, inside, for the next try.
 */
struct config_source {
	const char	 *file;
	char		**env;		/* usually environ */
	void		(*warn)(void *ctx, const char *text);
	void		 *ctx;
	/* tried first instead of the system's file, if it is ours; or NULL */
	const char	 *home;
};
bool	config_load(struct config *, const struct config_source *,
	    struct err *);
/* Wipes a secret that was kept for the next try. */
void	config_forget(void);

#endif
