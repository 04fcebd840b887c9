/* SPDX-License-Identifier: ISC */
/*
 * What prune was asked to do, and what it has done.
 *
 * No .c: what the files of prune share.
 */
#ifndef CLI_KEEP_PRUNE_H
#define CLI_KEEP_PRUNE_H

#include "cli/consumer/state.h"
#include "cli/reading/log_files.h"
#include "config/configuration.h"
#include "store/admin.h"
#include "store/statedir.h"

struct prune {
	const struct fileops	*ops;
	const struct endpoint	*endpoint;
	const char		*state_dir;	/* of the store */
	int			 state_fd;	/* likewise, borrowed */
	const char		*home;		/* log's directory, or spool */
	const struct log_dir	*dir;		/* of a log; borrowed */
	int64_t			 older_us;	/* removes what ended earlier */
	int64_t			 max_size;	/* bytes; -1: any */
	bool			 dry_run;
	bool			 json;
	struct consumer_state	*consumers;
	size_t			 consumer_count;
	/* what was done, or would be */
	int64_t			 files, bytes;
	int64_t			 left_files, left_bytes;
	int64_t			 ids;
	uint64_t		 unread, broken; /* files, and not looked at */
};

#define PRUNE_NOW	INT64_MIN	/* older_us: remove nothing by age */

/*
 * prune_consumers.c: what the consumers of a log have finished, from their
 * states in an open directory.  Those of another endpoint are left out.
 */
bool	prune_consumers_read(struct prune *, int dir, const char *path,
	    struct err *);
void	prune_consumers_wipe(struct prune *);
/*
 * The name of one that has not finished this file of the log, or whose engine
 * may still lose it, or NULL.  *lost: which of both.
 */
const char *prune_unfinished(const struct prune *, const struct log_file *,
	    bool *lost);
/*
 * Unix time from which on what came into done/ of a spool may still be lost by
 * the engine that has it; INT64_MAX: nothing.
 */
int64_t	prune_kept_since_ms(const struct prune *);
/* Asks those beside the store again: there may be new ones. */
bool	prune_still_finished(const struct prune *, const struct log_file *,
	    bool *finished, struct err *);

/* prune_log.c, prune_spool.c: remove files and count them. */
bool	prune_log(struct prune *, struct err *);
bool	prune_spool(struct prune *, struct err *);

/* prune_print.c: one file, why it stays or NULL; last_us: newest event. */
void	prune_print(const struct prune *, const char *name, int64_t bytes,
	    int64_t last_us, const char *why);
void	prune_print_sum(const struct prune *);

#endif
