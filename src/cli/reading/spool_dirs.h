/* SPDX-License-Identifier: ISC */
/* The directories of a spool: new/, and those of its consumer. */
#ifndef CLI_READING_SPOOL_DIRS_H
#define CLI_READING_SPOOL_DIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/fileops.h"

enum spool_stage { SPOOL_NEW, SPOOL_CUR, SPOOL_DONE, SPOOL_FAILED,
	SPOOL_STAGES };

struct spool_dirs {
	const struct fileops *ops;
	const char	*home;		/* borrowed */
	int		 home_fd;	/* -1: closed */
	int		 fd[SPOOL_STAGES];	/* -1: closed */
	/* by files, since the last sync */
	bool		 entered[SPOOL_STAGES];
	bool		 left[SPOOL_STAGES];
};

/*
 * Opens them; make: those of the consumer are made as new/ is.  *empty: there
 * is no new/, so nothing was stored yet.
 */
bool	spool_dirs_open(struct spool_dirs *, const struct fileops *,
	    const char *home, bool make, bool *empty, struct err *);
void	spool_dirs_close(struct spool_dirs *);
/* False if the file is not in from, with err unless may_miss. */
bool	spool_move(struct spool_dirs *, const char *name,
	    enum spool_stage from, enum spool_stage to, bool may_miss,
	    struct err *);
bool	spool_has(const struct spool_dirs *, enum spool_stage,
	    const char *name);
/* The directory itself. */
bool	spool_stat(const struct spool_dirs *, enum spool_stage,
	    struct stat *, struct err *);
/* "new", "cur", "done", "failed". */
const char *spool_stage_name(enum spool_stage);
/* Another process may have moved files: the next sync covers all. */
void	spool_dirs_doubt(struct spool_dirs *);
/* Brings the moves to stable storage. */
bool	spool_dirs_sync(struct spool_dirs *, struct err *);
/* Names of events there, sorted: by time.  Freed by spool_names_wipe(). */
struct spool_names {
	char	**list;
	size_t	  count;
};
bool	spool_names_read(struct spool_names *, const struct spool_dirs *,
	    enum spool_stage, struct err *);
void	spool_names_wipe(struct spool_names *);
/* When an event was stored, which its file's name begins with; 0: unknown. */
int64_t	spool_name_us(const char *name);
/* Removes one; no error if it is not there. */
bool	spool_remove(struct spool_dirs *, enum spool_stage, const char *name,
	    struct err *);
/*
 * Reads the one line of a file into malloc'd memory, without its LF.  If the
 * file is not a record, *line is NULL; if it cannot be read, false with err.
 */
bool	spool_read(const struct spool_dirs *, enum spool_stage,
	    const char *name, char **line, size_t *len, struct err *);

#endif
