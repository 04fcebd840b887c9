/* SPDX-License-Identifier: ISC */
/* One request, from the door to the disk and back. */
#ifndef RESPONDER_SERVE_H
#define RESPONDER_SERVE_H

#include "event/delivery.h"
#include "event/record.h"
#include "responder/gateway.h"
#include "responder/site.h"

/* A request in progress; a zeroed one has not begun. */
struct attempt {
	struct site		*site;
	const struct config	*config;	/* NULL: broken */
	const struct endpoint	*endpoint;	/* NULL: unknown path */
	const struct site_endpoint *open;	/* of it; NULL: broken */
	struct delivery		 delivery;
	int64_t			 received_us;	/* Unix microseconds */
	struct hookcask_verdict	 verdict;
	char			 key[HOOKCASK_FINGERPRINT_SIZE];
	bool			 has_begun;	/* in the statistics */
	bool			 has_replied;
	enum outcome		 outcome;
	struct err		 err;		/* when it is ours */
	struct gateway		*gateway;
	struct event		 event;		/* once it is verified */
	struct store_request	 request;
	struct record		 record;	/* of that event */
};

/* A handler for gateways: SERVE_ROOM bytes of room; ctx is the struct site. */
#define SERVE_ROOM	sizeof(struct attempt)
bool	serve_head(void *site, struct gateway *);
void	serve_body(void *site, struct gateway *);
/* Counts it, and writes the operator's line if it needs one. */
void	report(const struct attempt *);

#endif
