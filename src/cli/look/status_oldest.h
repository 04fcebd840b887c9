/* SPDX-License-Identifier: ISC */
/* The oldest event that a consumer has not finished. */
#ifndef CLI_LOOK_STATUS_OLDEST_H
#define CLI_LOOK_STATUS_OLDEST_H

#include "cli/look/status.h"
#include "cli/reading/reader.h"

struct spool_names;

/* Sets oldest_us, unless it is set, from a file of the log past a place. */
void	oldest_in_part(struct status_consumer *, struct part *,
	    const struct consumer_state *, const struct state_file *at);
/* From the events that the state keeps: also sets failed_us. */
void	oldest_of_entries(struct status_consumer *, struct consumer_state *);
/* When the first of them was stored; 0: there is none, or unknown. */
int64_t	oldest_of_names(const struct spool_names *);

#endif
