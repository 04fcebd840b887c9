/* SPDX-License-Identifier: ISC */
/* The local time zone: TZ, else the system's. */
#ifndef CLI_TERM_ZONE_H
#define CLI_TERM_ZONE_H

#include <stdbool.h>
#include <stdint.h>

/* From now on it is UTC. */
void	zone_use_utc(void);
/* Is it UTC, all year? */
bool	zone_is_utc(void);
/* Seconds east of Greenwich at a time, Unix seconds. */
int64_t	zone_offset(int64_t at);
/*
 * From local time, counted as if it were UTC, to Unix seconds.  False if it
 * never was that time here, or twice, because clocks were set forward or back.
 * is_day: it is the start of a day, which always exists: the first such time.
 */
bool	zone_to_utc(int64_t *seconds, bool is_day);

#endif
