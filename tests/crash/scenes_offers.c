/* SPDX-License-Identifier: ISC */
/* What is played by processes that share their syncs (offers.h). */
#include <config.h>

#include "sweep.h"

static struct client other;	/* the process that waits */

/* It must have its index open, or it would not offer. */
static void
two_processes(void)
{
	client_init(&other, 2);
	client_must_put(&other, "p1");
	client_must_put(&actor, "p2");
}

static void
offer_is_taken(void)
{
	client_offer(&other, "w1");
	client_put(&actor, "m1");
	client_told(&other, "w1");
	client_offer(&other, "w2");
	client_put(&actor, "m2 m1");
	client_told(&other, "w2");
}

/* In one batch: the same event, and another body of the same id. */
static void
offer_is_a_twin(void)
{
	client_offer(&other, "m1");
	client_put(&actor, "m1");
	client_told(&other, "m1");
	client_offer(&other, "m2!b");
	client_put(&actor, "m2");
	client_told(&other, "m2!b");
}

/* Left by a process that has ended: stored, once, or not. */
static void
offer_is_stale(void)
{
	client_offer(&other, "w1");
	sim_kill(2);
	client_init(&other, 2);
	client_put(&actor, "m1");
	client_put(&actor, "m2");
	client_put(&other, "w1");
}

static void
take_back(void)
{
	offers_end(&other.offers);
}

const struct scene offers_scenes[] = {
	{ .name = "offers: taken into the batch of a log", .log = "log",
	    .shares = true, .prepare = two_processes,
	    .play = offer_is_taken },
	{ .name = "offers: taken into the batch of a spool", .shares = true,
	    .prepare = two_processes, .play = offer_is_taken },
	{ .name = "offers: twins and other bodies", .log = "log",
	    .shares = true, .prepare = two_processes,
	    .play = offer_is_a_twin },
	{ .name = "offers: of a process that was killed", .log = "log",
	    .shares = true, .prepare = two_processes,
	    .play = offer_is_stale },
	{ .name = "offers: taken back at any time", .log = "log",
	    .shares = true, .prepare = two_processes,
	    .play = offer_is_taken, .intrude = take_back, .only = INTRUDER },
	{ .name = NULL }
};
