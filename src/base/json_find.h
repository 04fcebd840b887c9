/* SPDX-License-Identifier: ISC */
/* A value in a JSON text, by its pointer (RFC 6901), without making a tree. */
#ifndef BASE_JSON_FIND_H
#define BASE_JSON_FIND_H

#include <stdbool.h>
#include <stddef.h>

#include "hookcask.h"

/* Is it "" or "/a/b", where "~" is followed by 0 or 1? */
bool	json_pointer_is_good(const char *pointer, size_t len);
/*
 * Finds the value in a text that json_scan() has passed; of several members
 * with one name the last counts.  value: its text, with the quotes of a
 * string; *found false: there is none.
 */
void	json_find(struct hookcask_span text, struct hookcask_span pointer,
	    struct hookcask_span *value, bool *found);
/*
 * What a value says: a string decoded, anything else as it is written.  buf
 * has room for value.len bytes; returns how many were written.
 */
size_t	json_plain(char *buf, struct hookcask_span value);

#endif
