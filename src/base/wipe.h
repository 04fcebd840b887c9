/* SPDX-License-Identifier: ISC */
/*
 * Overwrites secrets; no compiler removes it as dead code.
 *
 * No .c: inline functions only.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <string.h>

#include "lib/mac.h"

static inline void
wipe(void *data, size_t len)
{
	hkc_wipe(data, len);
}

/* Likewise for a string; NULL is legal. */
static inline void
wipe_text(char *text)
{
	if (text != NULL)
		wipe(text, strlen(text));
}
#endif
