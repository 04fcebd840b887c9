/* SPDX-License-Identifier: ISC */
/* A delivery that was captured: a raw HTTP request, or its headers alone. */
#ifndef CLI_HAND_REQUEST_H
#define CLI_HAND_REQUEST_H

#include "base/err.h"

struct request {
	struct hookcask_headers	 svix;		/* borrow from the text */
	struct hookcask_headers	 webhook;
	struct hookcask_span	 body;
	bool			 has_body;	/* there was an empty line */
	bool			 chunked;
	const char		*doubled;	/* a header given twice */
	int64_t			 length;	/* Content-Length, or -1 */
	char			*joined[2];	/* signatures, owned */
};

/*
 * Lines may end in LF or CRLF and begin with "> " (curl -v), the request line
 * may be missing, and names may have any case.  Two signature headers are
 * joined as servers join them.
 */
bool	request_parse(struct request *, const char *name, const char *text,
	    size_t len, struct err *);
void	request_wipe(struct request *);

#endif
