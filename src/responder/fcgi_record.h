/* SPDX-License-Identifier: ISC */
/*
 * FastCGI records as bytes (FastCGI Specification 1.0, 3.3 and 8): pure.
 * Numbers and layouts come from libfcgi's <fastcgi.h>.
 */
#ifndef RESPONDER_FCGI_RECORD_H
#define RESPONDER_FCGI_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include <fastcgi.h>

struct fcgi_head {
	unsigned	type;
	unsigned	id;		/* 0: of no request */
	size_t		content;	/* bytes that follow */
	size_t		padding;	/* and after those */
};

/* From FCGI_HEADER_LEN bytes; false if it is of another version. */
bool	fcgi_head_parse(struct fcgi_head *, const unsigned char *);
/* To FCGI_HEADER_LEN bytes; no padding. */
void	fcgi_head_format(unsigned char *, unsigned type, unsigned id,
	    size_t content);

#define FCGI_SHORT_RECORD	(FCGI_HEADER_LEN + 8)
/* Whole records of FCGI_SHORT_RECORD bytes. */
void	fcgi_end_format(unsigned char *, unsigned id, unsigned char status);
void	fcgi_unknown_format(unsigned char *, unsigned type);

/* The length of a name or a value; false if it is incomplete. */
bool	fcgi_length_parse(const unsigned char **at, const unsigned char *end,
	    size_t *len);

#define FCGI_VALUES_MAX	512	/* bytes of a question that are read */
#define FCGI_VALUES_RECORD	(FCGI_HEADER_LEN + 3 * (2 + 15 + 1))
/*
 * The complete answer to the content of a FCGI_GET_VALUES record, in
 * FCGI_VALUES_RECORD bytes: each name that we know once, however often it is
 * asked for.  Returns its length, or 0 if the question is malformed.
 */
size_t	fcgi_values_format(unsigned char *, const unsigned char *question,
	    size_t len);

#endif
