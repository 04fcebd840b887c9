/* SPDX-License-Identifier: ISC */
/* Do store or secret lie in what the web server shows to the world? */
#ifndef RESPONDER_DOCROOT_H
#define RESPONDER_DOCROOT_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

#include "config/configuration.h"

enum { DOCROOT_STORE, DOCROOT_SECRET, DOCROOT_DIRS };

/* The answer for one endpoint; the last question is remembered. */
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
