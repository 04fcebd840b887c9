/* SPDX-License-Identifier: ISC */
/* Unpacks what xz(1) has made, by that program. */
#ifndef CLI_READING_UNXZ_H
#define CLI_READING_UNXZ_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct unxz {
	pid_t	 pid;		/* 0: it does not run */
	int	 out;		/* we read */
};

/*
 * Has xz(1) read the file from its beginning.  False with errno: ENOTSUP for
 * what is no file, as a pipe is.
 */
bool	unxz_open(struct unxz *, int fd);
/*
 * What comes next; 0: the end.  -1 with errno: ENOTSUP if there is no such
 * program, EILSEQ if what it reads is broken.  Nothing may be read then.
 */
ssize_t	unxz_read(struct unxz *, void *buf, size_t len);
/* May be called at any time, even if it does not run. */
void	unxz_close(struct unxz *);

#endif
