/* SPDX-License-Identifier: ISC */
/*
 * Overwrites secrets in a way that no compiler removes as dead code.
 *
 * No .c: inline functions only.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>
#include <string.h>

static inline void
wipe(void *data, size_t len)
{
#ifdef HAVE_EXPLICIT_BZERO
	if (len > 0)
		explicit_bzero(data, len);
#else
	volatile unsigned char *p = data;

	while (len-- > 0)
		*p++ = 0;
#endif
}

/* Likewise for a string; NULL is legal. */
static inline void
wipe_text(char *text)
{
	if (text != NULL)
		wipe(text, strlen(text));
}
#endif
