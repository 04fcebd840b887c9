/* SPDX-License-Identifier: ISC */
/*
 * Inside the configuration: the table of keys, shared by environment and file.
 * Pure: text in, struct out.  No message shows a value, which may be a secret
 * in the wrong place.
 */
#ifndef CONFIG_CONFIG_VALUE_H
#define CONFIG_CONFIG_VALUE_H

#include "config/configuration.h"

#define CONFIG_KEYS	19
#define CONFIG_ENV_SIZE	40	/* of a variable's name, with NUL */

enum config_type {
	CONFIG_SIZE,		/* size_t */
	CONFIG_COUNT,		/* unsigned */
	CONFIG_SECONDS,		/* int64_t, a plain number */
	CONFIG_WINDOW,		/* int64_t seconds, with a unit */
	CONFIG_MODE,		/* mode_t, 0600 0640 0660 */
	CONFIG_FLAG,		/* bool */
	CONFIG_SANDBOX,		/* enum sandbox */
	CONFIG_CONSUMERS,	/* bool: external */
	CONFIG_FILE,		/* char *, an absolute path */
	CONFIG_LOG,		/* likewise, with %Y %m %d %H %% at its end */
	CONFIG_URL_PATH,	/* char *, begins with "/" */
	CONFIG_GLOBS		/* char **, the lists */
};

struct config_key {
	const char	*name;		/* as in the file */
	bool		 of_endpoint;
	enum config_type type;
	size_t		 offset;	/* in struct config or endpoint */
	int64_t		 min;		/* of numbers and windows */
	int64_t		 max;
	const char	*advice;	/* what to write */
};

extern const struct config_key config_keys[CONFIG_KEYS];

/* The value of one key, as written. */
struct config_text {
	const struct config_key	*key;
	const char		*where;	/* "file:line: key" or a variable */
	const char		*text;	/* a list: one after the other, each */
	size_t			 count;	/* with its NUL; else count is 1 */
};

/* The key of that name, or NULL. */
const struct config_key *config_key_find(const char *name, size_t len);
/* "dedup-window" -> "HOOKCASK_DEDUP_WINDOW" */
void	config_key_env(char buf[CONFIG_ENV_SIZE], const struct config_key *);
/* Stores it in base, a struct config or endpoint; each key at most once. */
bool	config_set(void *base, const struct config_text *, struct err *);
void	config_globs_free(char **globs);	/* NULL is legal */

#endif
