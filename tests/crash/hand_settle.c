/* SPDX-License-Identifier: ISC */
/* What must follow, whatever happened: the other half of each scene. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "hand.h"

/* Power loss repeats what ended within SYNC_MS; a turn of the loop more. */
#define REPEATED_MS 220

const struct drain_how hand_usual = { .tries = 2 };

void
hand_must(bool ok, const struct err *err, const char *what)
{
	if (!ok)
		violate("%s: %s", what, err->text);
}

/* Set aside is what a drain says of events that fail for good. */
bool
hand_drain(int process, struct drain_how how, struct err *err)
{
	return run_drain(process, how, err) || err->kind == OUTCOME_BAD_DATA;
}

/* Once everything ended and was synced, power loss repeats nothing. */
static void
settle_durably(void)
{
	struct sim_loss none = { .kind = LOSS_CLASS };
	struct err err = ERR_INIT;
	int before = 0, after = 0;

	for (int i = 0; i < fact_count; i++)
		before += facts[i].handed;
	sim_power_loss(&none);
	hand_must(run_drain(next_process(), hand_usual, &err), &err,
	    "after the second power loss");
	for (int i = 0; i < fact_count; i++)
		after += facts[i].handed;
	if (after != before)
		violate("%d events are handed over again, though their ends "
		    "were synced", after - before);
}

/* Each is handed over, or named; and when programs work again, all are. */
void
hand_settle(void)
{
	struct err err = ERR_INIT, again = ERR_INIT, last = ERR_INIT;
	int handed[FACTS_MAX];

	check_store();
	for (int i = 0; i < fact_count; i++)
		handed[i] = facts[i].handed;
	hand_must(hand_drain(next_process(), hand_usual, &err), &err,
	    "the next drain");
	for (int i = 0; i < fact_count; i++) {
		const struct fact *f = &facts[i];

		if (power_ms >= 0 && f->done > 1 && f->handed > handed[i] &&
		    f->ended_ms < power_ms - REPEATED_MS)
			violate("%s is handed over again: its end was %d ms "
			    "before the power loss", f->id,
			    (int)(power_ms - f->ended_ms));
		if (f->handed < f->due && !f->dropped)
			violate("%s was to be tried again, and is not",
			    f->id);
		if (said_ok && f->dropped && f->handed > handed[i])
			violate("%s was dropped, and is handed over", f->id);
	}
	check_store();
	check_named(next_process());
	healed = true;
	hand_must(run_failed(next_process(), false, &again), &again, "retry");
	hand_must(run_drain(next_process(), hand_usual, &last), &last,
	    "the last drain");
	for (int i = 0; i < fact_count; i++)
		if (facts[i].stored && !facts[i].dropped &&
		    facts[i].done == 0)
			violate("%s is never handed over", facts[i].id);
	check_named(next_process());
	settle_durably();
}

/* Silence is not success: events are handed over, or the drain fails. */
void
hand_settle_drain(void)
{
	for (int i = 0; i < prepared && said_all; i++)
		if (facts[i].stored && !facts[i].dropped &&
		    facts[i].handed == 0)
			violate("%s was passed over, and nobody said so",
			    facts[i].id);
	hand_settle();
}

/* What was retried with success is handed over without another word. */
void
hand_settle_retry(void)
{
	struct err err = ERR_INIT;

	healed = true;
	check_store();
	hand_must(hand_drain(next_process(), hand_usual, &err), &err,
	    "the next drain");
	for (int i = 0; i < fact_count && said_ok; i++)
		if (facts[i].stored && facts[i].done == 0)
			violate("%s was to be tried again, and is not",
			    facts[i].id);
	hand_settle();
}
