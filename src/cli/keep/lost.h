/* SPDX-License-Identifier: ISC */
/* Ids that the index knows and whose lines a file of the log has lost. */
#ifndef CLI_KEEP_LOST_H
#define CLI_KEEP_LOST_H

#include <stddef.h>

#include "config/configuration.h"
#include "index/index.h"

struct lost_file;

struct lost {
	struct lost_file *files;	/* their ids are looked for */
	size_t		 file_count;
	uint64_t	*ids;		/* hashes; bit 0: a line is there */
	size_t		 count;
	char		*text;		/* of lost_list() */
	size_t		 text_len, text_size;
};

/* Files that the operator says are lost, as the index names them. */
struct lost_names {
	char		**name;
	int		 count;		/* at most LOST_NAMES_MAX */
};
#define LOST_NAMES_MAX 64

/*
 * Remembers the ids whose rows point into a file in the directory home, or
 * into one that was named.  A row older than the file with its inode belongs
 * to an earlier file, which was moved away: its id is left out.  Then call
 * lost_found() for each id that a file holds, in any order.  The caller must
 * lost_wipe() it even on error.
 */
bool	lost_open(struct lost *, struct index *, const struct endpoint *,
	    const char *home, const struct lost_names *, struct err *);
void	lost_wipe(struct lost *);
void	lost_found(struct lost *, const char *id);
/* The number of ids not found. */
size_t	lost_count(const struct lost *);
/* Puts them in text, one after another, each with its NUL. */
bool	lost_list(struct lost *, struct index *, struct err *);

#endif
