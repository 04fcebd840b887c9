/* SPDX-License-Identifier: ISC */
/* An endpoint's stored files one by one, for verbs that choose among them. */
#ifndef CLI_READING_READING_STORE_H
#define CLI_READING_READING_STORE_H

#include "cli/batch/drain_spool.h"
#include "cli/reading/log_files.h"
#include "cli/reading/marker.h"
#include "cli/reading/reading.h"
#include "store/statedir.h"

/* -- reading_log.c -- */
struct log_reading {
	struct reader		*reader;	/* told of strange files */
	struct log_dir		 dir;
	struct marker		 marker;
	struct mark		 mark;		/* as the files were found */
	struct log_files	 files;		/* oldest first */
	bool			 found;
};

/* names: of the endpoint's store; must outlive it. */
bool	log_reading_open(struct log_reading *, struct reader *,
	    const struct endpoint *, const struct statedir *names,
	    struct err *);
void	log_reading_close(struct log_reading *);
/*
 * Opens file *at; if it was renamed or packed just now, all are found anew
 * and *at is where it stands among them.  path holds PATH_MAX bytes.
 */
bool	log_reading_file(struct log_reading *, size_t *at, char *path,
	    struct reading_part *, struct err *);

/* -- reading_spool.c -- */
struct spool_found {
	char			*name;		/* owned by names[stage] */
	enum spool_stage	 stage;
};

struct spool_reading {
	struct spool_dirs	 dirs;
	struct spool_names	 names[SPOOL_STAGES];
	struct spool_found	*list;		/* sorted, each name once */
	size_t			 count;
};

/* Lists what comes behind a name, "" for all.  No spool yet: nothing. */
bool	spool_reading_open(struct spool_reading *, const struct endpoint *,
	    const char *behind, struct err *);
void	spool_reading_close(struct spool_reading *);
/* Hands over that event, wherever it lies now; none is no error. */
bool	spool_reading_event(struct spool_reading *, struct reader *,
	    const struct spool_found *, struct err *);

/* -- lookup.c -- */
/*
 * Hands over the record of an id that the index knows, without a search.
 * *found is false if it does not, or if the record is not where it says:
 * then reader->known tells that it was stored once.
 */
bool	lookup(struct reader *, const struct endpoint *,
	    const struct statedir *names, const char *id, bool *found,
	    struct err *);

#endif
