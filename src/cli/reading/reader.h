/* SPDX-License-Identifier: ISC */
/* Finds the records of one file, or of a piece of it. */
#ifndef CLI_READING_READER_H
#define CLI_READING_READER_H

#include "cli/reading/filter.h"
#include "cli/reading/part.h"

/* One record: the line without its LF, what is in it, and where it is. */
struct reading {
	struct hookcask_span	 line;
	struct record_view	 view;
	const char		*path;		/* of its file */
	int64_t			 offset;	/* there, in what is unpacked */
	uint64_t		 file_id;	/* of an endpoint's log */
	const char		*stage;		/* spool: "new"; else NULL */
};

struct reader {
	/* called for each record that passes; false ends it all */
	bool	(*record)(void *ctx, const struct reading *, struct err *);
	/* for lines that are no records; NULL: standard error names them */
	void	(*skip)(void *ctx, const char *path, int64_t offset,
		    const char *why);
	void	 *ctx;
	struct filter *filter;		/* NULL: all of them */
	/* in a log, go to the first record that may be wanted */
	bool	  search;
	bool	  quiet;		/* names no lines or files */
	uint64_t  seen;			/* records, before the filter */
	uint64_t  skipped;		/* lines that are no records */
	uint64_t  unread;		/* files that cannot be read */
	uint64_t  broken;		/* packed ones, from some byte on */
	uint64_t  unpacked;		/* packed files of an endpoint */
	bool	  known;		/* the filter's id is in the index */
	bool	  other_bodies;		/* of an endpoint: these, no events */
};

bool	reader_part(struct reader *, struct part *, struct err *);
/* Reads all of a file, and closes fd. */
bool	reader_fd(struct reader *, struct part *, int fd, struct err *);
/* Only the line at part->from: is it the record of that id? */
bool	reader_at(struct reader *, struct part *, const char *id,
	    bool *found, struct err *);
/* Hands over one record, if the filter lets it pass. */
bool	reader_give(struct reader *, const struct reading *, struct err *);
/* Counts and reports a line that is no record. */
void	reader_skip(struct reader *, const char *path, int64_t offset,
	    const char *why);

/* False with err if something was left out. */
bool	reader_complete(const struct reader *, struct err *);

/*
 * The received time differs from the signed time by at most the largest
 * tolerance; files overlap in time by no more than this.
 */
#define READING_SLACK_US (INT64_C(90000) * 1000000)

#endif
