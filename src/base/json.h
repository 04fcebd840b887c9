/* SPDX-License-Identifier: ISC */
/*
 * A strict RFC 8259 scanner in one pass: UTF-8 only, no byte order mark, no
 * lone surrogate escapes, bounded depth.  It only decides validity.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "hookcask.h"

#define JSON_DEPTH_MAX	64		/* the outermost container is 1 */

struct json_scan {
	bool	 line_breaks;		/* CR or LF between tokens */
};

/* True if text is one valid JSON text.  depth_max counts as JSON_DEPTH_MAX. */
bool	json_scan(struct json_scan *, const void *text, size_t len,
	    unsigned depth_max);
/*
 * Writes s as a JSON string with its quotes into buf; returns the length,
 * or 0 if size is too small (6 * len + 2 always suffices).  s is ASCII.
 */
size_t	json_quote(char *buf, size_t size, struct hookcask_span s);
/*
 * The value of the four digits of a \u escape, or -1; left: the bytes up to
 * the end of the text.
 */
int	json_unit(const void *digits, size_t left);

#endif
