/* SPDX-License-Identifier: ISC */
/* Is the store or the secret where the web server shows it to the world? */
#ifndef RESPONDER_DOCROOT_H
#define RESPONDER_DOCROOT_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

#include "config/configuration.h"

enum { DOCROOT_STORE, DOCROOT_SECRET, DOCROOT_DIRS };

/* For one endpoint; remembers the last root and its answer. */
struct docroot {
	pthread_mutex_t	 lock;
	char		*dirs[DOCROOT_DIRS];	/* as configured, or NULL */
	char		*reals[DOCROOT_DIRS];	/* without symbolic links */
	char		 asked[PATH_MAX];
	bool		 answer;
};

bool	docroot_init(struct docroot *, const struct endpoint *);
void	docroot_wipe(struct docroot *);
/* root is a DOCUMENT_ROOT: untrusted, it can only refuse. */
bool	docroot_holds(struct docroot *, const char *root);

#endif
