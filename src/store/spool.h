/* SPDX-License-Identifier: ISC */
/*
 * The spool directory: a file for each event, made in tmp/ and published in
 * new/, from where consumers take it.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "store/batch.h"
#include "store/ledger.h"

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
 * another: it adds the ids in new/, and where consumers have moved files, to an
 * index that has none.
 */
bool	spool_finish_tmp(struct spool *, struct err *);
bool	spool_index_new(struct spool *, struct err *);

/* 16 digits of microseconds, "-", the id or its hash, ".json". */
#define SPOOL_NAME_SIZE	(16 + 1 + 64 + 5 + 1)

/* A batch, and the file in tmp/ of each put that is new. */
struct spool_batch {
	struct put		**puts;
	size_t			 count;
	size_t			 fresh;		/* puts that are new */
	size_t			 open_files;
	bool			 committed;	/* or may have been */
	struct spool_file {
		char		 name[SPOOL_NAME_SIZE];
		int		 fd;		/* -1: closed */
	}			*files;		/* one for each put */
};

/* spool_files.c */
void	spool_name(char name[SPOOL_NAME_SIZE], int64_t microseconds,
	    const char *id);
/* Makes the file of a put, by the name that is set, and writes its record. */
bool	spool_files_add(struct spool *, struct spool_batch *, size_t at,
	    struct err *);
/* Syncs and closes all files that were added since the last call. */
bool	spool_files_sync(struct spool *, struct spool_batch *, struct err *);
/* Closes and removes them all: nothing was committed. */
void	spool_files_remove(struct spool *, struct spool_batch *);

#endif
