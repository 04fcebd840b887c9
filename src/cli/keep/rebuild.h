/* SPDX-License-Identifier: ISC */
/* index --rebuild. */
#ifndef CLI_KEEP_REBUILD_H
#define CLI_KEEP_REBUILD_H

#include "store/admin.h"

/*
 * Reads all files of a log into its index, even those that a responder cannot
 * read, and counts the ids.  False if one could not be read; then a store that
 * has no index gets none, if that file may hold ids.
 */
bool	rebuild(const struct admin *, struct admin_count *, struct err *);

#endif
