/* SPDX-License-Identifier: ISC */
/*
 * From delivery to event: the only place where untrusted bytes become
 * trusted ones.
 */
#ifndef EVENT_INTAKE_H
#define EVENT_INTAKE_H

#include "base/err.h"
#include "config/configuration.h"
#include "config/keyset.h"
#include "event/delivery.h"
#include "event/event.h"

/* A delivery, its endpoint, and when it was received. */
struct intake {
	const struct delivery	*delivery;
	const struct endpoint	*endpoint;
	int64_t			 received_us;	/* Unix microseconds */
};

/*
 * All checks that need no body: headers, id, timestamp, window.
 * OUTCOME_STORED (0) if nothing is wrong yet.
 */
enum outcome intake_precheck(const struct intake *,
	    struct hookcask_verdict *);
/*
 * Checks the signature.  OUTCOME_STORED: keep the event; OUTCOME_IGNORED and
 * _PROBED: genuine, but do not keep it; anything else refuses, and there is
 * no event (OUTCOME_STORE_ERROR, err set: no memory).  The event borrows
 * from the delivery, the endpoint and the body, not from the keys.
 */
enum outcome intake_verify(const struct intake *, const struct keyset *,
	    unsigned char *body, size_t body_len, struct hookcask_verdict *,
	    struct event *, struct err *);

/* Does a probe ask to be answered late, so that its process stays busy? */
bool	intake_holds(const struct event *);

#endif
