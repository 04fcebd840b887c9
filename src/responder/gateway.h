/* SPDX-License-Identifier: ISC */
/*
 * The door through which one request comes in, whichever it is: CGI,
 * FastCGI, or a test that plays a server.
 */
#ifndef RESPONDER_GATEWAY_H
#define RESPONDER_GATEWAY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "responder/body.h"

/* What reading can end in, beside a number of bytes and 0 at the end. */
#define GATEWAY_BROKEN	(-1)	/* the peer went away or broke the protocol */
#define GATEWAY_LATE	(-2)	/* body-timeout is over */

struct gateway {
	/* the request's entries, "NAME=value", NULL at the end */
	char *const	*env;
	bool		 is_cut;	/* more than we take: env is empty */
	/*
	 * Is the end of the body marked?  CGI (RFC 3875, 4.2) does not promise
	 * an end of file behind CONTENT_LENGTH bytes; FastCGI has a record.
	 */
	bool		 has_end;
	ssize_t		(*read)(struct gateway *, void *, size_t);
	/* the whole answer, once; false if it did not get through */
	bool		(*reply)(struct gateway *, const char *, size_t);
	/* room for the body, kept from one request to the next */
	struct body	*body;
};

/* Serves one request; ctx as it was given beside it. */
struct handler {
	void		(*serve)(void *ctx, struct gateway *);
	void		*ctx;
};

/* The request that this CGI process was started for. */
void	gateway_cgi(const struct handler *, char *const *env,
	    unsigned timeout);

/* A thread's FastCGI door, for one connection after the other. */
struct fcgi;

struct fcgi *gateway_fcgi_new(void);	/* NULL without memory */
void	gateway_fcgi_free(struct fcgi *);
/*
 * The one request of a connection, which is closed in any case.  Parameters
 * and body must have come within timeout seconds.
 */
void	gateway_fcgi(struct fcgi *, const struct handler *, int fd,
	    unsigned timeout);

#endif
