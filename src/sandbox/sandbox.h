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

/* Its parts, as this system or this process has them. */
struct sandbox_parts {
	bool	 no_new_privs;		/* set-user-ID programs gain nothing */
	int	 landlock;		/* version of its interface; 0: none */
	bool	 seccomp;		/* system calls are filtered */
	bool	 pledge;		/* OpenBSD's pledge(2) and unveil(2) */
	bool	 rights;		/* Capsicum's, of descriptors */
	bool	 limits;		/* no more files than it needs */
};

/* The most connections that a FastCGI process holds. */
#define CONNECTIONS_MAX	2048

#define SANDBOX_TEXT	96		/* room for a description */

/* What this system offers; changes nothing. */
void	sandbox_probe(struct sandbox_parts *);
/* "Landlock 7, seccomp", or "nothing", in SANDBOX_TEXT bytes. */
void	sandbox_describe(const struct sandbox_parts *, char *text,
	    size_t size);
/* Is it all that strict requires? */
bool	sandbox_is_whole(const struct sandbox_parts *);
/*
 * Enters it for this thread and those that it starts from now on (under CGI
 * it can start none), for good.  Files that are open stay open.  Fails only if
 * the configuration says strict and a part is missing; with auto, note (which
 * may be NULL) reports a part that could not be entered.  A forbidden call
 * ends the process with strict, and fails with EPERM otherwise.
 */
bool	sandbox_enter(const struct config *, bool is_cgi,
	    void (*note)(void *ctx, const char *text), struct err *);

#endif
