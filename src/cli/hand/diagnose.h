/* SPDX-License-Identifier: ISC */
/* Why does a signature not fit?  Tries what commonly goes wrong. */
#ifndef CLI_HAND_DIAGNOSE_H
#define CLI_HAND_DIAGNOSE_H

#include "cli/sender/secrets.h"

/*
 * After HOOKCASK_NO_MATCH: prints a line for each change of body, key or
 * headers under which the signature would fit.  Returns the number of lines.
 */
unsigned diagnose(const struct hookcask_delivery *,
	    const struct hookcask_policy *, const struct secrets *);

#endif
