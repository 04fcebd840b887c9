/* SPDX-License-Identifier: ISC */
/*
 * The door through which one request comes in, whichever it is: CGI,
 * FastCGI, or a test that plays a server.
 *
 * No .c: an interface; gateway_cgi.c and gateway_fcgi.c are behind it.
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
	void		*room;		/* the handler's */
	/*
	 * May this thread leave the request before it is answered?  Asked at
	 * most once; small ones may, as far as there is memory for them.
	 */
	bool		(*may_leave)(struct gateway *);
	/* Ends the request, which may be gone then: the last call. */
	void		(*end)(struct gateway *);
};

/*
 * Serves one request and ends it, in this thread or, if it was left, later in
 * another one; ctx as it was given beside it.
 */
struct handler {
	void		(*serve)(void *ctx, struct gateway *);
	size_t		 room;		/* bytes it wants at gateway.room */
	void		*ctx;
};

/* The request that this CGI process was started for; room for the handler. */
void	gateway_cgi(const struct handler *, char *const *env,
	    unsigned timeout, void *room);

/* A FastCGI door, for one connection after the other. */
struct fcgi;

/* Whose doors they are. */
struct fcgi_owner {
	/* counts it: false if too many were left already */
	bool		(*may_leave)(void *ctx);
	/* a door is free again; was its request left? */
	void		(*take_back)(void *ctx, struct fcgi *, bool was_left);
	void		*ctx;
};

/* The owner must outlive it.  NULL without memory. */
struct fcgi *gateway_fcgi_new(size_t room, const struct fcgi_owner *);
void	gateway_fcgi_free(struct fcgi *);
/*
 * The one request of a connection, which is closed in any case.  Parameters
 * and body must have come within timeout seconds.  The door goes back to its
 * owner, perhaps after this has returned.
 */
void	gateway_fcgi(struct fcgi *, const struct handler *, int fd,
	    unsigned timeout);

#endif
