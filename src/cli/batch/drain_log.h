/* SPDX-License-Identifier: ISC */
/* Inside the draining of a log: what its files share. */
#ifndef CLI_BATCH_DRAIN_LOG_H
#define CLI_BATCH_DRAIN_LOG_H

#include "cli/batch/drain.h"
#include "cli/batch/log_window.h"
#include "cli/reading/log_files.h"
#include "cli/reading/marker.h"

struct drain_log {
	struct drain_place	 place;
	struct log_dir		 dir;
	struct marker		 marker;
	struct mark		 mark;		/* as last read */
	struct mark		 found_at;	/* when files were found */
	bool			 found;
	bool			 told;		/* that there is no mark */
	bool			 nobody_knows;	/* and there are events */
	struct log_files	 files;
	size_t			 next;		/* of files */
	struct log_window	 window;
	int64_t			 settle_again_ms; /* not before; monotonic */
	uint64_t		 missed;	/* to go back in, and gone */
	/* the file that is being read */
	bool			 open;
	struct log_file		 file;
	char			 path[PATH_MAX];
	struct part		 part;
	struct state_last	 last;		/* before what is read next */
	int64_t			 passed_to;	/* some before it are done */
	bool			 torn;		/* in a piece of a line */
	int64_t			 skipped;	/* lines that are no records */
};

enum drain_at {
	DRAIN_AT_PLACE,			/* it may be read from there */
	DRAIN_AT_END,			/* nothing of it is left */
	DRAIN_AT_WAIT,			/* not now */
	DRAIN_AT_NOTHING,		/* the file has gone */
	DRAIN_AT_ERROR			/* err */
};
/*
 * drain_log_place.c: is that the place in a file?  If the file was changed
 * it finds the new one, says so and tells the state.  in_hand: events before
 * the place are not finished yet.
 */
enum drain_at drain_log_place(struct drain_log *, const struct log_file *,
	    struct state_file *, bool in_hand, struct err *);
/* While a tail is there, lines that were cut off are written again. */
bool	drain_log_is_settling(const struct drain_log *);

/*
 * drain_log_known.c: recognises files whose first line was changed, and reports
 * those that were begun and are gone.
 */
bool	drain_log_recognise(struct drain_log *, struct err *);

/*
 * drain_log_open.c: opens the next file that is not finished, at its place.
 * 1: one is open; 0: nothing is left; -1: err.
 */
int	drain_log_open_next(struct drain_log *, struct err *);
void	drain_log_close_file(struct drain_log *);
#define SKIPPED_SAID 10			/* of one file, then their count */
/* Reads the mark, which may be unset. */
bool	drain_log_mark(struct drain_log *, struct err *);
/* Writes what is finished to the state; is there room for one more then? */
bool	drain_log_has_room(struct drain_log *);
/* Does the open plain file begin as the one that was found? */
bool	drain_log_is_same(const struct drain_log *);
/* How far it may be read now; -1 with errno. */
int64_t	drain_log_limit(const struct drain_log *);

/* drain_log_back.c: as the source's call of that name. */
bool	drain_log_back(void *, const struct state_mark *, struct err *);

/* drain_log_settle.c */
/*
 * Nothing can be read now.  True: look again, since records past the mark
 * were settled.  Else unsure tells whether there are some, unless err is set.
 */
bool	drain_log_settle(struct drain_log *, struct err *);

/* drain_log_line.c */
/* Fetches a line that may be relied on: 1, 0 (none now), -1. */
int	drain_log_line(struct drain_log *, struct line *, struct err *);

#endif
