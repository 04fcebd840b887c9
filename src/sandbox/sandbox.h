/* SPDX-License-Identifier: ISC */
/*
 * Dropping privileges, so that an attacker who takes over the process gains
 * little: no other files than the stores' and the secrets', no other programs,
 * no connection to anywhere.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stddef.h>

#include "base/err.h"
#include "config/configuration.h"

/* What there is of it, here or in this process. */
struct sandbox_parts {
	bool	 no_new_privs;		/* set-user-ID programs gain nothing */
	int	 landlock;		/* version of its interface; 0: none */
	bool	 seccomp;		/* system calls are filtered */
	bool	 pledge;		/* OpenBSD's pledge(2) and unveil(2) */
	bool	 rights;		/* Capsicum's, of descriptors */
	bool	 limits;		/* no more files than it needs */
};

/* Connections at most that wait for a store and hold no thread. */
#define CONNECTIONS_LEFT	128

#define SANDBOX_TEXT	96		/* room for a description */

/* What this system offers; asks, and changes nothing. */
void	sandbox_probe(struct sandbox_parts *);
/* "Landlock 7, seccomp", or "nothing"; SANDBOX_TEXT is enough. */
void	sandbox_describe(const struct sandbox_parts *, char *text,
	    size_t size);
/* Is it all that strict asks for? */
bool	sandbox_is_whole(const struct sandbox_parts *);
/*
 * Enters it for this thread and those that it starts from now on (under CGI
 * it can start none); there is no way back.  Files that are open stay so.
 * Fails only if the configuration says strict and a part is missing; with
 * auto note, which may be NULL, is told of what is here and could not be
 * entered.  With strict a forbidden call ends the process, else it fails with
 * EPERM.
 */
bool	sandbox_enter(const struct config *, bool is_cgi,
	    void (*note)(void *ctx, const char *text), struct err *);

#endif
