/* SPDX-License-Identifier: ISC */
/*
 * The layout of the file "stats", shared by its writer and its readers.
 *
 * Version 2: members as below, of fixed width and without padding, in the
 * byte order of the machine that writes it; "order" tells a reader which.
 * Version 1 is migrated by the next delivery: see stats_migrate.c.
 * Times are Unix microseconds, 0: never.  The index of "counter" and "limit"
 * is enum outcome, so its values are part of the format.
 *
 * No .c: the layout of the file, shared by stats_*.c.
 */
#ifndef STATS_STATS_FILE_H
#define STATS_STATS_FILE_H

#include <stdint.h>

#include "base/outcome.h"

#define STATS_NAME	"stats"
#define STATS_MAGIC	"hkcstats"
#define STATS_ORDER	UINT32_C(0x01020304)
#define STATS_VERSION	2

#define STATS_COUNTERS	32
#define STATS_ROWS	168		/* hours: a week */
#define STATS_BUCKETS	16
#define STATS_KEYS	16		/* as HOOKCASK_KEYS_MAX */
#define STATS_GAPS	64
#define STATS_REFUSALS	1000
#define STATS_TYPES	16
#define STATS_TYPE_SIZE	64	/* of a name, its NUL included */

struct stats_counter {
	uint64_t	 count;
	int64_t		 last_us;
};

/* Operator's lines about one outcome. */
struct stats_limit {
	int64_t		 minute;	/* now_us / 60,000,000 */
	uint64_t	 shown;		/* in that minute */
	uint64_t	 withheld;	/* since the last line */
};

struct stats_key {
	char		 print[16];	/* fingerprint, NUL-padded; "": free */
	uint64_t	 count;
	int64_t		 last_us;
};

/* An interval without a successful put, between two of them. */
struct stats_gap {
	int64_t		 from_us;
	int64_t		 to_us;
	uint32_t	 refused;	/* deliveries within it */
	uint32_t	 errors;
};

struct stats_head {
	char		 magic[8];
	uint32_t	 order;
	uint32_t	 version;
	uint64_t	 size;		/* of the whole file */
	int64_t		 since_us;	/* when it was started */
	struct stats_counter counter[STATS_COUNTERS];
	struct stats_limit limit[STATS_COUNTERS];
	struct stats_key key[STATS_KEYS];
	struct stats_gap gap[STATS_GAPS];
	uint64_t	 gap_total;	/* the next goes to total % GAPS */
	uint64_t	 refusal_total;	/* likewise */
	int64_t		 last_put_us;
	uint32_t	 open_refused;	/* since then */
	uint32_t	 open_errors;
};

/* One hour; it is at hour % STATS_ROWS. */
struct stats_row {
	int64_t		 hour;		/* now_us / 3,600,000,000 */
	uint32_t	 stored;
	uint32_t	 duplicate;
	uint32_t	 ignored;
	uint32_t	 probed;
	uint32_t	 refused;
	uint32_t	 error;
	uint32_t	 other_body;
	uint32_t	 unused;	/* 0 */
	uint32_t	 skew[STATS_BUCKETS];
};

struct stats_refusal {
	int64_t		 time_us;
	int64_t		 skew;		/* seconds, if has_skew */
	uint32_t	 outcome;
	uint32_t	 has_skew;
	char		 remote[48];	/* NUL-padded, as the others */
	char		 id[264];	/* only if it was well formed */
	char		 detail[128];	/* path, method or type; cut */
};

/*
 * The types that were ignored most often.  A new one takes the place, and the
 * count, of the rarest: a count is never too low.
 */
struct stats_type {
	char		 name[STATS_TYPE_SIZE];	/* NUL-padded, cut; "": free */
	uint64_t	 count;
	int64_t		 last_us;
};

struct stats_file {
	struct stats_head	 head;
	struct stats_row	 row[STATS_ROWS];
	struct stats_refusal	 refusal[STATS_REFUSALS];
	struct stats_type	 type[STATS_TYPES];
};

_Static_assert(sizeof(struct stats_counter) == 16, "stats layout");
_Static_assert(sizeof(struct stats_limit) == 24, "stats layout");
_Static_assert(sizeof(struct stats_key) == 32, "stats layout");
_Static_assert(sizeof(struct stats_gap) == 24, "stats layout");
_Static_assert(sizeof(struct stats_head) == 3392, "stats layout");
_Static_assert(sizeof(struct stats_row) == 104, "stats layout");
_Static_assert(sizeof(struct stats_refusal) == 464, "stats layout");
_Static_assert(sizeof(struct stats_type) == 80, "stats layout");
_Static_assert(sizeof(struct stats_file) == 486144, "stats layout");
_Static_assert(OUTCOME_OTHER_BODY == 19 && OUTCOME_DELIVERY_END == 20,
    "enum outcome is part of the format: raise STATS_VERSION");
_Static_assert(HOOKCASK_KEYS_MAX <= STATS_KEYS, "stats layout");

/*
 * Lower bounds of the skew buckets 1 to 15, in seconds (now - signed); the
 * first bucket is everything below.  Sums of buckets split exactly at the
 * default tolerance: 300 falls below 301, -300 does not fall below -300.
 */
extern const int64_t stats_skew_from[STATS_BUCKETS - 1];

#endif
