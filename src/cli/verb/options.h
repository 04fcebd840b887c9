/* SPDX-License-Identifier: ISC */
/* The command line of a verb, by its table of options. */
#ifndef CLI_VERB_OPTIONS_H
#define CLI_VERB_OPTIONS_H

#include <stdint.h>

#include "cli/verb/verb.h"

bool	args_parse(struct args *, const struct verb *, int argc, char **argv,
	    struct err *);
/* The number of option i, or what *value holds if it was not given. */
bool	args_number(const struct args *, int i, int64_t min, int64_t max,
	    int64_t *value, struct err *);

#endif
