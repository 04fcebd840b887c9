/* SPDX-License-Identifier: ISC */
/*
 * The state directory of a store, .hookcask-NAME.  The directory itself is the
 * store's lock: no clean-up job can remove a lock file.
 */
#ifndef STORE_STATEDIR_H
#define STORE_STATEDIR_H

#include "base/fileops.h"
#include "config/configuration.h"

struct statedir {
	const struct fileops *ops;
	char	 home[PATH_MAX];	/* the log's directory, or the spool */
	char	 name[64];		/* ".hookcask-" and the endpoint */
	char	 path[PATH_MAX];	/* home/name */
	mode_t	 mode;			/* of its files */
	int	 home_fd;		/* -1: closed */
	int	 fd;			/* -1: closed */
	int	 flag_fd;		/* of STATEDIR_WAITING; -1: closed */
	bool	 has_held;		/* the lock, since it was opened */
	dev_t	 dev;
	ino_t	 ino;
};

#define STATEDIR_CLOSED { .home_fd = -1, .fd = -1, .flag_fd = -1 }
#define STATEDIR_WAITING "waiting"	/* locked while waiting for the lock */

/* Sets the names of an endpoint's store; opens nothing. */
bool	statedir_init(struct statedir *, const struct fileops *,
	    const struct endpoint *, struct err *);
/* Opens or makes it; checks owner, mode and file system. */
bool	statedir_open(struct statedir *, struct err *);
void	statedir_close(struct statedir *);
/*
 * Locks it; if this process had the lock before, waiting processes go first.
 * *replaced: another directory is at its path now, so the caller must close
 * all, open it and lock again.  deadline_ms 0: only if nobody has it or waits.
 */
bool	statedir_lock(struct statedir *, int64_t deadline_ms, bool *replaced,
	    struct err *);
void	statedir_unlock(struct statedir *);
/* Is there a file of that name? */
bool	statedir_has(const struct statedir *, const char *name);
/*
 * Opens or makes a directory bad-TIME/ that has none of these names; puts its
 * name in moved.  -1 with err.
 */
int	statedir_aside(const struct statedir *, const char *const *names,
	    char moved[64], struct err *);
/* Moves those of the files that exist into one, for the operator. */
bool	statedir_set_aside(const struct statedir *, const char *const *names,
	    char moved[64], struct err *);

#endif
