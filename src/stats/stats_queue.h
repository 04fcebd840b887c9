/* SPDX-License-Identifier: ISC */
/*
 * Deliveries that were counted but are not yet in the file: of those that
 * overlap, one writes for all.
 */
#ifndef STATS_STATS_QUEUE_H
#define STATS_STATS_QUEUE_H

#include <pthread.h>

#include "stats/stats.h"
#include "stats/stats_file.h"

#define STATS_QUEUE	64

struct stats_waiting {
	unsigned		 count;
	struct stats_entry	 entry[STATS_QUEUE];
	char			 key[STATS_QUEUE][HOOKCASK_FINGERPRINT_SIZE];
	char			 type[STATS_QUEUE][STATS_TYPE_SIZE];
};

struct stats_queue {
	pthread_mutex_t		 lock;		/* short: memory only */
	struct stats_waiting	 waiting;
	unsigned		 under_way;	/* begun, not yet counted */
	int64_t			 taken_us;	/* the last one's time */
};

void	stats_queue_init(struct stats_queue *);
void	stats_queue_wipe(struct stats_queue *);
void	stats_queue_begin(struct stats_queue *);
/* Ends a delivery that has begun. */
void	stats_queue_end(struct stats_queue *);
/*
 * Adds a quiet one.  True if the queue must be written now: no other delivery
 * is under way, little room is left, or the last write was some time ago.
 */
bool	stats_queue_add(struct stats_queue *, const struct stats_entry *);
/* True if some wait and no delivery is under way to write them. */
bool	stats_queue_is_left(struct stats_queue *);
/* Takes them out, the oldest first. */
void	stats_queue_take(struct stats_queue *, struct stats_waiting *);

#endif
