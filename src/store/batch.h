/* SPDX-License-Identifier: ISC */
/*
 * One record on its way into a store, and what a batch may hold.
 *
 * No .c: what log.c, spool.c and store.c share of a batch.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "event/record.h"

#define BATCH_RECORDS	256
/*
 * One record may be longer, and is a batch of its own then. Bounds recovery:
 * one request may have to copy an unsynced batch twice.
 */
#define BATCH_BYTES	((size_t)4 << 20)

struct put {
	struct record	*record;
	enum outcome	 outcome;	/* STORED, DUPLICATE, STORE_ERROR */
	bool		 other_body;	/* a duplicate with another body */
	bool		 is_new;	/* to be written by this batch */
	struct put	*twin;		/* the first of this id in the batch */
};

#endif
