/* SPDX-License-Identifier: ISC */
/* Every record that is left of a log. */
#ifndef CLI_READING_READING_EVERY_H
#define CLI_READING_READING_EVERY_H

#include "cli/reading/reader.h"
#include "config/configuration.h"
#include "store/statedir.h"

/*
 * Reads each file beside the log that begins with a record of it, copies and
 * links as well, to its end.  False if one cannot be read, or if files were
 * renamed meanwhile, so that one may have been missed.  names: of the
 * endpoint's store.
 */
bool	reader_log_every(struct reader *, const struct endpoint *,
	    const struct statedir *names, struct err *);

#endif
