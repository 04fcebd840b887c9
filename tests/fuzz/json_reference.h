/* SPDX-License-Identifier: ISC */
/* A second reader of JSON, for comparison: a plain transcript of RFC 8259. */
#ifndef TESTS_JSON_REFERENCE_H
#define TESTS_JSON_REFERENCE_H

#include <stdint.h>

#include "base/json.h"
#include "event/type.h"

/* What is known of a value that was read. */
struct json_value {
	bool	 is_string;
	bool	 is_printable;		/* 0x21..0x7E only, and not too long */
	size_t	 len;
	char	 text[EVENT_TYPE_MAX + 1];
	bool	 has_type;		/* an object with a member "type" */
	bool	 is_torn;		/* not one usable string */
	char	 type[EVENT_TYPE_MAX + 1];
};

/* As json_scan(); type as type_find() has it, of a valid text. */
bool	json_reference(struct json_scan *, char type[EVENT_TYPE_MAX + 1],
	    const void *text, size_t len, unsigned depth_max);

#endif
