/* SPDX-License-Identifier: ISC */
/* Is a file that a consumer does not know one that was edited? */
#ifndef CLI_READING_LOG_KNOWN_H
#define CLI_READING_LOG_KNOWN_H

#include "cli/reading/log_files.h"
#include "cli/reading/reader.h"

/* The files that a consumer knows, and those that are there. */
struct log_known {
	const struct consumer_state	*state;
	const struct log_files		*files;
};

enum log_known_as {
	LOG_KNOWN_NOT,			/* a new file */
	LOG_KNOWN_BY_LAST,		/* it holds that file's last record */
	LOG_KNOWN_LOST,			/* it may be one that has gone */
	LOG_KNOWN_ERROR			/* err */
};

/*
 * Compares a file, whose first line is none of the known ones, with the last
 * records that were handed over of others.  *was: the known file, borrowed,
 * also if it is lost.  Sets place and last of at if it holds its last record.
 */
enum log_known_as log_known_find(struct part *,
	    const struct log_file *, const struct log_known *,
	    const struct state_file **was, struct state_file *at,
	    struct err *);
/* Is a file with that first line there? */
bool	log_known_is_there(const struct log_files *, uint64_t id);
/*
 * Of a file that is not there: does the index know that nothing followed its
 * place?  The index may be NULL.
 */
bool	log_known_is_all(struct index *, const struct state_file *);

#endif
