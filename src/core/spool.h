/* SPDX-License-Identifier: ISC */
/*
 * The spool directory: a file an event, made in tmp/, published in new/.
 * What consumers do from there is theirs.
 */
#ifndef CORE_SPOOL_H
#define CORE_SPOOL_H

#include "core/batch.h"
#include "core/ledger.h"

struct spool {
	struct ledger	 ledger;
	int		 tmp_fd;	/* -1: closed */
	int		 new_fd;	/* -1: closed */
	bool		 locked;	/* tmp_fd is */
	int64_t		 deadline_ms;
};

bool	spool_open(struct spool *, const struct endpoint *,
	    const struct store_options *, struct err *);
void	spool_close(struct spool *);
bool	spool_lock(struct spool *, int64_t deadline_ms, struct err *);
void	spool_unlock(struct spool *);
bool	spool_write(struct spool *, struct put **, size_t count,
	    struct err *);

/*
 * spool_tmp.c: step 1; and step 0, which ends one transaction and begins
 * another: the ids of the records in new/, for an index that knows none.
 */
bool	spool_finish_tmp(struct spool *, struct err *);
bool	spool_index_new(struct spool *, struct err *);

/* 16 digits of microseconds, "-", the id or its hash, ".json". */
#define SPOOL_NAME_SIZE	(16 + 1 + 64 + 5 + 1)
void	spool_name(char name[SPOOL_NAME_SIZE], int64_t microseconds,
	    const char *id);

#endif
