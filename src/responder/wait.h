/* SPDX-License-Identifier: ISC */
/* Waiting for a peer, never longer than a deadline. */
#ifndef RESPONDER_WAIT_H
#define RESPONDER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Is fd ready for POLLIN or POLLOUT before that time of fileops_clock_ms()? */
bool	wait_until(int fd, short events, int64_t deadline_ms);

#endif
