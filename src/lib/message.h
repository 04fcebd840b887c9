/* SPDX-License-Identifier: ISC */
/* The content that is signed: "id.timestamp.body", the body in any parts. */
#ifndef LIB_MESSAGE_H
#define LIB_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "hookcask.h"
#include "lib/timestamp.h"

#define HKC_HEAD_MAX	(HOOKCASK_ID_MAX + 1 + HKC_TIMESTAMP_MAX + 1)

struct hkc_message {
	struct hookcask_span		 head;	/* "id.timestamp." */
	const struct hookcask_span	*body;
	size_t				 body_count;
};

/*
 * 1 to 256 bytes of 0x21..0x7E, no dot: with a dot, a captured message could
 * be split into another id, timestamp and body under the same signature.
 */
bool	hkc_id_is_good(struct hookcask_span id);
/* Writes the head; both parts have been checked.  Returns its length. */
size_t	hkc_head_format(char head[HKC_HEAD_MAX], struct hookcask_span id,
	    struct hookcask_span timestamp);
/* Bytes of the body; false if a part has no data or the sum is too big. */
bool	hkc_body_size(const struct hookcask_span *body, size_t count,
	    size_t *size);

#endif
