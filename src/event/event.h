/* SPDX-License-Identifier: ISC */
/*
 * A verified event, which may go to disk.
 *
 * No .c: only intake.c makes one, after the signature was proven.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stdint.h>

#include "base/json.h"
#include "event/type.h"
#include "hookcask.h"

struct event {
	const char		*source;	/* endpoint's name */
	struct hookcask_span	 id;		/* well formed */
	int64_t			 signed_at;	/* Unix seconds */
	int64_t			 received_us;	/* Unix microseconds */
	struct hookcask_span	 version;	/* "v1" or "v1a" */
	struct hookcask_span	 signature;	/* base64 of the match */
	char			 key[HOOKCASK_FINGERPRINT_SIZE];
	unsigned char		*body;		/* the exact bytes signed */
	size_t			 body_len;
	bool			 is_json;
	struct json_scan	 scan;		/* when is_json */
	bool			 has_type;	/* filters may rely on it */
	char			 type[EVENT_TYPE_MAX + 1];
};

#endif
