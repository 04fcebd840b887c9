/* SPDX-License-Identifier: ISC */
/* What --help and "hookcask help" print, from the table of verbs. */
#ifndef CLI_VERB_USAGE_H
#define CLI_VERB_USAGE_H

#include "cli/verb/verb.h"

void	usage_verb(const struct verb *);
void	usage_all(const struct verb *const *verbs);

#endif
