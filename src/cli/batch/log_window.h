/* SPDX-License-Identifier: ISC */
/*
 * Events of a log between the place up to which all are finished and the
 * one that was read last: with several jobs they end in any order.
 */
#ifndef CLI_BATCH_LOG_WINDOW_H
#define CLI_BATCH_LOG_WINDOW_H

#include "base/err.h"
#include "cli/consumer/state.h"

#define LOG_WINDOW_MAX 4096		/* one slow event delays this many */

struct window_item {
	struct state_passed	 origin;
	int64_t			 end;	/* after its line feed */
	bool			 done;
	bool			 last;	/* no event: the end of its file */
	/* the file as it is then; for an event only the last record up to it */
	struct state_file	 file;
};

struct log_window {
	struct window_item	*items;
	size_t			 first, count;	/* a ring */
	/* all of this file before its place is finished; id 0: no move yet */
	struct state_file	 file;	/* id, place, last */
	bool			 moved;	/* that is not written yet */
};

/* False if memory ran out. */
bool	log_window_init(struct log_window *);
void	log_window_wipe(struct log_window *);
bool	log_window_is_full(const struct log_window *);
/* Adds the newest: there must be room. */
void	log_window_add(struct log_window *, const struct window_item *);
/*
 * The event at that place is finished: tells the state, at once if earlier ones
 * are not, else with the next log_window_tell().
 */
void	log_window_finish(struct log_window *, struct consumer_state *,
	    struct state_passed);
/* Forgets all of it: it is read again. */
void	log_window_drop(struct log_window *);
/*
 * How far this file was read, if not all of that is finished: sets place, last,
 * and done (read to its end).  False if none of its events is in the window.
 */
bool	log_window_reach(const struct log_window *, uint64_t file,
	    struct state_file *);
/* Moves the place past all that is finished and tells the state. */
void	log_window_tell(struct log_window *, struct consumer_state *);

#endif
