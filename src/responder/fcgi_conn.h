/* SPDX-License-Identifier: ISC */
/*
 * The application's side of one FastCGI connection, which carries one
 * request.  Whoever can connect may send anything: what is read is bounded
 * in size, number and time.
 */
#ifndef RESPONDER_FCGI_CONN_H
#define RESPONDER_FCGI_CONN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "responder/fcgi_record.h"

struct fcgi_conn {
	int		 fd;
	int64_t		 deadline_ms;	/* fileops_clock_ms() */
	unsigned	 id;		/* of the request; 0: not begun */
	struct fcgi_head record;	/* what is left of the one under way */
	bool		 is_wanted;	/* it is the request's */
	unsigned	 answers;	/* to what was not a request */
	size_t		 at, len;	/* read, but not yet taken */
	unsigned char	 in[8192];
};

/* The descriptor is borrowed. */
void	fcgi_conn_init(struct fcgi_conn *, int fd, unsigned timeout_ms);
void	fcgi_conn_set_timeout(struct fcgi_conn *, unsigned timeout_ms);
/* Waits for the first bytes; false if it says nothing, or goes. */
bool	fcgi_conn_wait(struct fcgi_conn *, unsigned timeout_ms);
/*
 * Bytes of the request's next stream (FCGI_PARAMS, then FCGI_STDIN): how
 * many, 0 at its end, GATEWAY_BROKEN or GATEWAY_LATE.  What else comes in
 * between is answered or passed over.
 */
ssize_t	fcgi_conn_read(struct fcgi_conn *, unsigned stream, void *buf,
	    size_t len);
/* The whole answer: a stream of at most REPLY_MAX bytes, and its end. */
bool	fcgi_conn_reply(struct fcgi_conn *, const char *text, size_t len);
/* No answer but the end of the request, with a status of the protocol. */
bool	fcgi_conn_refuse(struct fcgi_conn *, unsigned char status);
/* Reads and forgets until the peer has closed. */
void	fcgi_conn_linger(struct fcgi_conn *);

#endif
