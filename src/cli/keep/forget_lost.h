/* SPDX-License-Identifier: ISC */
/* index --forget-lost. */
#ifndef CLI_KEEP_FORGET_LOST_H
#define CLI_KEEP_FORGET_LOST_H

#include "cli/keep/lost.h"
#include "store/admin.h"

/*
 * Reads all that is left of a log, forgets the ids that it has lost unless
 * this is a dry run, and prints what was counted.
 */
bool	forget_lost(const struct admin *, const struct lost_names *,
	    bool dry_run, bool json, struct err *);

#endif
