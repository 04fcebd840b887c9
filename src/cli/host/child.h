/* SPDX-License-Identifier: ISC */
/* A program with its input, its last words, and how it ended. */
#ifndef CLI_HOST_CHILD_H
#define CLI_HOST_CHILD_H

#include <sys/types.h>

#include "base/err.h"

#define CHILD_SAID_MAX 4096	/* last bytes of its standard error */
#define CHILD_GRACE_MS 5000	/* SIGTERM to SIGKILL */

struct child {
	pid_t		 pid;		/* 0: none */
	int		 in;		/* we write; -1: closed */
	int		 err;		/* we read; -1: closed */
	int		 out;		/* likewise, if it talks */
	const char	*input;		/* borrowed until in is closed */
	size_t		 input_len, input_at;
	char		 said[CHILD_SAID_MAX];
	size_t		 said_len;
};

struct child_plan {
	char *const	*argv;
	char *const	*env;
	/* if set, its exit status in the new process, where no program runs */
	int		(*call)(void *ctx);
	void		*ctx;
	bool		 quiet;		/* its output goes to standard error */
	const char	*input;
	size_t		 input_len;
	/*
	 * The caller writes to in, reads out and closes both; neither call
	 * waits.
	 */
	bool		 talks;
};

/*
 * Starts it in a session of its own.  OUTCOME_UNAVAILABLE if it cannot
 * be executed, which is no event's fault.
 */
bool	child_start(struct child *, const struct child_plan *, struct err *);
/* Writes as much as its standard input takes now; closes it at the end. */
void	child_feed(struct child *);
/* Reads its standard error and passes it on; closes it at end of file. */
void	child_listen(struct child *);
/* Closes one of the descriptors; -1 is legal. */
void	child_close(int *fd);
/* Signals its process group. */
void	child_signal(const struct child *, int signo);
/*
 * Has it ended?  Then *status is waitpid(2)'s and all is closed.  With kill
 * the rest of its process group is killed, too.
 */
bool	child_reap(struct child *, bool kill, int *status);

#endif
