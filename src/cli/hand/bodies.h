/* SPDX-License-Identifier: ISC */
/* What programs on the way do to a body, to be tried one after the other. */
#ifndef CLI_HAND_BODIES_H
#define CLI_HAND_BODIES_H

#include <stddef.h>

/* No change makes more than this of n bytes. */
#define BODIES_SIZE(n)	(6 * (n) + 4096)
#define BODIES_UNCHANGED ((size_t)-1)

extern const size_t bodies_count;
/*
 * Undoes one of bodies_count changes: returns the length of what out holds
 * then, BODIES_SIZE(len) bytes at most, or BODIES_UNCHANGED.  *text: words for
 * "the signature fits ...".
 */
size_t	bodies_change(size_t which, char *out, const char *in, size_t len,
	    const char **text);

#endif
