/* SPDX-License-Identifier: ISC */
/*
 * The file "stats" in a state directory: one fixed-size file of counters,
 * hourly rows, matches by key, intervals without a put, and a ring of the
 * last refusals.  Written with pwrite under a non-blocking lock, never
 * synced: a lost count is allowed, a delayed delivery is not.
 */
#ifndef STATS_STATS_H
#define STATS_STATS_H

#include <stdint.h>

#include "base/err.h"
#include "base/outcome.h"

struct stats;

/* What is told about one delivery. */
struct stats_entry {
	enum outcome	 outcome;
	int64_t		 now_us;		/* Unix microseconds */
	bool		 has_skew;
	int64_t		 skew;			/* seconds, now - signed */
	const char	*key;			/* fingerprint or NULL */
	const char	*id;			/* well formed, or NULL */
	const char	*remote;		/* address, or NULL */
	bool		 is_quiet;		/* no line is wanted about it */
	bool		 has_begun;		/* stats_begin() was called */
};

/*
 * dir: the path of the state directory, followed when it is made anew; mode
 * of the file: 0600 or 0640.  Without it deliveries go on: a failure is for
 * a warning.
 */
bool	stats_open(struct stats **, const char *dir, unsigned mode,
	    struct err *);
void	stats_close(struct stats *);
/*
 * One more delivery is under way: what overlaps with it and is quiet may be
 * written by the one that ends last, at most 0.1 s late.
 */
void	stats_begin(struct stats *);
/*
 * Counts it, and ends it if it has begun; thread-safe.  Returns how many
 * operator's lines about this outcome are to be written now: 0 (quiet, or
 * over 10 in this minute), 1, or 1 + n where n lines were withheld before.
 * All processes share the limit; one that does not get the file at once falls
 * back to a limit of its own.
 */
#define STATS_LINES_MAX	10
uint64_t stats_count(struct stats *, const struct stats_entry *);

#endif
