/* SPDX-License-Identifier: ISC */
/*
 * What a web server said about one request: untrusted.  Made from the
 * environment entries (CGI) or parameters (FastCGI) of that request; none of
 * them configures anything.
 */
#ifndef EVENT_DELIVERY_H
#define EVENT_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hookcask.h"

#define DELIVERY_PATH_MAX	4096	/* with the closing NUL */

/* One header: its first entry, without blanks at the ends. */
struct delivery_header {
	struct hookcask_span	 value;
	unsigned		 count;		/* entries of that name */
};

enum { DELIVERY_ID, DELIVERY_TIMESTAMP, DELIVERY_SIGNATURE, DELIVERY_HEADERS };

enum delivery_length {
	LENGTH_UNKNOWN = 0,		/* absent, empty, or Caddy's "-1" */
	LENGTH_BAD,			/* not a plain number */
	LENGTH_KNOWN
};

#define DELIVERY_ROOTS	2

/* Spans and strings borrow from the entries. */
struct delivery {
	const char		*method;	/* "" if absent */
	const char		*remote;	/* REMOTE_ADDR, or NULL */
	/* DOCUMENT_ROOT, CONTEXT_DOCUMENT_ROOT; NULL: not given */
	const char		*docroots[DELIVERY_ROOTS];
	char			 path[DELIVERY_PATH_MAX]; /* may be cut */
	bool			 path_is_cut;
	bool			 is_chunked;	/* has a Transfer-Encoding */
	enum delivery_length	 length_kind;
	size_t			 length;	/* when LENGTH_KNOWN */
	const char		*length_text;	/* "" if absent */
	struct delivery_header	 svix[DELIVERY_HEADERS];
	struct delivery_header	 webhook[DELIVERY_HEADERS];
};

/*
 * Walks the entries ("NAME=value", NULL at the end) once.  If a name occurs
 * twice, the first entry counts, as for getenv(3) and FCGX_GetParam.
 */
void	delivery_init(struct delivery *, char *const *entries);
/* The path to look up: "" if it was too long for any configured one. */
const char *delivery_path(const struct delivery *);
/* Which headers count: the first family with three values. */
enum hookcask_family delivery_family(const struct delivery *);
/*
 * Did a header of the chosen family arrive twice?  As two entries, or an id
 * or timestamp that the server joined as "a, b".
 */
bool	delivery_is_doubled(const struct delivery *);
/* What the library verifies; body may be NULL until it is read. */
struct hookcask_delivery delivery_view(const struct delivery *,
	    const struct hookcask_span *body);

#endif
