/* SPDX-License-Identifier: ISC */
/* Makes sure that one process at a time drains a consumer's events. */
#ifndef CLI_CONSUMER_LEASE_H
#define CLI_CONSUMER_LEASE_H

#include "cli/consumer/state.h"

/*
 * Takes the lease of a consumer, drain-NAME.lock in its state directory; it
 * ends with the process.  OUTCOME_TRY_AGAIN: another one has it.  Returns
 * its descriptor, or -1.
 */
int	lease_take(const struct state_where *, struct err *);
/*
 * Takes a lock on an open directory, which another process may hold; what: its
 * name for the message.
 */
bool	lease_directory(int fd, const char *what, struct err *);

#endif
