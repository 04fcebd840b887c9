/* SPDX-License-Identifier: ISC */
/* The reader's half of the file "stats": for the operator's tool. */
#ifndef STATS_STATS_READ_H
#define STATS_STATS_READ_H

#include <stddef.h>

#include "base/err.h"
#include "stats/stats_file.h"

/*
 * Reads it without a lock, which could cost a count, into the caller's
 * storage (480 KB, so not on the stack).  OUTCOME_NO_INPUT if there is none
 * yet, OUTCOME_BAD_DATA if it is not one of this version and machine.
 */
bool	stats_read(struct stats_file *, int state_fd, struct err *);
/*
 * Checks len bytes that were read into it: pure.  Afterwards all texts end
 * with a NUL and hold printable ASCII only, and all outcomes are in range.
 */
bool	stats_parse(struct stats_file *, size_t len, struct err *);

/* The row of that hour (Unix seconds / 3600), or NULL. */
const struct stats_row *stats_row(const struct stats_file *, int64_t hour);
/* The last (back = 0), the one preceding it, ...; NULL: no more. */
const struct stats_refusal *stats_refusal(const struct stats_file *,
	    size_t back);
const struct stats_gap *stats_gap(const struct stats_file *, size_t back);

#endif
