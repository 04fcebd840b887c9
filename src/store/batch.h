/* SPDX-License-Identifier: ISC */
/*
 * One record on its way into a store, and what a batch may hold.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "event/record.h"

#define BATCH_RECORDS	256
/*
 * A longer record is a batch of its own.  Bounds recovery: one request may have
 * to copy an unsynced batch twice.
 */
#define BATCH_BYTES	((size_t)4 << 20)

struct put {
	struct record	*record;
	/* STORED, DUPLICATE, OTHER_BODY, STORE_ERROR */
	enum outcome	 outcome;
	uint64_t	 first_body;	/* of a duplicate: its id's */
	bool		 is_new;	/* to be written by this batch */
	struct put	*twin;		/* the first of this id in the batch */
};

/* Sets twin, and the outcome to OUTCOME_STORE_ERROR. */
void	batch_find_twins(struct put **, size_t count);
/* After writing: sets the outcomes of later puts by that of their twin. */
void	batch_settle_twins(struct put **, size_t count);

#endif
