/* SPDX-License-Identifier: ISC */
/* index --rebuild. */
#ifndef CLI_KEEP_REBUILD_H
#define CLI_KEEP_REBUILD_H

#include "store/admin.h"

/*
 * Reads all files of a log into its index, those too that a responder cannot
 * read, and counts the ids.  False if one could not be read; a store without
 * an index gets none then, if that one may hold ids.
 */
bool	rebuild(const struct admin *, struct admin_count *, struct err *);

#endif
