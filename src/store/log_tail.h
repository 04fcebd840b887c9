/* SPDX-License-Identifier: ISC */
/* The head of a tail, and the parts of its making and its end. */
#ifndef STORE_LOG_TAIL_H
#define STORE_LOG_TAIL_H

#include "store/log.h"

#define LOG_TAIL_HEAD 1024 /* bytes; blanks fill it up */

/* Its head: the mark that its lines followed. */
struct log_tail {
	struct mark	 mark;
	int64_t		 len;		/* of the lines after the head */
};

/* Bytes of the current file, up to "to"; none if that is 0. */
struct log_bytes {
	int64_t		 from;
	int64_t		 to;
};

/*
 * log_aside.c: appends them to this day's copy in the state directory, of at
 * most LINE_MAX_BYTES, synced with its name, and reports it.  The caller cuts
 * them then.
 */
bool	log_aside(struct log *, const struct log_bytes *, struct err *);

bool	log_tail_read_head(struct log *, int fd, struct log_tail *);
/* By either of its names; that it is no tail now is synced first. */
bool	log_tail_remove(struct log *, const char *name, struct err *);

#endif
