/* SPDX-License-Identifier: ISC */
/* Is this file one of a log?  By what it holds. */
#ifndef CLI_READING_LOG_LOOK_H
#define CLI_READING_LOG_LOOK_H

#include <sys/stat.h>

#include "cli/reading/log_dir.h"

enum log_look {
	LOG_LOOK_OURS,
	LOG_LOOK_NOT,		/* nothing, or counted in files */
	LOG_LOOK_GONE,		/* it was listed, and is not there */
	LOG_LOOK_SHORTAGE	/* of memory, descriptors: errno */
};

/*
 * Looks at one name; unsound: why its directory cannot be trusted, or NULL.
 * Counts in files what may be of the log and cannot be used.
 */
enum log_look log_look(struct log_file *, struct log_files *,
	    const struct log_dir *, const struct mark *, const char *name,
	    const char *unsound);
/* Counts it and reports it, as dir says. */
void	log_look_problem(struct log_files *, const struct log_dir *,
	    const char *name, const char *why, bool broken);
/* Why what has this owner and mode cannot be trusted, into why; or NULL. */
const char *log_look_unsound(const struct log_dir *, const struct stat *,
	    char why[128]);
/* Did we run out of memory or descriptors, which says nothing of the file? */
bool	log_look_is_shortage(int errnum);
/* Of a line without its LF: the first bytes of SHA-256 of its first ones. */
uint64_t log_line_hash(const char *line, size_t len);
/*
 * Do the first bytes of a file belong to the endpoint?  Then sets id and
 * first_us.  Lines that are no records may precede its first one, up to foreign
 * bytes.
 */
bool	log_file_match(struct log_file *, const char *endpoint,
	    const char *head, size_t len, size_t foreign);

#endif
