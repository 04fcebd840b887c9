/* SPDX-License-Identifier: ISC */
/* Where in a file of a log the records of a time begin. */
#ifndef CLI_READING_READING_SINCE_H
#define CLI_READING_READING_SINCE_H

#include "cli/reading/reader.h"

/*
 * Sets part->from to the beginning of a record, so that no record before it
 * was received then or later; of a packed file it stays.
 */
void	reading_since(struct part *, int64_t since_us);

#endif
