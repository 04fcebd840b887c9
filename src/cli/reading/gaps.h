/* SPDX-License-Identifier: ISC */
/* Times during which nothing was stored. */
#ifndef CLI_READING_GAPS_H
#define CLI_READING_GAPS_H

#include "base/err.h"
#include "cli/term/jsonl.h"
#include "stats/stats_read.h"

#define GAP_SHORTEST_US	(INT64_C(3600) * 1000000)	/* by default */

/* The counters in a state directory, to be freed; NULL: none yet. */
bool	gaps_counters(struct stats_file **, const char *dir, struct err *);

struct gap {
	int64_t	from_us, to_us;		/* to: 0, it has not ended */
	int64_t	refused, errors;	/* -1: not counted then */
};

struct gaps {
	int64_t		 since_us;	/* those that end then or later */
	int64_t		 shortest_us;	/* or with errors */
	int64_t		 now_us;
	int64_t		 counted_us;	/* the counters know all since then */
	int64_t		 last_us;	/* of the newest record given */
	struct gap	*list;		/* owned */
	size_t		 count, size;
	bool		 lost;		/* no memory */
};

/* Adds it, if it is wanted. */
void	gaps_add(struct gaps *, const struct gap *);
/* Adds what the counters know, and notes since when they know all. */
void	gaps_add_counted(struct gaps *, const struct stats_file *);
/*
 * Adds what is between a record's time and that of the one given last, if it
 * is from before the counters; false: they know the rest.
 */
bool	gaps_add_record(struct gaps *, int64_t received_us);
/*
 * From when on records must be read, so that an outage of up to a week is seen
 * that began before the time asked for.
 */
int64_t	gaps_read_since(int64_t since_us);
/* Puts them in the order of time; false if memory ran out. */
bool	gaps_sort(struct gaps *, struct err *);
void	gaps_wipe(struct gaps *);

/* Since when the sender must send again: Unix seconds, a whole minute. */
int64_t	gap_recover_since(const struct gap *);
/* Opens an object of that key, closed by the caller. */
void	gap_json(struct jsonl *, const char *key, const struct gap *);
/* "3 could not be stored, 2 refused" */
void	gap_print_why(const struct gap *);

#endif
