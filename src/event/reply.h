/* SPDX-License-Identifier: ISC */
/* The answer to the sender: a CGI response, whole, in one piece. */
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
 * Formats the answer.  It tells a stranger the class of the refusal and no
 * more.  A HEAD request gets no body (RFC 3875, 4.3.3).
 */
void	reply_init(struct reply *, enum outcome, bool is_head);

#endif
