/* SPDX-License-Identifier: ISC */
/*
 * Run by root, the tool first becomes the user who writes a store.  Run by a
 * user who may not look inside, it says which user should run it.
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
#define OWNER_NAME	64
/* The user's name, or the number. */
const char *owner_name(char text[OWNER_NAME], uid_t uid);
/* Undoes either of the two; harmless without them. */
void	owner_resume(void);

#endif
