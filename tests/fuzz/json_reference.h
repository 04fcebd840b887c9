/* SPDX-License-Identifier: ISC */
/* A second reader of JSON, for comparison: a plain transcript of RFC 8259. */
#ifndef TESTS_JSON_REFERENCE_H
#define TESTS_JSON_REFERENCE_H

#include <stdint.h>

#include "base/json.h"

/* What is known of a value that was read. */
struct json_value {
	bool	 is_string;
	bool	 is_printable;		/* 0x21..0x7E only, and not too long */
	size_t	 len;
	char	 text[JSON_TYPE_MAX + 1];
	bool	 has_type;		/* an object with a usable type */
	char	 type[JSON_TYPE_MAX + 1];
};

/* As json_scan(). */
bool	json_reference(struct json_scan *, const void *text, size_t len,
	    unsigned depth_max);

#endif
