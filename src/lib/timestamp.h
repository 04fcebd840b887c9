/* SPDX-License-Identifier: ISC */
/* The timestamp header: Unix seconds, [1-9][0-9]{0,14}, nothing around it. */
#ifndef LIB_TIMESTAMP_H
#define LIB_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "hookcask.h"

#define HKC_TIMESTAMP_MAX	15	/* digits */

/* False for any other text and past HOOKCASK_TIME_MAX. */
bool	hkc_timestamp_parse(struct hookcask_span, int64_t *seconds);
/* Writes the digits of 1..HOOKCASK_TIME_MAX, no NUL; returns how many. */
size_t	hkc_timestamp_format(char digits[HKC_TIMESTAMP_MAX], int64_t seconds);

#endif
