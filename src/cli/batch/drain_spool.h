/* SPDX-License-Identifier: ISC */
/*
 * The events of a spool, and their entries in the state.
 *
 * No .c: what the files of a spool's drain share.
 */
#ifndef CLI_BATCH_DRAIN_SPOOL_H
#define CLI_BATCH_DRAIN_SPOOL_H

#include <time.h>

#include "cli/batch/drain.h"
#include "cli/reading/spool_dirs.h"

#define IN_HAND_SLOTS	4096

struct drain_spool {
	struct drain_place	 place;
	struct spool_dirs	 dirs;
	struct spool_names	 names;
	enum spool_stage	 stage;		/* where the names are from */
	size_t			 next;
	struct timespec		 seen;		/* new/ was changed then */
	int64_t			 look_ms;	/* at cur/, monotonic */
	struct timespec		 looked;	/* cur/ was changed then */
	bool			 waits;		/* nothing was stored yet */
	/*
	 * Events that run now, counted by the hash of their names.  If two
	 * share a slot, a stray file is found only after both have ended.
	 */
	uint32_t		 in_hand[IN_HAND_SLOTS];
};

/* drain_spool_back.c: as the source's call back. */
bool	drain_spool_back(struct drain_spool *, const struct state_mark *,
	    struct err *);

/* -- drain_spool_entry.c -- */
/* A hash of a name. */
struct state_passed spool_origin(const char *name);
/* The file's entry, or NULL; good until the state is written or refreshed. */
const struct state_entry *spool_entry_find(struct drain_spool *,
	    const char *name);
/* Corrects the entries by the directories. */
bool	spool_entries_settle(struct drain_spool *, struct err *);
/* A file of cur/ whose last try has failed; seq 0: it has no entry yet. */
bool	spool_set_aside(struct drain_spool *, const char *name,
	    struct state_try *, struct err *);

#endif
