/* SPDX-License-Identifier: ISC */
/*
 * Memory for secrets: pages of their own that are in no core dump and, if the
 * system allows it, in no swap.
 */
#ifndef CONFIG_VAULT_H
#define CONFIG_VAULT_H

#include <stddef.h>

/*
 * No core dump of this process, and no debugger of its own user, shows a
 * secret.  Call it again after the user has changed, which may undo it.  On
 * systems that have only RLIMIT_CORE, child processes inherit the limit.
 */
void	 vault_hide(void);
/* Zeroed; NULL without memory.  Pages that cannot be locked are used too. */
void	*vault_alloc(size_t);
/* Overwrites and frees it, of that size.  NULL is legal. */
void	 vault_free(void *, size_t);
/* A copy of a text; NULL without memory. */
char	*vault_text(const char *);
/* Overwrites and frees it.  NULL is legal. */
void	 vault_text_free(char *);

#endif
