/* SPDX-License-Identifier: ISC */
/*
 * Hands out stored events again: to a program, or signed again to a URL.
 *
 * No .c: what the files of replay share.
 */
#ifndef CLI_BATCH_REPLAY_H
#define CLI_BATCH_REPLAY_H

#include "cli/batch/drain.h"
#include "cli/consumer/journal.h"
#include "cli/sender/forward.h"

/* How one event ended. */
enum replay_end {
	REPLAY_DONE,
	REPLAY_FAILED,		/* reported; the others go on */
	REPLAY_LATER,		/* all stops here; err is set */
	REPLAY_ERROR		/* err is set */
};

/* -- replay_run.c -- */
/* Gives it to a program and waits until that ends. */
enum replay_end replay_run(const struct drain_plan *,
	    const struct drain_event *, struct err *);

/* -- replay_post.c -- */
/* Posts it, repeatedly if that may help. */
enum replay_end replay_post(struct forward *,
	    const struct record_view *, struct err *);
/* Waits; false if a signal stops it. */
bool	replay_wait(int64_t ms);

/*
 * -- replay_log.c: what earlier replays to the same target have done.  Ids are
 * hashes in memory, and whole in the file. --
 */
struct replay_log {
	struct journal	 journal;
	char		 dir[4096];
	char		 head[64];
	unsigned char	 (*ids)[16];
	size_t		 count, size;	/* a power of two; half is empty */
	int64_t		 synced_ms;
};
#define REPLAY_LOG_CLOSED { .journal = JOURNAL_CLOSED }

/* target: a log that was made for another one is refused. */
bool	replay_log_open(struct replay_log *, const char *path,
	    const char *target, struct err *);
bool	replay_log_has(const struct replay_log *, const char *id);
bool	replay_log_add(struct replay_log *, const char *id, struct err *);
/* Brings all of it to stable storage. */
bool	replay_log_close(struct replay_log *, struct err *);

#endif
