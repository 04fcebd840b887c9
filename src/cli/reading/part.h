/* SPDX-License-Identifier: ISC */
/* An open file of lines, packed or not, or a piece of it. */
#ifndef CLI_READING_PART_H
#define CLI_READING_PART_H

#include "base/lines.h"
#include "cli/reading/archive.h"
#include "event/record.h"

/* Must not be copied while it is open. */
struct part {
	const char	*path;
	uint64_t	 file_id;	/* of an endpoint's log */
	int		 fd;		/* plain; -1 if archive is set */
	struct archive	*archive;	/* packed, or not a regular file */
	int64_t		 from, to;	/* in what is unpacked */
	/* its last line may be one that is being written right now */
	bool		 growing;
	/* between part_begin() and part_close() */
	struct lines	 lines;
	struct fileops	 ops;
};
#define PART(of) { .path = (of), .fd = -1, .to = INT64_MAX }

/* Takes fd over; false without memory. */
bool	part_open(struct part *, int fd, struct err *);
void	part_close(struct part *);
/*
 * Fills a buffer up to the end of the file; *got bytes, also before an error
 * (false with errno).  A packed one is read on from where it is, a plain one
 * at the offset.
 */
bool	part_fill(struct part *, void *buf, size_t len, int64_t offset,
	    size_t *got);
/*
 * Goes to a byte: lines are then read from there up to part->to.  May be called
 * again.  False with errno: a packed one cannot be read.
 */
bool	part_begin(struct part *, int64_t from);
/*
 * Fetches the next line that is a record, with what is in it.  1; 0 at the end;
 * -1 with errno.
 */
int	part_record(struct part *, struct line *, struct record_view *);

#endif
