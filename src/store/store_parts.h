/* SPDX-License-Identifier: ISC */
/*
 * What is inside a store.
 *
 * No .c: what store.c, store_ride.c and store_batch.c share.
 */
#ifndef STORE_STORE_PARTS_H
#define STORE_STORE_PARTS_H

#include <pthread.h>

#include "store/log.h"
#include "store/offers.h"
#include "store/spool.h"
#include "store/store.h"

struct store {
	bool is_spool;
	union {
		struct log log;
		struct spool spool;
	};
	unsigned lock_timeout;
	/* the leader's */
	struct store_request *riders[BATCH_RECORDS];
	struct put *batch[BATCH_RECORDS];	/* and of other processes */
	size_t count;
	struct offers offers;
	pthread_mutex_t mutex;		/* of what follows */
	bool leading;
	struct store_request *first, **last;	/* waiting */
	struct store_request *ended, **ended_last;	/* to be answered */
	bool has_helper, has_writer;
	pthread_t helper, writer;
	pthread_cond_t news;		/* for the helper */
	bool is_asleep;			/* it waits only for news */
	pthread_cond_t turn;		/* for the writer */
	bool is_handed_over;		/* the writer leads */
	bool is_closing;
};

/* Takes the first waiting request.  Under the mutex. */
struct store_request *store_pop(struct store *);
bool	store_lock(struct store *, int64_t deadline_ms, struct err *);
void	store_unlock(struct store *);
/*
 * store_ride.c: without waiting for the lock.  RIDE_KEPT: the only request was
 * kept by another process.  RIDE_ALONE: wait for the lock.
 */
enum ride { RIDE_LOCKED, RIDE_KEPT, RIDE_ALONE };
enum ride store_ride(struct store *, struct store_request **kept);
/*
 * Writes one batch under the lock, with what other processes have offered;
 * returns its requests with their results.  After store_unlock():
 * offers_tell().
 */
struct store_request *store_write_batch(struct store *);

#endif
