/* SPDX-License-Identifier: ISC */
/* Inside fileops: its calls that wait until a deadline. */
#ifndef BASE_FILEOPS_WAIT_H
#define BASE_FILEOPS_WAIT_H

#include <sys/types.h>

#include <stdint.h>

/* lock and receive of struct fileops; ctx is not used. */
int	fileops_lock(void *ctx, int fd, int64_t deadline_ms);
ssize_t	fileops_receive(void *ctx, int fd, void *buf, size_t len,
	    int64_t deadline_ms);

#endif
