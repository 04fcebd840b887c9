/* SPDX-License-Identifier: ISC */
/* The exact signed bytes of records, one after the other. */
#ifndef EVENT_STORED_BODY_H
#define EVENT_STORED_BODY_H

#include "event/record.h"

/* A buffer to decode in, as large as the largest body. */
struct stored_body {
	unsigned char	*buf;		/* owned */
	size_t		 size;
};

/* The bytes are the line's or the body's own, until the next call. */
bool	stored_body_read(struct stored_body *, const struct record_view *,
	    struct hookcask_span *, struct err *);
void	stored_body_wipe(struct stored_body *);

#endif
