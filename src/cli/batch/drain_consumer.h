/* SPDX-License-Identifier: ISC */
/* Drains one consumer, which no other process may do meanwhile. */
#ifndef CLI_BATCH_DRAIN_CONSUMER_H
#define CLI_BATCH_DRAIN_CONSUMER_H

#include "cli/batch/drain.h"
#include "cli/consumer/consumer.h"

/* What the operator wants, beside how programs are run. */
struct drain_wish {
	const struct globs	*types;
	struct where		*where;		/* NULL: any body */
	struct stored_body	*body;		/* to look at it */
	const char		*filter;	/* types and where, in words */
	bool			 unlink;	/* spool: nothing in done/ */
	const int64_t		*since_us;	/* see struct drain_place */
};

/* Its state directory is open. */
bool	drain_consumer(const struct consumer *, const struct drain_plan *,
	    const struct drain_wish *, struct err *);

#endif
