/* SPDX-License-Identifier: ISC */
/*
 * The connections that are being polled, and which of them must go when there
 * are too many or they hold too much memory.
 */
#ifndef RESPONDER_CROWD_H
#define RESPONDER_CROWD_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "responder/connection.h"
#include "sandbox/sandbox.h"

/* Entries of pfd that are not connections. */
enum { CROWD_WAKE, CROWD_STOP, CROWD_LISTEN, CROWD_FIXED };

struct crowd {
	size_t		 count;
	struct connection *member[CONNECTIONS_MAX];
	/* for poll(2): CROWD_FIXED entries, then one for each member */
	struct pollfd	 pfd[CROWD_FIXED + CONNECTIONS_MAX];
};

void	crowd_add(struct crowd *, struct connection *);
/* Moves the last member into its place. */
void	crowd_remove(struct crowd *, size_t at);
/* Bytes held by all requests that are arriving. */
size_t	crowd_bytes(const struct crowd *);
/* The request that arrives most slowly; count if there is none. */
size_t	crowd_slowest(const struct crowd *, int64_t now_ms);
/*
 * The connection to sacrifice: the longest idle one, else the one that was
 * answered first, else the slowest; count if there is none.
 */
size_t	crowd_last(const struct crowd *, int64_t now_ms);

#endif
