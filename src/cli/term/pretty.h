/* SPDX-License-Identifier: ISC */
/* JSON for people: a member a line, every token as it was sent. */
#ifndef CLI_TERM_PRETTY_H
#define CLI_TERM_PRETTY_H

#include "hookcask.h"

/* Prints a valid JSON text on standard output, safe for terminals. */
void	pretty_print(struct hookcask_span);

#endif
