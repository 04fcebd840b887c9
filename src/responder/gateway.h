/* SPDX-License-Identifier: ISC */
/*
 * The door through which a request comes in: CGI, FastCGI, or a test that
 * plays a server.
 *
 * No .c: an interface; gateway_cgi.c and gateway_fcgi.c implement it.
 */
#ifndef RESPONDER_GATEWAY_H
#define RESPONDER_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>

#include "responder/body.h"

struct gateway {
	/* the request's entries, "NAME=value"; the last one is NULL */
	char *const	*env;
	bool		 is_cut;	/* too many or too long: env is empty */
	size_t		 max_body;	/* as it was when the request began */
	/* set by the handler's head(): what env says */
	const struct delivery *delivery;
	/*
	 * What has arrived of the body; the room is reused for the next
	 * request.  fault says why it is incomplete (OUTCOME_STORED: it is
	 * not), and why is the text for OUTCOME_STORE_ERROR.
	 */
	struct body	*body;
	enum outcome	 fault;
	const char	*why;
	void		*room;		/* the handler's */
	/* the whole answer, once; false if it did not get through */
	bool		(*reply)(struct gateway *, const char *, size_t);
	/*
	 * May this thread leave the request before it is answered?  Asked at
	 * most once; true for a small one if there is memory for it.
	 */
	bool		(*may_leave)(struct gateway *);
	/* Ends the request, which may be gone then: the last call. */
	void		(*end)(struct gateway *);
};

/* Serves requests; ctx is passed to both functions. */
struct handler {
	/*
	 * All but the body has arrived.  Returns true if the body is needed;
	 * otherwise the request has been answered and ended.
	 */
	bool		(*head)(void *ctx, struct gateway *);
	/*
	 * Called next, perhaps in another thread: answers the request and ends
	 * it, in this thread or, if the thread left it, later in another one.
	 */
	void		(*body)(void *ctx, struct gateway *);
	size_t		 room;		/* bytes it wants at gateway.room */
	void		*ctx;
};

/* The request that this CGI process was started for; room is the handler's. */
void	gateway_cgi(const struct handler *, char *const *env,
	    unsigned timeout, size_t max_body, void *room);

/* Serves as much of the request as has arrived; loop_take() returned it. */
struct request;
void	gateway_fcgi(struct request *, const struct handler *);

#endif
