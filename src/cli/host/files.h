/* SPDX-License-Identifier: ISC */
/* New files and directories, on stable storage when the call returns. */
#ifndef CLI_HOST_FILES_H
#define CLI_HOST_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define FILE_KEEP_OWNER	((unsigned)-1)	/* uid or gid: leave it */

struct new_file {
	const char	*path;
	unsigned	 mode;
	unsigned	 uid, gid;	/* or FILE_KEEP_OWNER, each */
	const char	*data;
	size_t		 len;
};
/* Fails if anything has that name; what is there stays as it is. */
bool	file_create(const struct new_file *, struct err *);
/* Takes the place of what has that name; readers see one or the other. */
bool	file_replace(const struct new_file *, struct err *);
/*
 * Makes path, and what is missing above it, with mode 0755; path itself with
 * 0700 unless root makes it and keeps it.  A directory that exists stays as it
 * is; then *made is false.
 */
bool	directory_create(const char *path, unsigned uid, unsigned gid,
	    bool *made, struct err *);

#endif
