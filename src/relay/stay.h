/* SPDX-License-Identifier: ISC */
/*
 * The program's side of hookcask-stay(7): an engine says what it has and keeps
 * what it is given; everything about lines and answers is done here.
 */
#ifndef RELAY_STAY_H
#define RELAY_STAY_H

#include "base/err.h"
#include "event/record.h"

#define STAY_FIRST	"-"		/* resume with all that is stored */
#define STAY_BATCH	500		/* records that are kept at a time */

/* A record, and what becomes of it. */
struct stay_line {
	int64_t			 number;
	char			*text;		/* owned; without LF */
	size_t			 len;
	struct record_view	 view;		/* borrows the text */
	uint64_t		 body_hash;
	char			 why[256];	/* "", or why it is refused */
};

/* All errors end the program; drain starts it again if they may pass. */
struct stay_engine {
	const char	*name;
	/*
	 * Which of these checkpoints, the oldest first, is the newest that is
	 * still true?  *from: one of them, STAY_FIRST, or NULL, nothing is
	 * lost.  The endpoint is valid until the end.
	 */
	bool	(*ask)(void *ctx, const char *endpoint,
		    char *const *checkpoints, size_t count, const char **from,
		    struct err *);
	/* Keeps them, calls stay_ok(), or says why one is refused. */
	bool	(*keep)(void *ctx, struct stay_line *, size_t count,
		    struct err *);
	/* Is all that it kept still there?  Every minute; NULL: it is. */
	bool	(*look)(void *ctx, struct err *);
};

/* Serves drain until it closes the pipe. */
bool	stay_run(const struct stay_engine *, void *ctx, struct err *);
/* Answers for all from first to last, which follow each other. */
void	stay_ok(const struct stay_line *first, const struct stay_line *last,
	    const char *token);
void	stay_say(const struct stay_engine *, const char *text);
/* Events whose key is kept with another body. */
void	stay_say_others(const struct stay_engine *, int64_t count,
	    const char *where);

#endif
