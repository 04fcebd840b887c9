/* SPDX-License-Identifier: ISC */
/* Walks over stored records, wherever they stand. */
#ifndef CLI_READING_H
#define CLI_READING_H

#include "cli/cli.h"
#include "core/config.h"
#include "core/record.h"

/* One record: the line without its LF, and what stands in it. */
struct reading {
	struct hookcask_span	 line;
	struct record_view	 view;
};

struct reader {
	/* called for each record; false ends it all */
	bool	(*record)(void *ctx, const struct reading *, struct err *);
	void	 *ctx;
	uint64_t  skipped;		/* lines that are no records */
};

/*
 * Read a file ("-": standard input), or what an endpoint has stored: the
 * current file of its log, or its spool's new/ in order.  What is no record
 * is named on standard error, counted and left out.  False: err is set, or
 * record() said so.
 */
bool	reader_file(struct reader *, const char *name, struct err *);
bool	reader_endpoint(struct reader *, const struct endpoint *,
	    struct err *);

#endif
