/* SPDX-License-Identifier: ISC */
/*
 * The text for each HTTP status.  It knows only outcomes, so nothing of a
 * request can get into a reply.
 */
#include <config.h>

#include "event/reply.h"

#include <stdio.h>
#include <string.h>

struct answer {
	int		 http;
	const char	*phrase;
	const char	*headers;	/* that not all have */
	const char	*body;
};

#define STRING(x)	#x
#define SECONDS(x)	STRING(x)

static const struct answer answers[] = {
	{ 200, "OK", "", "{\"status\":\"success\"}" },
	{ 400, "Bad Request", "", "{\"error\":\"Bad request\"}" },
	{ 401, "Unauthorized", "", "{\"error\":\"Invalid signature\"}" },
	{ 404, "Not Found", "", "{\"error\":\"Not found\"}" },
	{ 405, "Method Not Allowed", "Allow: POST\r\n",
	    "{\"error\":\"Method not allowed\"}" },
	{ 413, "Content Too Large", "", "{\"error\":\"Too large\"}" },
	/* last: also for every other status */
	{ 503, "Service Unavailable",
	    "Retry-After: " SECONDS(REPLY_RETRY_AFTER) "\r\n",
	    "{\"error\":\"Try again\"}" },
};

#define ANSWERS	(sizeof(answers) / sizeof(answers[0]))

void
reply_init(struct reply *reply, enum outcome outcome, bool is_head)
{
	const struct answer *a = answers;
	int http = outcome_http(outcome);
	int n;

	while (a->http != http && a < answers + ANSWERS - 1)
		a++;
	n = snprintf(reply->text, sizeof(reply->text),
	    "Status: %d %s\r\n"
	    "Content-Type: application/json\r\n"
	    "Content-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n"
	    "%s"
	    "\r\n"
	    "%s",
	    a->http, a->phrase, strlen(a->body), a->headers,
	    is_head ? "" : a->body);
	reply->len = n > 0 ? (size_t)n : 0;
}
