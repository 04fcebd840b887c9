/* SPDX-License-Identifier: ISC */
/* Deliveries being added to the file "stats", which is locked. */
#ifndef STATS_STATS_ADD_H
#define STATS_STATS_ADD_H

#include <stdbool.h>

#include "stats/stats.h"
#include "stats/stats_file.h"

struct stats_adding {
	struct stats_head	*head;	/* read before, written afterwards */
	int			 fd;
	bool			 has_row;
	int64_t			 hour;	/* of the row */
	struct stats_row	 row;	/* the last one's, not yet written */
};

void	stats_add_begin(struct stats_adding *, struct stats_head *, int fd);
void	stats_add(struct stats_adding *, const struct stats_entry *);
/* Writes all but the head. */
void	stats_add_end(struct stats_adding *);

#endif
