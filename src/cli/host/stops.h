/* SPDX-License-Identifier: ISC */
/* Signals that stop us, as something that poll(2) can wait for. */
#ifndef CLI_HOST_STOPS_H
#define CLI_HOST_STOPS_H

#include "base/err.h"

/*
 * From now on SIGTERM, SIGINT and SIGHUP are only counted; ignored ones stay
 * ignored.
 */
bool	stops_catch(struct err *);
int	stops_count(void);		/* the number received */
/* Readable if one of them, or SIGCHLD, arrived since it was emptied. */
int	stops_fd(void);
void	stops_empty(void);

#endif
