/* SPDX-License-Identifier: ISC */
/*
 * Limits descriptors (setrlimit(2)), and no other resource.  Not processes:
 * RLIMIT_NPROC counts all programs of the user, and our threads start when
 * they are needed; seccomp refuses processes.  Not the size of files: a log
 * grows.  Not locked memory: it holds keys.  Not memory: bodies, SQLite and
 * the allocator have no common bound, and good deliveries would fail first.
 */
#include <config.h>

#include <sys/resource.h>

#include <poll.h>

#include "sandbox/sandbox_parts.h"

#define ASKED	256	/* at a time */

/* The end of the lowest free numbers, which new descriptors get. */
static rlim_t
number_after(size_t wanted, rlim_t most)
{
	struct pollfd asked[ASKED];
	rlim_t n = 0;

	while (wanted > 0 && n < most) {
		size_t count = wanted < ASKED ? wanted : ASKED;

		if (count > most - n)
			count = (size_t)(most - n);
		for (size_t i = 0; i < count; i++)
			asked[i] = (struct pollfd){ (int)(n + i), 0, 0 };
		if (poll(asked, (nfds_t)count, 0) < 0)
			return 0;
		for (size_t i = 0; i < count; i++)
			if ((asked[i].revents & POLLNVAL) != 0)
				wanted--;
		n += count;
	}
	return n;
}

bool
sandbox_limits_enter(size_t descriptors)
{
	struct rlimit limit;
	rlim_t n;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	n = number_after(descriptors, limit.rlim_cur);
	if (n == 0)
		return false;
	limit.rlim_cur = n;
	if (limit.rlim_max > n)
		limit.rlim_max = n;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}
