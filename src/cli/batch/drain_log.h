/* SPDX-License-Identifier: ISC */
/* Inside the draining of a log: what its two files share. */
#ifndef CLI_BATCH_DRAIN_LOG_H
#define CLI_BATCH_DRAIN_LOG_H

#include "base/lines.h"
#include "cli/batch/drain.h"
#include "cli/batch/log_window.h"
#include "cli/reading/archive.h"
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
	struct log_files	 files;
	size_t			 next;		/* of files */
	struct log_window	 window;
	/* the file that is being read */
	bool			 open;
	struct log_file		 file;
	int			 fd;		/* plain: -1 if packed */
	struct archive		*archive;	/* packed: else NULL */
	struct fileops		 ops;		/* reads from archive */
	struct lines		 lines;
	int64_t			 passed_to;	/* some before it are done */
	bool			 torn;		/* in a piece of a line */
	int64_t			 skipped;	/* lines that are no records */
};

/*
 * drain_log_line.c: opens the next file that is not finished, at its place.
 * 1: one is open; 0: nothing is left; -1: err.
 */
int	drain_log_open_next(struct drain_log *, struct err *);
void	drain_log_close_file(struct drain_log *);
#define SKIPPED_SAID 10			/* of one file, then their count */
/* Fetches a line that may be relied on: 1, 0 (none now), -1. */
int	drain_log_line(struct drain_log *, struct line *, struct err *);

#endif
