/* SPDX-License-Identifier: ISC */
/* What tails of logs and of spools share. */
#include <config.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/look/tail.h"

bool
tail_wait(void)
{
	struct pollfd out = { STDOUT_FILENO, 0, 0 };

	return poll(&out, 1, TAIL_POLL_MS) <= 0 ||
	    (out.revents & POLLERR) == 0;
}

static bool
count(void *ctx, const struct reading *r, struct err *err)
{
	struct tail *t = ctx;

	(void)r;
	(void)err;
	t->count++;
	return true;
}

void
tail_init(struct tail *t, struct reader *r, int64_t wanted, bool follow)
{
	memset(t, 0, sizeof(*t));
	t->reader = r;
	t->wanted = wanted;
	t->follow = follow;
	t->counter.record = count;
	/* faults of lines are reported when they are printed */
	t->counter.quiet = true;
	t->counter.ctx = t;
	t->counter.filter = r->filter;
}
