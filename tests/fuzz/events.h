/* SPDX-License-Identifier: ISC */
/* Events without a delivery, for the drivers that begin after intake. */
#ifndef TESTS_FUZZ_EVENTS_H
#define TESTS_FUZZ_EVENTS_H

#include "event/record.h"

struct vector;

#define EVENT_SOURCE	"test"

/* event->body is a copy: free(3). */
void	event_make(struct event *, struct hookcask_span id,
	    struct hookcask_span body);
/* The event that such a record was made from; borrows the rest of it. */
void	event_from_view(struct event *, const struct record_view *,
	    struct hookcask_span body);
/* False if the vector's id is no good one. */
bool	event_from_vector(struct event *, const struct vector *);
/* Its record in one piece, LF included: free(3). */
char	*event_line(struct event *, size_t *len);

#endif
