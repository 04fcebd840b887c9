/* SPDX-License-Identifier: ISC */
/* The environment of a program that gets events: ours without the secret. */
#ifndef CLI_HOST_PROGRAM_ENV_H
#define CLI_HOST_PROGRAM_ENV_H

#include <stdbool.h>

#define PROGRAM_ENV_OWN	8		/* variables, at most */

struct program_env {
	char	**list;			/* owned; its strings are borrowed */
	int	  count;
	char	  own[PROGRAM_ENV_OWN][384];
	int	  own_count;
};

/* With HOOKCASK_ENDPOINT.  False without memory. */
bool	program_env_init(struct program_env *, const char *endpoint);
void	program_env_add(struct program_env *, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 2, 3)));
void	program_env_wipe(struct program_env *);

#endif
