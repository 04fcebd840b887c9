/* SPDX-License-Identifier: ISC */
/*
 * One sync for several processes.  A process that finds the store locked
 * leaves its record where the holder of the lock can take it into its batch,
 * and waits for news.  Nothing that is read here is trusted: a process that got
 * news looks for its id in the index, and one that got none locks the store and
 * writes by itself.  So a lost or torn file costs only time.
 *
 *   STATE/offers      a table, then one place for each process:
 *                     what it offers, and what was last taken from it
 *   STATE/offer-NNN   a FIFO that its process waits at, and has locked
 *
 * Neither is ever synced.
 */
#ifndef STORE_OFFERS_H
#define STORE_OFFERS_H

#include "store/batch.h"
#include "store/ledger.h"

#define OFFERS_FILE	"offers"
#define OFFERS_FIFO	"offer-"	/* and three digits */
#define OFFERS_MAX	128		/* processes */
#define OFFERS_BYTES	((size_t)64 << 10)	/* of one, its head included */

struct offer;

/* Of one process.  Used by one thread at a time. */
struct offers {
	struct ledger	*ledger;
	int		 fd;		/* the table, or -1 */
	ino_t		 dir;		/* the state directory that has it */
	int		 fifo;		/* of our place, or -1 */
	unsigned	 place;
	bool		 gave_up;	/* there is no place for us */
	uint64_t	 serial;	/* of our last offer */
	uint64_t	 ticket;	/* of what we offer, or 0 */
	size_t		 len;		/* of it */
	struct offer	*taken;		/* by this batch */
};

enum offers_told {
	OFFERS_NOTHING,		/* yet, or it cannot be heard: ticket is 0 */
	OFFERS_YOUR_TURN,	/* nobody has taken it: lock the store */
	OFFERS_STORED,		/* taken; look for the id in the index */
	OFFERS_DUPLICATE	/* the same */
};

void	offers_init(struct offers *, struct ledger *);
void	offers_close(struct offers *);

/*
 * For the one that waits.  Leaves a record; false if there is no place for
 * it, for whatever reason.
 */
bool	offers_leave(struct offers *, const struct record *);
/* Waits until deadline_ms (fileops_clock_ms) for what becomes of it. */
enum offers_told offers_wait(struct offers *, int64_t deadline_ms);
/*
 * Ends the offer: what has become of it so far.  Without the lock a holder may
 * have copied it already, and store it.
 */
enum offers_told offers_end(struct offers *);

/*
 * For the holder of the lock.  Adds what others have left to a batch with
 * room for BATCH_RECORDS; it stays valid until offers_tell().
 */
void	offers_take(struct offers *, struct put **, size_t *count);
/* After the batch was written, under the lock: notes what was taken. */
void	offers_note(struct offers *);
/*
 * After the lock was released: tells each process whose record is stored, and
 * tells one that still waits that it is its turn.
 */
void	offers_tell(struct offers *);

#endif
