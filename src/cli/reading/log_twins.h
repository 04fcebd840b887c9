/* SPDX-License-Identifier: ISC */
/* Files of a log that begin with the same line: are they one? */
#ifndef CLI_READING_LOG_TWINS_H
#define CLI_READING_LOG_TWINS_H

#include "cli/reading/log_dir.h"

/*
 * Leaves one of those with the same id: the one that begins with all of the
 * others.  Two that differ are reported and counted as broken; the first one
 * stays: the current one, else a plain one, else the longer one.
 */
bool	log_twins_unite(struct log_files *, const struct log_dir *,
	    struct err *);

#endif
