/* SPDX-License-Identifier: ISC */
/*
 * The configuration, from the environment alone or from one file.  It is read
 * once, at start; an error says "file:line: why; what to do" or names the
 * variable.
 */
#ifndef CONFIG_CONFIGURATION_H
#define CONFIG_CONFIGURATION_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum sandbox { SANDBOX_AUTO, SANDBOX_OFF, SANDBOX_STRICT };

#define ENDPOINT_NAME_MAX	32	/* [a-z0-9][a-z0-9._-]{0,31} */
#define MAX_BODY_DEFAULT	((size_t)2 << 20)
#define THREADS_DEFAULT		8
#define BODY_TIMEOUT_DEFAULT	8	/* seconds */
#define MAX_BODY_MAX		((size_t)16 << 20)

/* One endpoint: a path, its secrets, its store.  Exactly one of log, spool. */
struct endpoint {
	char	  name[ENDPOINT_NAME_MAX + 1];
	char	 *path;			/* URL path, exact; NULL: any */
	char	 *secret_file;		/* NULL: secrets is set */
	char	 *secrets;		/* HOOKCASK_SECRET, of vault_text() */
	char	 *log;			/* may hold %Y %m %d %H %% */
	char	 *olddir;		/* where rotation moves logs; or NULL */
	char	 *spool;
	mode_t	  mode;			/* 0600, 0640, 0660 */
	bool	  external;		/* other programs read the store */
	int64_t	  tolerance;		/* seconds */
	int64_t	  dedup_window;		/* seconds */
	char	**accept_types;		/* globs, NULL at the end; NULL: all */
	char	**ignore_types;		/* win over accept_types */
	char	**type_keys;		/* see type_find(); NULL: "type" */
	bool	  allow_docroot;
	char	 *where;		/* "file:line" or "environment" */
};

struct config {
	size_t		 max_body;	/* bytes */
	unsigned	 threads;
	unsigned	 lock_timeout;	/* seconds */
	unsigned	 body_timeout;	/* seconds */
	char		*diag;		/* path, or NULL */
	enum sandbox	 sandbox;
	struct endpoint	*endpoints;
	size_t		 endpoint_count;
	char		*source;	/* the file, or "environment" */
};

void	config_init(struct config *);		/* the defaults */
/* Wipes secrets, frees all; a zeroed config is legal. */
void	config_wipe(struct config *);
/* The endpoint that serves a path, or NULL. */
const struct endpoint *config_match(const struct config *, const char *path);
/* The endpoint of that name, or NULL. */
const struct endpoint *config_find(const struct config *, const char *name);
bool	endpoint_name_is_good(const char *);
/*
 * The directory of its store (its spool, or the directory of its log): the
 * first *len bytes of the result; *len is 0 for a log in the root directory.
 */
const char *endpoint_store(const struct endpoint *, size_t *len);
void	endpoint_init(struct endpoint *);	/* the defaults */
/* Does it keep this type?  type is as in the record. */
bool	endpoint_wants(const struct endpoint *, const char *type);

#endif
