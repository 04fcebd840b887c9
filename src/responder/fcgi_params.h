/* SPDX-License-Identifier: ISC */
/* The parameters of a FastCGI request: read whole, under a cap. */
#ifndef RESPONDER_FCGI_PARAMS_H
#define RESPONDER_FCGI_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#define FCGI_PARAMS_MAX		((size_t)256 << 10)	/* bytes */
#define FCGI_PARAMS_KEEP	((size_t)16 << 10)	/* between requests */
#define FCGI_PARAMS_ENTRIES	1024

/* A zeroed one is empty; fcgi_params_wipe() frees it. */
struct fcgi_params {
	unsigned char	*data;
	size_t		 len;
	size_t		 size;		/* of the room at data */
	bool		 is_over;	/* more than the cap; discarded */
	/* "NAME=value", NULL at the end; in data */
	char		*env[FCGI_PARAMS_ENTRIES + 1];
};

/* Before each request; gives back room over FCGI_PARAMS_KEEP. */
void	fcgi_params_init(struct fcgi_params *);
void	fcgi_params_wipe(struct fcgi_params *);
/*
 * Where the next bytes of the stream go, and how many; NULL without memory.
 * The caller adds to p->len what has arrived.
 */
unsigned char *fcgi_params_room(struct fcgi_params *, size_t *room);
/*
 * Makes env of what has arrived; false if it is malformed.  If it is too much,
 * env is empty.  A name with "=" or NUL, or a value with NUL, is left out,
 * because as a C string it would be another one.
 */
bool	fcgi_params_finish(struct fcgi_params *);

#endif
