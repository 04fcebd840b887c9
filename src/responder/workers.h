/* SPDX-License-Identifier: ISC */
/*
 * The threads of a FastCGI process: each serves one request until only the
 * store has work with it.  They start when all others are busy, and end at
 * SIGTERM, SIGUSR1, SIGINT or SIGHUP.
 */
#ifndef RESPONDER_WORKERS_H
#define RESPONDER_WORKERS_H

#include "base/err.h"
#include "responder/gateway.h"

#define WORKERS_MAX	64

struct workers_options {
	int		 listen_fd;
	struct handler	 handler;
	/*
	 * Threads at most, seconds for a request to arrive, and bytes of its
	 * body.  Asked each time: a broken configuration may be fixed while
	 * we run.
	 */
	unsigned	 (*limit)(void *ctx);
	unsigned	 (*timeout)(void *ctx);
	size_t		 (*max_body)(void *ctx);
	void		*ctx;
};

/*
 * Serves until a signal comes, then finishes the requests that are under way.
 * False if the listening socket is of no use.
 */
bool	workers_run(const struct workers_options *, struct err *);

#endif
