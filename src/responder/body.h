/* SPDX-License-Identifier: ISC */
/* The body of a request: read whole, under a cap, or thrown away. */
#ifndef RESPONDER_BODY_H
#define RESPONDER_BODY_H

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
#define BODY_DRAIN	((size_t)64 << 10)	/* over the cap, thrown away */

struct gateway;

/* Before each request; gives back room over BODY_KEEP. */
void	body_init(struct body *);
void	body_wipe(struct body *);
/*
 * Reads it all: OUTCOME_STORED, or why not (_TOO_LARGE, _SHORT_BODY,
 * _BODY_TIMEOUT, _STORE_ERROR without memory).
 */
enum outcome body_read(struct gateway *, const struct delivery *, size_t cap,
	    struct err *);
/*
 * Throws away what is left of a refused one, up to limit bytes in all: a
 * server that is still sending may not look at an early answer.
 */
void	body_drain(struct gateway *, const struct delivery *, size_t limit);

#endif
