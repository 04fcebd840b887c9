/* SPDX-License-Identifier: ISC */
/*
 * The health of an endpoint: gathered once, printed in several ways.
 *
 * No .c: what the files of status share.
 */
#ifndef CLI_LOOK_STATUS_H
#define CLI_LOOK_STATUS_H

#include <stdio.h>

#include "cli/consumer/state.h"
#include "cli/reading/audit_last.h"
#include "config/configuration.h"
#include "stats/stats_read.h"

#define STATUS_SAMPLE 1000		/* newest records that are read */

struct status_consumer {
	char	 name[CONSUMER_NAME_MAX + 1];
	int64_t	 events;		/* not finished, with those waiting */
	bool	 about;			/* events is an estimate */
	bool	 unknown;		/* no sure place or end of the log */
	int64_t	 waiting;		/* a run failed; will be retried */
	int64_t	 failed;		/* set aside */
	/* when the oldest of those arrived, Unix microseconds; 0: none */
	int64_t	 oldest_us;		/* not finished, not set aside */
	int64_t	 failed_us;		/* set aside */
};

/* A secret that is set now. */
struct status_secret {
	char	print[HOOKCASK_FINGERPRINT_SIZE];
	int64_t	not_after;		/* Unix seconds; INT64_MAX: never */
};

struct status {
	const struct endpoint	*endpoint;
	int64_t			 now_us;
	struct stats_file	*stats;		/* owned; NULL: none yet */
	bool			 is_new;	/* nothing ever came */
	/* by the ledger of refusals, up to STATS_REFUSALS */
	int64_t			 refused_hour, errors_hour;
	int64_t			 stored_day;	/* last 24 hours */
	size_t			 other_bodies;	/* kept, to be looked at */
	bool			 cut;	/* somebody changed the log */
	/* received less signed time of the newest records, seconds */
	size_t			 sample;
	int64_t			 skew_median, skew_worst;
	int64_t			 record_bytes;	/* a record, on average */
	int64_t			 disk_free, disk_size;	/* bytes */
	int64_t			 full_s;	/* until full; -1: never */
	int64_t			 store_bytes;	/* a spool's: by the average */
	int64_t			 index_bytes;
	size_t			 store_files;
	int64_t			 first_us;	/* of a log; 0: none */
	/* none if the file of secrets cannot be read, or is bad */
	struct status_secret	 secrets[HOOKCASK_KEYS_MAX];
	size_t			 secret_count;
	struct audit_last	 audit;
	struct status_consumer	*consumers;	/* owned */
	size_t			 consumer_count;
	/* no name: what no consumer drains, unless that is configured */
	struct status_consumer	 nobody;
	uint64_t		 unread; /* files that cannot be read */
	bool			 stateless; /* events, and no directory */
};

/* Gathers it all; root acts as the owner of the store meanwhile. */
bool	status_read(struct status *, const struct endpoint *, struct err *);
void	status_wipe(struct status *);
/* Last stored or duplicate, Unix microseconds; 0: never. */
int64_t	status_last_us(const struct status *);
/* Sums of the counters. */
uint64_t status_refused(const struct status *);
uint64_t status_errors(const struct status *);
bool	status_is_refusal(uint32_t outcome);
/* What is counted of that fingerprint, or NULL. */
const struct stats_key *status_key(const struct status *, const char *print);
/* Will the disk be full within ten years? */
bool	status_is_filling(const struct status *);
/* Has another matched for a week, and this one not? */
bool	status_key_is_past(const struct status *, const struct stats_key *);
/* The types that were ignored, the most frequent first; how many. */
size_t	status_ignored(const struct status *,
	    const struct stats_type *types[STATS_TYPES]);

/* status_backlog.c: the consumers of a store. */
struct statedir;
bool	status_backlog(struct status *, const struct statedir *,
	    struct err *);

/* status_print.c, status_json.c */
void	status_print(const struct status *);
void	status_print_json(const struct status *);
struct jsonl;
void	status_json_consumers(struct jsonl *, const struct status *);

/* status_prometheus.c: of several endpoints, in the text format. */
void	status_prometheus(FILE *, const struct config *,
	    const struct status *, size_t count);

/* status_check.c: 0 is good, then as monitoring plugins number them. */
enum alert { ALERT_OK, ALERT_WARNING, ALERT_CRITICAL, ALERT_UNKNOWN };
struct threshold {
	bool	is_set;
	bool	is_time;	/* disk: until it is full, not per cent */
	double	warning, critical;
};
struct thresholds {
	struct threshold silence, refusals, backlog, age, disk, skew;
};
/* "2h,6h"; one value: only a warning. */
bool	threshold_time(struct threshold *, const char *option,
	    const char *text, struct err *);
bool	threshold_number(struct threshold *, const char *option,
	    const char *text, struct err *);
/* "10%,5%" or "14d,2d". */
bool	threshold_disk(struct threshold *, const char *text, struct err *);
/* Checks, and prints as monitoring plugins do. */
enum alert status_check(const struct status *, size_t count,
	    const struct thresholds *);

#endif
