/* SPDX-License-Identifier: ISC */
/* A file "stats" of an older version becomes one of ours. */
#ifndef STATS_STATS_MIGRATE_H
#define STATS_STATS_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/stats_file.h"

/* Are len bytes, with this head, a whole file of version 1? */
bool	stats_is_older(const struct stats_head *, size_t len);
/* Changes it in place, in a buffer of our size. */
void	stats_migrate(struct stats_file *);

#endif
