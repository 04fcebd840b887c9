/* SPDX-License-Identifier: ISC */
/*
 * One FastCGI connection and the request on it, as a state machine: the loop
 * calls it when bytes have arrived or a deadline has passed.
 */
#ifndef RESPONDER_CONNECTION_H
#define RESPONDER_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "responder/fcgi_conn.h"
#include "responder/fcgi_params.h"
#include "responder/gateway.h"

struct loop;

struct request {
	struct gateway	 gateway;	/* first: it is what others hold */
	struct connection *connection;
	struct fcgi_params params;
	struct body	 body;
	bool		 has_room;	/* memory sufficed for the body */
	bool		 has_served_head;	/* by the handler */
	bool		 is_left;	/* its thread left it to the store */
	struct request	*next;
};

enum connection_state {
	CONNECTION_IDLE,	/* no request has begun */
	CONNECTION_READS,	/* a request is arriving */
	CONNECTION_SERVED,	/* a thread or the store has it */
	CONNECTION_DRAINS,	/* answered; the rest of it is discarded */
	CONNECTION_LINGERS	/* half closed, until the peer closes */
};

struct connection {
	struct fcgi_conn fcgi;
	struct loop	*loop;
	struct request	*request;	/* or NULL */
	enum connection_state state;
	bool		 is_broken;	/* its input is of no use now */
	bool		 is_doomed;	/* to be closed after the request */
	int64_t		 since_ms;	/* of this state or request */
	int64_t		 deadline_ms;	/* fileops_clock_ms() */
	int64_t		 drain_ms;	/* the deadline once no end is owed */
	size_t		 seen;		/* bytes received since then */
	size_t		 limit;		/* of seen, while it drains */
	struct connection *next;
};

/* What the loop must do with it. */
enum connection_step {
	CONNECTION_STAYS,	/* keep polling it */
	CONNECTION_READY,	/* give its request to a thread */
	CONNECTION_OVER		/* close it */
};

/* Waits up to idle_ms for a request.  NULL without memory. */
struct connection *connection_new(int fd, int64_t now_ms, int64_t idle_ms);
/* Also closes the descriptor. */
void	connection_free(struct connection *);
/*
 * Reads what has arrived, through the buffer.  An idle or draining connection
 * needs an empty request for it.  If it is idle afterwards and fcgi.id is not
 * 0, that request has begun.
 */
enum connection_step connection_read(struct connection *, unsigned char *buf,
	    size_t size);
/* The request has begun. */
void	connection_begin(struct connection *, int64_t now_ms,
	    int64_t deadline_ms);
/* Its deadline has passed. */
enum connection_step connection_late(struct connection *, int64_t now_ms);
/* Its resources are needed; a request that has begun is answered 503. */
enum connection_step connection_give_way(struct connection *,
	    const char *why);
/* Is the request complete, or will no more of it arrive? */
bool	connection_is_whole(const struct connection *);
/*
 * Its request has been answered: waits for the next one, or discards the rest
 * of this one.  Returns false if the connection must be closed.
 */
bool	connection_answered(struct connection *, int64_t now_ms);

/* An empty request with room for the handler, or NULL without memory. */
struct request *request_new(size_t room);
void	request_free(struct request *);
/* Makes it empty again. */
void	request_reset(struct request *);

#endif
