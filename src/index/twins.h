/* SPDX-License-Identifier: ISC */
/* Finds ids that occur more than once among any number, in bounded memory. */
#ifndef INDEX_TWINS_H
#define INDEX_TWINS_H

#include <stdint.h>

#include "base/err.h"

struct twins;

/* The caller must twins_close() it even on error; NULL is legal there. */
bool	twins_open(struct twins **, struct err *);
void	twins_close(struct twins *);
bool	twins_add(struct twins *, const char *id, int64_t time, struct err *);
/*
 * Calls twin for each id but the first of its kind, with its time and that of
 * the one preceding it in time.  Nothing can be added afterwards.
 */
bool	twins_find(struct twins *, void (*twin)(void *ctx, const char *id,
	    int64_t before, int64_t time), void *ctx, struct err *);

#endif
