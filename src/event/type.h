/* SPDX-License-Identifier: ISC */
/*
 * The type of an event, from its body.  Filters drop events by it, so it is
 * never guessed.  A body that is not strict JSON may still name its type
 * beyond doubt; a body that names two types has none.
 */
#ifndef EVENT_TYPE_H
#define EVENT_TYPE_H

#include <stdbool.h>

#include "hookcask.h"

#define EVENT_TYPE_MAX		255	/* bytes of a decoded type */
#define EVENT_TYPE_NONE		"svix.webhook"	/* in a record: unknown */
#define EVENT_TYPE_PROBE	"hookcask.probe"
#define EVENT_HOLD		"hold"	/* of a probe's member "hold" */

/*
 * Finds the type.  keys: the names of the top-level member that may hold it,
 * NULL after the last; the first of them that is present counts.  NULL: only
 * "type".  True if the text is one object, balanced to its end, and all
 * members of that name hold the same string of 1 to 255 printable ASCII
 * characters without blanks.  Otherwise false, and type is EVENT_TYPE_NONE.
 *
 * Tolerates what json_scan() refuses but leaves no doubt: a byte order mark,
 * lone surrogate escapes, invalid UTF-8, control bytes in strings, nesting up
 * to 4,096 levels.
 */
bool	type_find(char type[EVENT_TYPE_MAX + 1], struct hookcask_span body,
	    char *const *keys);

#endif
