/* SPDX-License-Identifier: ISC */
/*
 * The state directory of a store, .hookcask-NAME: its files, and its lock,
 * which is the store's.  The directory itself is the lock, so that no
 * cleaner can take a lock file away.
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
#define STATEDIR_WAITING "waiting"	/* locked by who waits for the lock */

/* Sets the names of an endpoint's store; opens nothing. */
bool	statedir_init(struct statedir *, const struct fileops *,
	    const struct endpoint *, struct err *);
/* Opens it, makes it if it is not there; judges owner, mode, file system. */
bool	statedir_open(struct statedir *, struct err *);
void	statedir_close(struct statedir *);
/*
 * Locks it, and lets others go first who wait, if this one had it before;
 * *replaced tells that another directory stands at its path now,
 * so that the caller closes all, opens it and locks again.
 */
bool	statedir_lock(struct statedir *, int64_t deadline_ms, bool *replaced,
	    struct err *);
void	statedir_unlock(struct statedir *);
/* Is there a file of that name? */
bool	statedir_has(const struct statedir *, const char *name);
/*
 * Opens a directory bad-TIME/, made if need be, in which none of these names
 * stands; its name goes to moved.  -1 with err.
 */
int	statedir_aside(const struct statedir *, const char *const *names,
	    char moved[64], struct err *);
/* Moves files, as far as they exist, into one, for the operator to see. */
bool	statedir_set_aside(const struct statedir *, const char *const *names,
	    char moved[64], struct err *);

#endif
