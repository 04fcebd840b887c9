/* SPDX-License-Identifier: ISC */
/* "did you mean". */
#ifndef CLI_VERB_NEAREST_H
#define CLI_VERB_NEAREST_H

#include <stddef.h>

/*
 * The name that a mistyped word may mean, or NULL.  at gives the i-th name,
 * and NULL after the last.
 */
const char *nearest(const char *word,
	    const char *(*at)(const void *ctx, size_t i), const void *ctx);

#endif
