/* SPDX-License-Identifier: ISC */
/* Duty: what is played with a log. */
#include <config.h>

#include <string.h>

#include "sweep.h"

static void
put_some(void)
{
	client_put(&actor, "m1");
	client_put(&actor, "m2 m3 m2");
	client_put(&actor, "m3 m4 m1");
}

static void
one_before(void)
{
	if (!client_put(&actor, "p1"))
		violate("%s", last_note);
}

const struct scene log_scenes[] = {
	{ .name = "log: the first put ever", .log = "log", .play = put_some },
	{ .name = "log: puts, duplicates and twins", .log = "log",
	    .prepare = one_before, .play = put_some },
	{ .name = NULL }
};
