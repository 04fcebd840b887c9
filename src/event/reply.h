/* SPDX-License-Identifier: ISC */
/* The answer to the sender: a complete CGI response. */
#ifndef EVENT_REPLY_H
#define EVENT_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/outcome.h"

#define REPLY_MAX	512

struct reply {
	size_t	len;
	char	text[REPLY_MAX];	/* Status: ..., headers, body */
};

#define REPLY_RETRY_AFTER	30	/* seconds */

/*
 * Formats the answer, which names only the class of a refusal.  A HEAD request
 * gets no body (RFC 3875, 4.3.3).
 */
void	reply_init(struct reply *, enum outcome, bool is_head);

#endif
