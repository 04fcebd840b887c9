/* SPDX-License-Identifier: ISC */
/* Reads the lines of a log file between two offsets, in bounded memory. */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/fileops.h"

/*
 * The longest line of a record: 16 MiB of body, as received and again in
 * base64, and its head.
 */
#define LINE_MAX_BYTES	((size_t)40 << 20)

struct lines {
	const struct fileops	*ops;
	int			 fd;
	int64_t			 at;	/* offset of buf[0] in the file */
	int64_t			 end;	/* read up to here */
	char			*buf;
	size_t			 size, fill, used;
	bool			 inside;	/* of a line that is too long */
};

struct line {
	const char	*text;		/* without its LF; valid for one call */
	size_t		 len;
	int64_t		 offset;
	bool		 whole;		/* ended by an LF, not too long */
};

void	lines_init(struct lines *, const struct fileops *, int fd,
	    int64_t from, int64_t to);
void	lines_wipe(struct lines *);
/*
 * Fetches the next line.  It is not whole if no LF ends it, or if it is too
 * long: then it comes in pieces of LINE_MAX_BYTES and a rest.  Returns 1 for a
 * line, 0 at the end, -1 with errno (ENOMEM, or of a read).
 */
int	lines_next(struct lines *, struct line *);

#endif
