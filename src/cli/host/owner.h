/* SPDX-License-Identifier: ISC */
/*
 * Run as root, the tool first becomes the user who writes a store.  Run as
 * another user, it says whom it should be run as, if it may not look inside.
 */
#ifndef CLI_HOST_OWNER_H
#define CLI_HOST_OWNER_H

#include <sys/types.h>

#include "config/configuration.h"

/* The owner of the store's state directory, else of where it would be. */
bool	owner_become(const struct endpoint *, struct err *);
/* Becomes the owner of a directory that a reader keeps for itself. */
bool	owner_become_of(const char *path, struct err *);
/* As owner_become(), for a while: only file access is as that user. */
bool	owner_assume(const struct endpoint *, struct err *);
/* As that user; only for root. */
bool	owner_act_as(uid_t uid, gid_t gid, struct err *);
/* After either of the two; no harm without. */
void	owner_resume(void);

#endif
