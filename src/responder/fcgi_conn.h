/* SPDX-License-Identifier: ISC */
/*
 * Parses what arrives on one FastCGI connection, in pieces of any size.
 * Anybody who can connect may send anything: what is kept of it is bounded.
 */
#ifndef RESPONDER_FCGI_CONN_H
#define RESPONDER_FCGI_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "responder/body.h"
#include "responder/fcgi_params.h"
#include "responder/fcgi_record.h"

/* Where the content of a record goes. */
enum fcgi_goes { FCGI_NOWHERE, FCGI_TO_PART, FCGI_TO_PARAMS, FCGI_TO_BODY };

struct fcgi_conn {
	int		 fd;		/* borrowed */
	unsigned	 id;		/* of the request; 0: not begun */
	bool		 wants_keep;	/* FCGI_KEEP_CONN */
	bool		 has_params;	/* all of them */
	bool		 has_end;	/* of the body */
	bool		 owes_end;	/* of a request that was answered */
	unsigned	 answers;	/* to records outside the request */
	enum fcgi_goes	 goes;
	struct fcgi_head record;	/* what is left of the one under way */
	size_t		 len;		/* bytes in part */
	/* an incomplete head, or the content of a short record */
	unsigned char	 part[FCGI_VALUES_MAX];
};

/* Where the streams of the request go. */
struct fcgi_sink {
	struct fcgi_params *params;
	struct body	*body;
	size_t		 cap;		/* of the body */
	bool		*has_room;	/* cleared if memory runs out */
};

void	fcgi_conn_init(struct fcgi_conn *, int fd);
/* The request has been read to its end: get ready for the next one. */
void	fcgi_conn_next(struct fcgi_conn *);
/*
 * Parses received bytes up to the end of the request; *used is how many that
 * were.  Records outside the request are answered or skipped; without a sink
 * the request's own content is skipped, too.  Returns false if the peer broke
 * the protocol, aborted the request, or does not read our answers: then the
 * rest is meaningless.
 */
bool	fcgi_conn_take(struct fcgi_conn *, const struct fcgi_sink *,
	    const unsigned char *, size_t len, size_t *used);
/*
 * Sends the whole answer: a stream of at most REPLY_MAX bytes, and the end of
 * the request.  If the connection will be kept and the body has not ended,
 * the end is owed: h2o 2.2 aborts if it comes while h2o still writes, but nginx
 * passes the answer on only then.  Never waits: all that a connection can be
 * sent fits in a socket's buffer.
 */
bool	fcgi_conn_reply(struct fcgi_conn *, const char *text, size_t len);
/* Sends the end of the request if it is owed. */
bool	fcgi_conn_end(struct fcgi_conn *);

#endif
