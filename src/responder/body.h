/* SPDX-License-Identifier: ISC */
/* The body of a request: kept whole, up to a cap, or discarded. */
#ifndef RESPONDER_BODY_H
#define RESPONDER_BODY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "event/delivery.h"

/* A zeroed one is empty; body_wipe() frees it. */
struct body {
	unsigned char	*data;
	size_t		 len;
	size_t		 size;		/* of the room at data */
	size_t		 seen;		/* bytes read, kept or not */
	bool		 is_over;	/* at its end, or broken */
};

#define BODY_KEEP	((size_t)64 << 10)	/* room kept between requests */
#define BODY_DRAIN	((size_t)64 << 10)	/* over the cap, discarded */

/* What a read returns if it gives no bytes (0: the end). */
#define BODY_BROKEN	(-1)	/* the peer went away */
#define BODY_LATE	(-2)	/* body-timeout is over */

/* Where a blocking reader gets the body from: plain CGI. */
struct body_source {
	ssize_t		(*read)(struct body_source *, void *, size_t);
};

/* Before each request; gives back room over BODY_KEEP. */
void	body_init(struct body *);
void	body_wipe(struct body *);
/*
 * Appends received bytes.  Past the cap a single byte is kept, for
 * body_check().  Even an empty append makes data non-NULL.  False without
 * memory.
 */
bool	body_add(struct body *, const void *, size_t len, size_t cap);
/* For a body that has arrived: OUTCOME_STORED, _TOO_LARGE or _SHORT_BODY. */
enum outcome body_check(const struct body *, const struct delivery *,
	    size_t cap);
/*
 * Reads up to the declared length or, without one, to the end.  Returns what
 * body_check() does, _BODY_TIMEOUT, or _STORE_ERROR without memory.
 */
enum outcome body_read(struct body *, struct body_source *,
	    const struct delivery *, size_t cap);
/*
 * Reads and discards the rest of a refused body, up to limit bytes in all: a
 * server that is still sending may not look at an early answer.
 */
void	body_drain(struct body *, struct body_source *,
	    const struct delivery *, size_t limit);

#endif
