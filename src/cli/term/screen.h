/* SPDX-License-Identifier: ISC */
/* The terminal on standard output, if it is one. */
#ifndef CLI_TERM_SCREEN_H
#define CLI_TERM_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "hookcask.h"

/* Its columns; 0: not a terminal, print everything. */
size_t	screen_columns(void);
/*
 * Prints at most width columns of it, escaped; 0: all.  Returns the number of
 * columns used.
 */
size_t	screen_print(struct hookcask_span, size_t width);

/*
 * What starts and ends a colour: "" where there is no terminal, where TERM
 * is "dumb" or where NO_COLOR is set (https://no-color.org).
 */
enum tint { TINT_GOOD, TINT_WARN, TINT_BAD, TINT_HEAD, TINT_END };
const char *screen_tint(enum tint);
/* The heading of an endpoint, if there are several; an empty line between. */
void	screen_endpoint(const char *name, bool several);

#endif
