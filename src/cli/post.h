/* SPDX-License-Identifier: ISC */
/* Posting over HTTP, with libcurl behind it. */
#ifndef CLI_POST_H
#define CLI_POST_H

#include "cli/cli.h"

#define POST_REPLY_MAX	4096		/* bytes of a reply that are kept */
#define POST_HEADERS_MAX 8

struct post {
	const char		*headers[POST_HEADERS_MAX]; /* NULL ends */
	struct hookcask_span	 body;
	/* what came back */
	long			 status;
	char			 reply[POST_REPLY_MAX];
	size_t			 reply_len;
};

struct poster;

/* One connection, kept open between posts; timeout in seconds for each. */
bool	poster_open(struct poster **, const char *url, int64_t timeout,
	    struct err *);
void	poster_close(struct poster *);
/* False if no HTTP reply came. */
bool	poster_send(struct poster *, struct post *, struct err *);

#endif
