/* SPDX-License-Identifier: ISC */
/* The files of an endpoint's log, one by one or all. */
#ifndef CLI_READING_READING_LOG_H
#define CLI_READING_READING_LOG_H

#include "cli/reading/log_files.h"
#include "cli/reading/marker.h"
#include "cli/reading/reader.h"
#include "config/configuration.h"
#include "store/statedir.h"

struct log_reading {
	struct reader		*reader;	/* reports strange files */
	struct log_dir		 dir;
	struct marker		 marker;
	struct mark		 mark;		/* as the files were found */
	struct log_files	 files;		/* oldest first */
	bool			 found;
};

/* names: of the endpoint's store; must outlive it. */
bool	log_reading_open(struct log_reading *, struct reader *,
	    const struct endpoint *, const struct statedir *names,
	    struct err *);
void	log_reading_close(struct log_reading *);
/*
 * Opens file *at; if it was renamed or packed just now, all are found again
 * and *at is its place among them.  path holds PATH_MAX bytes.
 */
bool	log_reading_file(struct log_reading *, size_t *at, char *path,
	    struct part *, struct err *);
/* Reads all of it; names: of the endpoint's store. */
bool	reader_log(struct reader *, const struct endpoint *,
	    const struct statedir *names, struct err *);

#endif
