/* SPDX-License-Identifier: ISC */
/* The files and directories of one endpoint, made at once. */
#ifndef CLI_SETUP_PARTS_H
#define CLI_SETUP_PARTS_H

#include "cli/setup/plan.h"

enum part {
	PART_STORE = 1, PART_CONFIG_ROOM = 2, PART_SECRET_ROOM = 4,
	PART_SECRET = 8, PART_CONFIG = 16
};

struct parts {
	unsigned	made;	/* enum part, or-ed; the rest was there */
	bool		fresh;	/* the secret is ours */
};

/*
 * Makes what is missing and prints each; with paste the secret is read from
 * standard input.  On failure *parts says what was made.
 */
bool	parts_make(struct parts *, const struct plan *, bool paste,
	    struct err *);
/* Removes what was made, if it is empty or has its name still. */
void	parts_unmake(const struct parts *, const struct plan *);

#endif
