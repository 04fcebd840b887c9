/* SPDX-License-Identifier: ISC */
/*
 * The file "stats" in a state directory: counters, hourly rows, matches by
 * key, intervals without a put, and a ring of the last refusals, of fixed
 * size.  Written under a lock that is only tried, and never synced: a lost
 * count is allowed, a delayed delivery is not.
 */
#ifndef STATS_STATS_H
#define STATS_STATS_H

#include <stdint.h>

#include "base/err.h"
#include "base/outcome.h"

struct stats;

/* What is counted of one delivery. */
struct stats_entry {
	enum outcome	 outcome;
	int64_t		 now_us;		/* Unix microseconds */
	bool		 has_skew;
	int64_t		 skew;			/* seconds, now - signed */
	const char	*key;			/* fingerprint or NULL */
	const char	*id;			/* well formed, or NULL */
	const char	*remote;		/* address, or NULL */
	const char	*detail;		/* of a refusal, or NULL */
	const char	*type;			/* of an ignored one */
	bool		 is_quiet;		/* needs no operator's line */
	bool		 has_begun;		/* stats_begin() was called */
};

/*
 * dir: the path of the state directory, which is opened again if it was
 * replaced; mode of the file: 0600 or 0640.  A failure deserves only a
 * warning: deliveries go on without counts.
 */
bool	stats_open(struct stats **, const char *dir, unsigned mode,
	    struct err *);
void	stats_close(struct stats *);
/*
 * One more delivery is under way: quiet ones that overlap with it may be
 * written by the one that ends last, at most 0.1 s late.
 */
void	stats_begin(struct stats *);
/*
 * Counts it, and ends it if it has begun; thread-safe.  Returns 0 if no
 * operator's line is due (quiet, or over 10 in this minute), otherwise 1 plus
 * the number of lines that were withheld before.  All processes share the
 * limit; one that does not get the file at once uses a limit of its own.
 */
#define STATS_LINES_MAX	10
uint64_t stats_count(struct stats *, const struct stats_entry *);

#endif
