/* SPDX-License-Identifier: ISC */
/*
 * One record: a CloudEvents 1.0 event in its JSON format, one line, the
 * body byte for byte.
 */
#ifndef EVENT_RECORD_H
#define EVENT_RECORD_H

#include <sys/uio.h>

#include "base/civil.h"
#include "base/err.h"
#include "event/event.h"

#define RECORD_PARTS	5
/* json_quote() asks for 6 bytes a character of id and type, used or not. */
#define RECORD_HEAD_MAX	4096

/* Made by record_init() from a verified event, ended by record_wipe(). */
struct record {
	char		 id[HOOKCASK_ID_MAX + 1];
	int64_t		 time;			/* signed, Unix seconds */
	int64_t		 received_us;
	uint64_t	 body_hash;		/* first 8 bytes of SHA-256 */
	struct iovec	 part[RECORD_PARTS];	/* the line, LF included */
	int		 part_count;
	size_t		 len;			/* of all parts */
	char		 head[RECORD_HEAD_MAX];
	char		*base64;		/* owned */
};

/*
 * Formats the event.  The record borrows the event's body and may turn its
 * line breaks into blanks.  Fails only without memory.
 */
bool	record_init(struct record *, struct event *, struct err *);
void	record_wipe(struct record *);

/* A line read back.  Spans borrow from the line; strings are decoded. */
struct record_view {
	char		 id[HOOKCASK_ID_MAX + 1];
	char		 source[33];
	char		 type[EVENT_TYPE_MAX + 1];
	int64_t		 time;			/* signed, Unix seconds */
	int64_t		 received_us;
	struct hookcask_span signature;		/* "v1,...", as in the line */
	struct hookcask_span key;		/* 8 hex digits */
	struct hookcask_span data;		/* JSON text, or empty */
	struct hookcask_span base64;		/* raw or data_base64 */
	bool		 is_json;		/* data, not data_base64 */
	size_t		 body_len;		/* of the exact body */
};

/*
 * Reads one line without its LF, strictly: exactly what record_init() makes.
 * False if it is anything else.
 */
bool	record_parse(struct record_view *, const char *line, size_t len);
/*
 * The exact signed bytes: borrowed from the line, or decoded into buf, which
 * must hold view->body_len + 3 bytes (NULL is legal when base64.len is 0).
 */
bool	record_body(const struct record_view *, unsigned char *buf,
	    struct hookcask_span *body);
uint64_t record_body_hash(struct hookcask_span body);

#endif
