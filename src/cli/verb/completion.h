/* SPDX-License-Identifier: ISC */
/* Scripts that let shells complete a command line, from the table of verbs. */
#ifndef CLI_VERB_COMPLETION_H
#define CLI_VERB_COMPLETION_H

#include "cli/verb/verb.h"

/* shell: "bash", "zsh" or "fish". */
bool	completion_print(const char *shell, const struct verb *const *verbs,
	    struct err *);

#endif
