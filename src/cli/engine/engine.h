/* SPDX-License-Identifier: ISC */
/*
 * Whatever takes lines and answers for each: a program over a pipe
 * (engine_pipe.c), or a database.  None of its calls waits, but connect and
 * close.
 *
 * No .c: each engine defines one struct.
 */
#ifndef CLI_ENGINE_ENGINE_H
#define CLI_ENGINE_ENGINE_H

#include <poll.h>

#include "base/err.h"
#include "cli/consumer/state.h"

enum engine_word {
	ENGINE_OK,		/* it keeps these lines from now on */
	ENGINE_LATER,		/* not now: hand them over again */
	ENGINE_FAILED,		/* this one is to blame: why */
	ENGINE_RESUME,		/* go on after token; "": where we are */
	ENGINE_LOST		/* it had kept this many and no longer has */
};

struct engine_answer {
	enum engine_word	 word;
	/* lines, counted from 1 since connect; ENGINE_LOST: from is a number */
	int64_t			 from, to;
	/* of ENGINE_OK: its own place, or "" */
	char			 token[STATE_TOKEN_MAX + 1];
	struct hookcask_span	 why;	/* borrowed until the next call */
};

#define ENGINE_FIRST	"-"		/* token: all that is stored */
#define ENGINE_FDS	3

struct engine {
	/*
	 * Begins a connection and asks which of these places it still has:
	 * before it takes lines it answers ENGINE_RESUME.  An error is final.
	 */
	bool	(*connect)(void *ctx, const struct state_mark *, size_t count,
		    struct err *);
	/* The next line, without LF.  False: no room now, try again. */
	bool	(*put)(void *ctx, struct hookcask_span line);
	/* No line follows for now: answer those that are there. */
	void	(*flush)(void *ctx);
	/*
	 * 1: an answer; 0: none now; -1: the connection is over, and err says
	 * why.  OUTCOME_TRY_AGAIN: connect again; OUTCOME_STORED: the same, and
	 * nothing is wrong; any other kind is final.
	 */
	int	(*answer)(void *ctx, struct engine_answer *, struct err *);
	/* What poll(2) should look at; how many. */
	int	(*fds)(void *ctx, struct pollfd fds[ENGINE_FDS]);
	/* Returns when it is gone; hurry: whatever it still does. */
	void	(*close)(void *ctx, bool hurry);
	void	*ctx;
};

/*
 * engine_answer.c.  "ok 7", "ok 7-12 TOKEN", "later 7", "failed 7 WHY",
 * "resume", "resume TOKEN", "lost 3".  False if the line is none of these.
 */
bool	engine_answer_parse(struct engine_answer *, const char *line,
	    size_t len);

#endif
