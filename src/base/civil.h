/* SPDX-License-Identifier: ISC */
/* Civil time in UTC, years 1970 to 9999 (RFC 3339), without the C library. */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct civil {
	int	year, month, day;	/* month and day count from 1 */
	int	hour, minute, second;
};

#define CIVIL_SIZE	28	/* "2021-02-25T15:02:11.123456Z" and NUL */

struct civil	civil_of(int64_t seconds);
void	civil_format(char buf[CIVIL_SIZE], int64_t seconds);
void	civil_format_us(char buf[CIVIL_SIZE], int64_t microseconds);
/* Reads either form back; false for anything else. */
bool	civil_parse(const char *text, size_t len, int64_t *microseconds);

#endif
