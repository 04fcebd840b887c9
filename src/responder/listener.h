/* SPDX-License-Identifier: ISC */
/*
 * The listening socket of a FastCGI process.  As a rule whoever started us
 * made it, shares it with other processes, and put it on descriptor 0.
 */
#ifndef RESPONDER_LISTENER_H
#define RESPONDER_LISTENER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

struct listener {
	int		 fd;
	int		 stop[2];	/* a pipe; its end tells all to leave */
	const char	*peers;		/* FCGI_WEB_SERVER_ADDRS or NULL */
	/* one waits for a connection, the others for this: no stampede */
	pthread_mutex_t	 turn;
};

bool	listener_is(int fd);		/* is it a listening socket? */
/*
 * A socket of our own at that absolute path, which only its owner and group
 * can connect to; in place of one that was left there.  -1 with an error.
 */
int	listener_open(const char *path, struct err *);
bool	listener_init(struct listener *, int fd, struct err *);
void	listener_wipe(struct listener *);
/*
 * Waits for a connection; -1 when it is time to leave, or, with an error set,
 * if the socket is of no use any more.
 */
int	listener_take(struct listener *, struct err *);
/* Makes listener_take() return in all threads, now and later.  Once. */
void	listener_stop(struct listener *);

#endif
