/* SPDX-License-Identifier: ISC */
/* Duty: what is played with a spool. */
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

const struct scene spool_scenes[] = {
	{ .name = "spool: the first put ever", .play = put_some },
	{ .name = "spool: puts, duplicates and twins",
	    .prepare = one_before, .play = put_some },
	{ .name = "spool: a consumer that deletes at once",
	    .prepare = one_before, .play = put_some, .watch = consume },
	{ .name = NULL }
};
