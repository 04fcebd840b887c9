/* SPDX-License-Identifier: ISC */
/* The last records of a store, and those that arrive. */
#ifndef CLI_LOOK_TAIL_H
#define CLI_LOOK_TAIL_H

#include "cli/reading/reader.h"
#include "config/configuration.h"
#include "store/statedir.h"

struct tail {
	struct reader	*reader;	/* its filter is set */
	int64_t		 wanted;	/* number of last records */
	bool		 follow;
	/* for counting without printing: the same filter */
	struct reader	 counter;
	int64_t		 count;
};

#define TAIL_POLL_MS 250

void	tail_init(struct tail *, struct reader *, int64_t wanted,
	    bool follow);
/* False with err, or without it if nobody reads the output any longer. */
bool	tail_log(struct tail *, const struct endpoint *,
	    const struct statedir *names, struct err *);
bool	tail_spool(struct tail *, const struct endpoint *, struct err *);
/* Waits a little; false: nobody reads the output any longer. */
bool	tail_wait(void);

#endif
