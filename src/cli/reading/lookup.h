/* SPDX-License-Identifier: ISC */
/* One record, found by its id through the index. */
#ifndef CLI_READING_LOOKUP_H
#define CLI_READING_LOOKUP_H

#include "cli/reading/reader.h"
#include "config/configuration.h"
#include "store/statedir.h"

/*
 * Hands over the record of an id that the index knows, without a search.
 * *found is false if it does not, or if the record is no longer there: then
 * reader->known is set.
 */
bool	lookup(struct reader *, const struct endpoint *,
	    const struct statedir *names, const char *id, bool *found,
	    struct err *);

#endif
