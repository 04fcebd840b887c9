/* SPDX-License-Identifier: ISC */
/* Asks a person for a secret. */
#ifndef CLI_TERM_PROMPT_H
#define CLI_TERM_PROMPT_H

#include "cli/term/input.h"

/*
 * Reads secrets from standard input: all of it or, from a terminal, one line
 * after a prompt and without echo.
 */
bool	prompt_secret(struct input *, struct err *);

#endif
