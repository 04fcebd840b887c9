/* SPDX-License-Identifier: ISC */
/* Times and durations as people type them. */
#ifndef CLI_TERM_WHEN_H
#define CLI_TERM_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#define WHEN_ADVICE "a time such as 2026-11-25T14:00:00Z, 2026-11-25, " \
	"yesterday, 14:00 or 2h (ago); add the offset (+01:00) where clocks " \
	"were set back or forward"

/*
 * Unix microseconds of one of these:
 * - RFC 3339; seconds, time of day (default: midnight) and offset (default:
 *   local time, see zone.h) may be absent
 * - "today" or "yesterday", with or without a time of day
 * - a time of day alone: the last one before now
 * - "@" and Unix seconds
 * - a duration: that long before now
 */
bool	when_parse(const char *text, int64_t now_us, int64_t *us);
/* "90s", "2h", "1d12h", "2w": seconds. */
bool	duration_parse(const char *text, int64_t *seconds);

#define WHEN_SIZE	40
/* RFC 3339 in local time: "2026-11-25T14:00:00+01:00"; in UTC with Z. */
void	when_format(char buf[WHEN_SIZE], int64_t seconds);
void	when_format_us(char buf[WHEN_SIZE], int64_t us);
/* Columns that when_format() takes here. */
int	when_width(void);

#define DURATION_SIZE	32
/* A rounded duration for people: "45 s", "12 min", "3 h", "40 d". */
void	duration_format(char buf[DURATION_SIZE], int64_t seconds);

#endif
