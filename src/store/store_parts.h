/* SPDX-License-Identifier: ISC */
/*
 * What the parts of a store share.
 *
 * No .c: what store.c, store_put.c and store_batch.c share.
 */
#ifndef STORE_STORE_PARTS_H
#define STORE_STORE_PARTS_H

#include <pthread.h>

#include "store/log.h"
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
	struct put *batch[BATCH_RECORDS];
	size_t count;
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
/* Writes one batch under the lock; returns its requests with their results. */
struct store_request *store_write_batch(struct store *);

#endif
