/* SPDX-License-Identifier: ISC */
/*
 * The listening socket of a FastCGI process.  Usually whoever started us made
 * it, shares it with other processes, and put it on descriptor 0.
 */
#ifndef RESPONDER_LISTENER_H
#define RESPONDER_LISTENER_H

#include <stdbool.h>

#include "base/err.h"

struct listener {
	int		 fd;
	int		 stop[2];	/* a pipe; its end tells all to leave */
	const char	*peers;		/* FCGI_WEB_SERVER_ADDRS or NULL */
};

bool	listener_is(int fd);		/* is it a listening socket? */
/*
 * Makes a socket at that absolute path, which only its owner and group can
 * connect to, and replaces one that was left there.  -1 with an error.
 */
int	listener_open(const char *path, struct err *);
bool	listener_init(struct listener *, int fd, struct err *);
void	listener_wipe(struct listener *);
/*
 * Accepts a connection without waiting, or returns why there is none: nobody
 * is connecting, descriptors or memory ran out, or (err is set) the socket no
 * longer works.
 */
enum { LISTENER_NOBODY = -1, LISTENER_SHORT = -2, LISTENER_FAILED = -3 };
int	listener_take(struct listener *, struct err *);
/* Makes stop[0] readable from now on.  Call it once. */
void	listener_stop(struct listener *);

#endif
