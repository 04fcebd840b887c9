/* SPDX-License-Identifier: ISC */
/* Walks over stored records, wherever they stand, oldest first. */
#ifndef CLI_READING_READING_H
#define CLI_READING_READING_H

#include "cli/reading/archive.h"
#include "cli/reading/filter.h"
#include "config/configuration.h"

/* One record: the line without its LF, what stands in it, and where. */
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
	/* of what is no record; NULL: it is said on standard error */
	void	(*skip)(void *ctx, const char *path, int64_t offset,
		    const char *why);
	void	 *ctx;
	struct filter *filter;		/* NULL: all of them */
	uint64_t  seen;			/* records, before the filter */
	uint64_t  skipped;		/* lines that are no records */
	uint64_t  unread;		/* files that cannot be read */
	bool	  known;		/* the filter's id is in the index */
};

/*
 * Read a file ("-": standard input), packed by gzip(1) or not; or all that an
 * endpoint has stored: its log with the rotated files up to where it can be
 * relied on, or new, cur, done and failed of its spool.  What is no record,
 * and a file that cannot be opened, is said, counted and left out.  Root acts
 * as the store's owner meanwhile.  An id that the index knows is not searched
 * for.  False: err is set, or record() said so.
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
};
/*
 * Reads what was named and passes the filter, to its end or until nobody
 * reads standard output any more.
 */
bool	reader_run(struct reader *, const struct reader_choice *,
	    const struct filter_choice *, struct err *);
/* False with err if something was left out. */
bool	reader_complete(const struct reader *, struct err *);

/* -- for what reads in another order -- */

/* An open file, or a piece of it; closed by reader_close(). */
struct reading_part {
	const char	*path;
	uint64_t	 file_id;
	int		 fd;		/* plain; -1 if archive is set */
	struct archive	*archive;	/* packed, or not a regular file */
	int64_t		 from, to;	/* in what is unpacked */
	/* its last line may be one that is being written right now */
	bool		 growing;
};
#define READING_PART(path) { (path), 0, -1, NULL, 0, INT64_MAX, false }

/* Takes fd over; false without memory. */
bool	reader_open(struct reading_part *, int fd, struct err *);
void	reader_close(struct reading_part *);
bool	reader_part(struct reader *, struct reading_part *, struct err *);
/* Only the line at part->from: is it the record of that id? */
bool	reader_at(struct reader *, struct reading_part *, const char *id,
	    bool *found, struct err *);
/* Hands over one record, if the filter lets it pass. */
bool	reader_give(struct reader *, const struct reading *, struct err *);
/* Counts and tells what is no record. */
void	reader_skip(struct reader *, const char *path, int64_t offset,
	    const char *why);

struct statedir;
/* reading_log.c, reading_spool.c: names of an endpoint's store are given. */
bool	reader_log(struct reader *, const struct endpoint *,
	    const struct statedir *, struct err *);
bool	reader_spool(struct reader *, const struct endpoint *, struct err *);

/*
 * Received times lie no further from the signed one than the tolerance may
 * be, whatever our clock did: so far files overlap in time, at most.
 */
#define READING_SLACK_US (INT64_C(90000) * 1000000)

#endif
