/* SPDX-License-Identifier: ISC */
/* How far may a log be read?  Up to the mark in its index. */
#ifndef CLI_READING_MARKER_H
#define CLI_READING_MARKER_H

#include <sys/types.h>

#include "index/index.h"

struct marker {
	const char	*dir;		/* the state directory; borrowed */
	struct index	*index;		/* NULL: closed */
	dev_t		 dev;
	ino_t		 ino, wal_ino;
	/* the last reading failed for a reason that may pass: busy, broken */
	bool		 unusable;
};

/* mark->set is false where there is no index, or nothing in it. */
bool	marker_read(struct marker *, struct mark *, struct err *);
void	marker_close(struct marker *);

#endif
