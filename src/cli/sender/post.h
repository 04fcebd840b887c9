/* SPDX-License-Identifier: ISC */
/* Posts over HTTP, with libcurl. */
#ifndef CLI_SENDER_POST_H
#define CLI_SENDER_POST_H

#include "base/err.h"

#define POST_REPLY_MAX	4096		/* bytes of a reply that are kept */
#define POST_HEADERS_MAX 8

/* Why there is no reply. */
enum post_trouble {
	POST_ANSWERED,
	POST_NO_HOST,		/* its name has no address */
	POST_NO_CONNECTION,
	POST_NO_TRUST,		/* in its certificate */
	POST_CUT,		/* while sending, or before the reply */
	POST_TOO_SLOW,
	POST_OTHER
};

struct post {
	const char		*headers[POST_HEADERS_MAX]; /* NULL ends */
	struct hookcask_span	 body;
	bool			 get;		/* GET, without the body */
	bool			 chunked;	/* do not declare its length */
	/* the reply; strangers' bytes, "" if there were none */
	enum post_trouble	 trouble;
	long			 status;
	int64_t			 ms;		/* it took */
	int64_t			 date;		/* its clock; 0: unknown */
	char			 server[64];
	char			 location[1024]; /* absolute */
	char			 reply[POST_REPLY_MAX];
	size_t			 reply_len;
};

struct poster;

/* One connection, kept open between posts; timeout in seconds for each. */
bool	poster_open(struct poster **, const char *url, int64_t timeout,
	    struct err *);
/* Connects to this host or address from now on, whatever the URL names. */
bool	poster_connect(struct poster *, const char *host, struct err *);
void	poster_close(struct poster *);
/* False if no HTTP reply came. */
bool	poster_send(struct poster *, struct post *, struct err *);

#endif
