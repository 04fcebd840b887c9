/* SPDX-License-Identifier: ISC */
/* How far the consumers of a log are, for verbs that only look. */
#ifndef CLI_CONSUMER_STANDING_H
#define CLI_CONSUMER_STANDING_H

#include "cli/consumer/state.h"
#include "config/configuration.h"
#include "store/statedir.h"

/* The consumers whose state is in a directory, sorted. */
struct standings {
	char	**list;			/* names */
	size_t	  count;
};

/* If there is no such directory yet: none. */
bool	standings_find(struct standings *, const char *dir, struct err *);
void	standings_wipe(struct standings *);
/* Opens the state of one of them; dir_fd is borrowed, as in state_where. */
bool	standing_open(struct consumer_state *, const struct endpoint *,
	    const struct statedir *names, int dir_fd, const char *consumer,
	    struct err *);

enum standing {
	STANDING_OPEN,			/* not handed over yet */
	STANDING_WAITING,		/* its run failed; to be tried again */
	STANDING_FAILED,		/* set aside */
	STANDING_DONE
};
/* For the event at an offset of a log's file; *tries: runs that failed. */
enum standing standing_of(const struct consumer_state *, uint64_t file,
	    int64_t offset, int64_t *tries);

#endif
