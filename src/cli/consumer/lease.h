/* SPDX-License-Identifier: ISC */
/* Makes sure that one process at a time drains a consumer's events. */
#ifndef CLI_CONSUMER_LEASE_H
#define CLI_CONSUMER_LEASE_H

#include "cli/consumer/state.h"

struct lease {
	const struct state_where *where;	/* borrowed */
	int	 fd;
	/*
	 * The last process that had it did not give it back: what that one did
	 * may not be on stable storage.
	 */
	bool	 died;
	bool	 synced;	/* set by the caller: all that it did is */
};

/*
 * Takes the lease of a consumer, drain-NAME.lock in its state directory; it
 * ends with the process.  OUTCOME_TRY_AGAIN: another one has it.
 */
bool	lease_take(struct lease *, const struct state_where *, struct err *);
void	lease_end(struct lease *);
/*
 * Takes a lock on an open directory, which another process may hold; what: its
 * name for the message.
 */
bool	lease_directory(const struct fileops *, int fd, const char *what,
	    struct err *);

#endif
