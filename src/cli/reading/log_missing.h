/* SPDX-License-Identifier: ISC */
/* Files of a log that hold events, and that no longer exist anywhere. */
#ifndef CLI_READING_LOG_MISSING_H
#define CLI_READING_LOG_MISSING_H

#include "cli/reading/log_known.h"

struct log_missing_file {
	int64_t	 number;			/* in the index */
	char	 name[INDEX_NAME_MAX + 1];	/* when it was written */
	uint64_t inode;
	char	 id[HOOKCASK_ID_MAX + 1];	/* of an event in it */
	bool	 found;
};

struct log_missing {
	struct log_missing_file	*list;
	size_t			 count;
};

/*
 * Finds files that the index knows, that are not there, and that the consumer
 * has not begun, though it had begun an older one.  None if the index cannot
 * be asked now.  The caller wipes the list, also after an error.
 */
bool	log_missing_find(struct log_missing *, const struct log_known *,
	    const struct log_dir *, struct index *, const struct mark *,
	    struct err *);
void	log_missing_wipe(struct log_missing *);

#endif
