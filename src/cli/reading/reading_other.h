/* SPDX-License-Identifier: ISC */
/* Reads the bodies that came under a known id and were kept aside. */
#ifndef CLI_READING_READING_OTHER_H
#define CLI_READING_READING_OTHER_H

#include "cli/reading/reader.h"
#include "store/statedir.h"

/* Those of a store, or of the filter's id; in the order of their names. */
bool	reader_other_bodies(struct reader *, const struct statedir *names,
	    struct err *);
/* How many there are, of one id or (NULL) of all; 0 if that is unknown. */
size_t	other_bodies_count(const char *state_path, const char *id);

#endif
