/* SPDX-License-Identifier: ISC */
/*
 * All connections of a FastCGI process.  Reading them is a role that one thread
 * at a time holds.  A thread that finds a request leaves the role to another
 * one and serves the request itself.  A slow, silent or deaf peer holds a
 * descriptor and its own buffers, but no thread.
 */
#ifndef RESPONDER_LOOP_H
#define RESPONDER_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "responder/connection.h"
#include "responder/crowd.h"
#include "responder/listener.h"

/* The most requests that wait for a store without a thread. */
#define LOOP_LEFT_MAX	128

struct loop_options {
	struct listener	*listener;	/* NULL: loop_add() only */
	size_t		 room;		/* the handler's, for a request */
	/*
	 * Seconds for a request to arrive, and bytes of its body.  Asked each
	 * time: a broken configuration may be fixed while we run.
	 */
	unsigned	 (*timeout)(void *ctx);
	size_t		 (*max_body)(void *ctx);
	void		*ctx;
};

/* Work for a thread. */
struct loop_job {
	struct request	*request;	/* to serve, or NULL */
	const char	*words;		/* a warning to print, or NULL */
	bool		 is_last;	/* no other thread waits for the role */
};

struct loop {
	struct loop_options options;
	int		 wake[2];	/* a pipe; a byte ends poll(2) */
	size_t		 max;		/* connections at most */
	atomic_size_t	 open;		/* connections now */
	atomic_bool	 is_leaving;
	pthread_mutex_t	 lock;		/* for the fields up to returned */
	pthread_cond_t	 turn;
	bool		 is_held;	/* the role */
	bool		 is_called;	/* a thread is on its way to take it */
	bool		 is_asleep;	/* its holder is in poll(2) */
	unsigned	 waiting;	/* threads that wait for the role */
	unsigned	 left;		/* requests without a thread */
	struct request	*answered;
	struct connection *returned;
	/* only for the thread that holds the role */
	struct crowd	 crowd;
	struct request	*ready, **ready_last;
	struct request	*spare;
	unsigned	 spares;
	const char	*words;
	int64_t		 said_ms;
	int64_t		 pause_ms;	/* do not accept until then */
	int64_t		 leave_ms;	/* idle connections are closed then */
	struct err	 err;		/* the listening socket has failed */
	unsigned char	 in[64 << 10];
};

/* max: the most connections; never more than CONNECTIONS_MAX. */
bool	loop_init(struct loop *, const struct loop_options *, size_t max,
	    struct err *);
/* Once loop_take() has returned false for all threads. */
void	loop_wipe(struct loop *);
/* Adds a connection; closes it without memory.  Needs the role. */
void	loop_add(struct loop *, int fd);
/*
 * Waits for the role, and then for work.  Returns false when it is time to
 * leave; loop.err may be set then.  The caller must pass a request on to
 * gateway_fcgi().
 */
bool	loop_take(struct loop *, struct loop_job *);
/* For gateway_fcgi.c: more of the body must be read. */
void	loop_read_on(struct loop *, struct connection *);
/* Likewise: the request was answered; it is gone afterwards. */
void	loop_answered(struct loop *, struct request *);
/*
 * loop_read.c, for the thread that holds the role: reads until there is work.
 * False once it is time to leave.
 */
bool	loop_read(struct loop *, struct loop_job *);
/* May a thread leave its request?  If so, it counts until it is answered. */
bool	loop_may_leave(struct loop *);

#endif
