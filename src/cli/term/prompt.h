/* SPDX-License-Identifier: ISC */
/* Asking a person for a secret. */
#ifndef CLI_TERM_PROMPT_H
#define CLI_TERM_PROMPT_H

#include "cli/term/input.h"

/*
 * Reads secrets from standard input: all of it, or one line if it is a
 * terminal, which is asked and does not echo.
 */
bool	prompt_secret(struct input *, struct err *);

#endif
