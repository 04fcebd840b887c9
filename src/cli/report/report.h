/* SPDX-License-Identifier: ISC */
/*
 * The figures of an endpoint's last days: gathered once, printed in several
 * ways.
 *
 * No .c: what the files of report share.
 */
#ifndef CLI_REPORT_REPORT_H
#define CLI_REPORT_REPORT_H

#include <stdio.h>

#include "cli/look/status.h"
#include "cli/look/status_findings.h"
#include "cli/reading/gaps.h"
#include "cli/term/when.h"

#define REPORT_HOURS	STATS_ROWS	/* as far as the counters go back */
#define REPORT_DAYS	8		/* that these hours can touch */
#define REPORT_DELAYS	16		/* buckets; see report_delay_to */
#define REPORT_SIZES	8		/* buckets: see report_size_to */
#define REPORT_TYPES	20		/* that are named */
#define REPORT_SOURCES	5
#define REPORT_LATEST	5
#define REPORT_GAPS	12
#define REPORT_TYPES_MAX 4096		/* that are counted apart */

struct report_hour {
	uint64_t stored, duplicate, ignored, refused, error;
	uint64_t records, bytes;		/* in the store */
	uint64_t delay[REPORT_DELAYS];		/* of these records */
	uint64_t skew[STATS_BUCKETS];		/* of what was not refused */
};

/* The hours of one local day. */
struct report_day {
	char			date[WHEN_SIZE];
	struct report_hour	sum;
};

struct report_type {
	char	*name;				/* owned */
	uint64_t events, bytes;
};

/* Of the last refusals that the counters keep, within the time. */
struct report_reason {
	enum outcome	 outcome;
	uint64_t	 count;
	const char	*hint;			/* for the newest of them */
};

struct report_source {
	const char	*remote;		/* in the counters */
	uint64_t	 count;
};

struct report {
	struct status	 status;
	int64_t		 first_hour;		/* Unix seconds / 3600 */
	size_t		 hours;
	struct report_hour hour[REPORT_HOURS];	/* the oldest first */
	struct report_hour total;
	uint64_t	 size[REPORT_SIZES];
	struct report_reason reason[OUTCOME_DELIVERY_END];
	size_t		 reasons;
	struct report_source source[REPORT_SOURCES];
	size_t		 sources;
	int64_t		 known_us;	/* the oldest refusal that is kept */
	struct gaps	 gaps;
	struct report_type *type;		/* owned; most events first */
	size_t		 types;
	struct report_type others;
	uint64_t	 unpacked;		/* files that had to be */
	uint64_t	 unread, skipped;	/* files, lines: left out */
	struct findings	 findings;		/* the worst first */
};

/* Upper bounds of the buckets but the last: seconds, and bytes. */
extern const int64_t report_delay_to[REPORT_DELAYS - 1];
extern const uint64_t report_size_to[REPORT_SIZES - 1];

/* report_read.c: gathers it all but the findings. */
bool	report_read(struct report *, const struct endpoint *,
	    int64_t since_us, struct err *);
/* What the counters know, of a status that was read: pure. */
bool	report_count(struct report *, int64_t since_us, struct err *);
/* Sets the totals from the hours. */
void	report_add_up(struct report *);
/* How many days there are. */
size_t	report_days(const struct report *, struct report_day[REPORT_DAYS]);
void	report_wipe(struct report *);
/*
 * The delay, in seconds, within which this percentage of the events arrived;
 * -1: there are none, INT64_MAX: longer than any bound.
 */
int64_t	report_delay(const uint64_t delay[REPORT_DELAYS], unsigned part);
/* A reason's percentage of all that was turned away; 0: nothing was. */
unsigned report_share(const struct report *, size_t reason);

/* report_log.c: adds what the store holds. */
bool	report_add_records(struct report *, const struct endpoint *,
	    int64_t since_us, struct err *);
/* Is the middle of that hour in the gap? */
bool	report_in_gap(const struct report *, size_t hour, const struct gap *);
/* Is it one of those that are named: with errors, or the longest? */
bool	report_names_gap(const struct report *, size_t gap);

/* verdict.c: finds what is wrong; without findings all is well. */
void	report_judge(struct report *);
/* "OK", "WARNING", "CRITICAL" or "UNKNOWN". */
const char *report_verdict(const struct report *);
/* The first sentence, owned by the caller; NULL without memory. */
char	*report_sentence(const struct report *);

/* report_text.c, report_json.c, html.c */
void	report_text(FILE *, const struct report *);
void	report_json(const struct report *);
void	report_html(FILE *, const struct report *, size_t count);

#endif
