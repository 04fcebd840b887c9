/* SPDX-License-Identifier: ISC */
/* Reads stored records, wherever they are, oldest first. */
#ifndef CLI_READING_READING_H
#define CLI_READING_READING_H

#include "cli/reading/reader.h"
#include "config/configuration.h"

/*
 * Read a file ("-": standard input), packed by gzip(1) or not; or all that
 * an endpoint has stored: its log with the rotated files up to where it can
 * be relied on, or new, cur, done and failed of its spool. What is no
 * record, and a file that cannot be opened, is reported, counted and left
 * out. Root acts as the store's owner meanwhile. An id that the index knows
 * is not searched for. False: err is set, or record() said so.
 */
bool	reader_file(struct reader *, const char *name, struct err *);
bool	reader_files(struct reader *, char **names, int count, struct err *);
bool	reader_endpoint(struct reader *, const struct endpoint *,
	    struct err *);

/* What the command line names: files, or an endpoint; NULL if not given. */
struct reader_choice {
	const char	*config;
	const char	*endpoint;
	char		**files;
	int		 file_count;
	/* NULL: there must be one endpoint; else called before each, with the
	 * reader's ctx */
	void		(*begin)(void *ctx, const char *name, bool several);
};
/*
 * Reads what was named and passes the filter, to its end or until nobody
 * reads standard output any longer.
 */
bool	reader_run(struct reader *, const struct reader_choice *,
	    const struct filter_choice *, struct err *);

#endif
