/* SPDX-License-Identifier: ISC */
/* The events of an endpoint's spool, one by one or all. */
#ifndef CLI_READING_READING_SPOOL_H
#define CLI_READING_READING_SPOOL_H

#include "cli/reading/reader.h"
#include "cli/reading/spool_dirs.h"
#include "config/configuration.h"

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

/* Lists the events after a name, "" for all.  No spool yet: nothing. */
bool	spool_reading_open(struct spool_reading *, const struct endpoint *,
	    const char *after, struct err *);
void	spool_reading_close(struct spool_reading *);
/* Hands over that event, in whichever directory; if it is gone, no error. */
bool	spool_reading_event(struct spool_reading *, struct reader *,
	    const struct spool_found *, struct err *);
/* Reads new, cur, done and failed. */
bool	reader_spool(struct reader *, const struct endpoint *, struct err *);

#endif
