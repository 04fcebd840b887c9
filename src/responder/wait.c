/* SPDX-License-Identifier: ISC */
/* Wait in poll(2) up to a deadline, also when signals come. */
#include <config.h>

#include "responder/wait.h"

#include <errno.h>
#include <poll.h>

#include "base/fileops.h"

bool
wait_until(int fd, short events, int64_t deadline_ms)
{
	struct pollfd pfd = { fd, events, 0 };
	int64_t left;
	int rc;

	do {
		left = deadline_ms - fileops_clock_ms();
		if (left < 0)
			return false;
		rc = poll(&pfd, 1, (int)left);
	} while (rc < 0 && errno == EINTR);
	return rc > 0;
}
