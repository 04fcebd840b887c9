/* SPDX-License-Identifier: ISC */
/* Let a thing happen at one call, and play what follows it. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "meet.h"

struct meet_plan meet_plan;

static struct sim_answer
hook(const struct sim_call *call)
{
	struct meet_plan *plan = &meet_plan;
	struct sim_answer a = { 0 };

	if (sim_self != actor.process)
		return a;
	if (plan->met && call->op == plan->then && !call->sqlite)
		a.error = plan->then_error;
	if (plan->met || call->op != plan->op ||
	    call->sqlite != plan->sqlite || --plan->left > 0)
		return a;
	plan->met = true;
	if (plan->act != NULL)
		plan->act();
	return plan->answer;
}

void
meet_at(enum sim_op op, bool sqlite, int n)
{
	memset(&meet_plan, 0, sizeof(meet_plan));
	meet_plan.op = op;
	meet_plan.sqlite = sqlite;
	meet_plan.left = n;
	sim_hook = hook;
}

void
meet_expect(void)
{
	if (!meet_plan.met)
		violate("the call that this is about was not made");
	sim_hook = NULL;
}

void
meet_settle(void)
{
	struct client next;

	sim_hook = NULL;
	client_init(&next, 5);
	client_retry(&next);
	client_close(&next);
	if (scene->watch != NULL)
		scene->watch();
	check_store(true);
	walk_check_durable(0);
}

void
meet_die(void)
{
	struct client next;
	struct sim_loss none = { .kind = LOSS_CLASS };

	sim_hook = NULL;
	sim_kill(1);
	if (scene->watch != NULL)
		scene->watch();
	client_init(&next, 3);
	client_retry(&next);
	check_store(true);
	sim_power_loss(&none);
	check_store(false);
	meet_settle();
	_exit(0);
}

void
meet_prepare(void)
{
	client_must_put(&actor, "p1");
}
