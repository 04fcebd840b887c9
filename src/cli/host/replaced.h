/* SPDX-License-Identifier: ISC */
/* Processes that still run a replaced program after an upgrade. */
#ifndef CLI_HOST_REPLACED_H
#define CLI_HOST_REPLACED_H

/*
 * Calls found() for each process whose program was a responder or a tool of
 * this installation, and whose file has been replaced or removed since.  Only
 * root sees those of other users; a system without Linux's /proc shows none.
 */
void	replaced_find(void (*found)(void *ctx, const char *pid,
	    const char *program), void *ctx);

#endif
