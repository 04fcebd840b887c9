/* SPDX-License-Identifier: ISC */
/* What is played, and what others do meanwhile, at a log as at a spool. */
#include <config.h>

#include <stdio.h>

#include "hand.h"

static bool
tell(bool ok, const struct err *err)
{
	if (!ok)
		snprintf(last_said, sizeof(last_said), "%s", err->text);
	return ok;
}

bool
play_how(struct drain_how how)
{
	struct err err = ERR_INIT;

	return tell(hand_drain(1, how, &err), &err);
}

bool
play_drain(void)
{
	return play_how(hand_usual);
}

bool
play_batches(void)
{
	return play_how((struct drain_how){ .tries = 2, .batch = 3 });
}

bool
play_two_jobs(void)
{
	return play_how((struct drain_how){ .tries = 2, .jobs = 2 });
}

bool
play_retry(void)
{
	struct err err = ERR_INIT;

	healed = true;
	return tell(run_failed(1, false, &err), &err);
}

bool
play_drop(void)
{
	struct err err = ERR_INIT;

	return tell(run_failed(1, true, &err), &err);
}

bool
play_prune(void)
{
	struct err err = ERR_INIT;

	return tell(run_prune(1, &err), &err);
}

void
beside_retry(void)
{
	struct err err = ERR_INIT;

	run_failed(next_process(), false, &err);
}

void
beside_drop(void)
{
	struct err err = ERR_INIT;

	run_failed(next_process(), true, &err);
}

void
beside_prune(void)
{
	struct err err = ERR_INIT;

	run_prune(next_process(), &err);
}

void
beside_drain(void)
{
	struct err err = ERR_INIT;

	run_drain(next_process(), hand_usual, &err);
}
