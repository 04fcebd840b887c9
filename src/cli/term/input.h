/* SPDX-License-Identifier: ISC */
/* A file or standard input, read whole. */
#ifndef CLI_TERM_INPUT_H
#define CLI_TERM_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct input {
	char	*data;			/* owned, with a NUL at its end */
	size_t	 len;
	size_t	 kept;			/* bytes of the vault; 0: malloc'ed */
};
#define INPUT_BODY_MAX	((size_t)64 << 20)
/* What is read with this limit is a secret: it is kept in the vault. */
#define INPUT_SECRET_MAX ((size_t)64 << 10)
/* Reads all of a file, "-" being standard input, if it is at most max. */
bool	input_read(struct input *, const char *name, size_t max,
	    struct err *);
bool	input_read_fd(struct input *, int fd, const char *name, size_t max,
	    struct err *);
void	input_wipe(struct input *);

#endif
