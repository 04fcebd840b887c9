/* SPDX-License-Identifier: ISC */
/*
 * The files of a log: the current one and those that rotation left in its
 * directory, below that, or in the endpoint's olddir, plain or compressed.
 */
#ifndef CLI_READING_LOG_FILES_H
#define CLI_READING_LOG_FILES_H

#include "cli/reading/log_dir.h"

/*
 * Finds those that begin with a record of the endpoint, belong to the store's
 * owner or root, and are writable by nobody else; each once.  Two that begin
 * with the same line are one if one of them begins with all of the other: the
 * longer one counts.  A file is hidden if it is packed, linked, root's or in
 * another directory.
 */
bool	log_files_find(struct log_files *, const struct log_dir *,
	    const struct mark *, struct err *);
void	log_files_wipe(struct log_files *);

#endif
