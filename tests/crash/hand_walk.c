/* SPDX-License-Identifier: ISC */
/*
 * Plays a scene once and, at each call, lets each thing happen to a copy of
 * the world.  What follows in the copy is the scene's settle(): other
 * processes that find it so.
 */
#include <config.h>

#include <stdlib.h>

#include "hand.h"
#include "walk_faults.h"
#include "world.h"

bool said_ok;
bool said_all;
int prepared;
int64_t power_ms;

static enum {
	QUIET,		/* nothing happens */
	WALK,		/* everything happens, to copies */
	FAULTY,		/* this copy has met a fault; it may crash yet */
	DOOMED		/* dies at the next call */
} mode;
static const struct hand_scene *scene;
static unsigned seen_changes, seen_done;
static const struct fault *standing;	/* a fault that stays */
static unsigned crashes_left;	/* of a FAULTY copy */
static int processes = 1;

int
next_process(void)
{
	return ++processes;
}

/* walker_copy(), but where the scene is about something else. */
static bool
copy(enum happening what)
{
	return !(mode == WALK && scene->only_intruder && what != INTRUDER) &&
	    walker_copy(what);
}

/* -- crashes ------------------------------------------------------------- */

static void __attribute__((__noreturn__))
aftermath(void)
{
	mode = QUIET;
	standing = NULL;
	programs_kill();
	scene->settle();
	world_end(0);
}

static void __attribute__((__noreturn__))
die(void)
{
	trail_add("kill: ");
	sim_kill_all();
	aftermath();
}

static void __attribute__((__noreturn__))
lose_power(struct sim_loss l)
{
	trail_add("power loss (%s %llx): ", l.kind == LOSS_CLASS ? "class" :
	    l.kind == LOSS_BITS ? "bits" : "seed", (unsigned long long)
	    (l.kind == LOSS_CLASS ? l.mask : l.kind == LOSS_BITS ? l.bits :
	    l.seed));
	power_ms = sim_monotonic_ms;
	sim_power_loss(&l);
	aftermath();
}

static void
power_variants(enum happening what, unsigned limit)
{
	static const unsigned classes[] = { 0, SIM_STORE | SIM_SIZES,
		SIM_NAMES, SIM_ALL & ~SIM_STORE };
	unsigned things = sim_unsynced(), n = 0;

	if (things <= 4) {
		for (uint64_t bits = 0; bits < (1u << things) && n < limit;
		    bits++, n++)
			if (copy(what))
				lose_power((struct sim_loss){
				    .kind = LOSS_BITS, .bits = bits });
		return;
	}
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes) &&
	    n < limit; i++, n++)
		if (copy(what))
			lose_power((struct sim_loss){ .kind = LOSS_CLASS,
			    .mask = classes[i] });
	for (unsigned i = 0; i < 3 && n < limit; i++, n++)
		if (copy(what))
			lose_power((struct sim_loss){ .kind = LOSS_CHANCE,
			    .mask = 3 + 5 * (i % 3), .seed = mix(calls, i) });
}

static unsigned
ends(void)
{
	unsigned count = 0;

	for (int i = 0; i < fact_count; i++)
		count += (unsigned)facts[i].done;
	return count;
}

static void
crash_after_fault(void)
{
	size_t end = trail_end();

	if (crashes_left == 0)
		return;
	crashes_left--;
	trail_add("at call %u: ", calls);
	if (copy(FAULT_CRASH))
		die();
	power_variants(FAULT_CRASH, 2);
	trail_cut(end);
}

/* -- faults -------------------------------------------------------------- */

/* True in a copy that meets a fault here. */
static bool
meet_fault(const struct sim_call *call, struct sim_answer *a)
{
	for (const struct fault *f = faults; f->name != NULL; f++) {
		if (!fault_concerns(f, call) || (f->rare &&
		    mix(calls, (uint64_t)(f - faults)) % 4 != 0) ||
		    !copy(FAULT))
			continue;
		trail_add("%s %s%s: ", call_words(call), f->name,
		    f->stays ? " from now on" : "");
		mode = FAULTY;
		crashes_left = f->crash ? 2 : 0;
		standing = f->stays ? f : NULL;
		*a = fault_answer(f, call);
		return true;
	}
	return false;
}

static struct sim_answer
hook_walk(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	calls++;
	if (!walker_wants(calls))
		return a;
	if (sim_changes != seen_changes || ends() != seen_done) {
		seen_changes = sim_changes;
		seen_done = ends();
		trail_set("before %s: ",
		    call_words(call));
		if (copy(KILL))
			die();
		power_variants(POWER, 100);
	}
	trail_cut(0);
	for (unsigned i = 1; call->op == OP_WRITE && call->len > 1 && i < 4;
	    i++)
		if (copy(TORN)) {
			trail_add("%s torn, ", call_words(call));
			mode = DOOMED;
			a.cut = true;
			a.limit = call->len * i / 4;
			return a;
		}
	if (meet_fault(call, &a))
		return a;
	if (scene->intrude != NULL && copy(INTRUDER)) {
		trail_add("intruder before %s: ", call_words(call));
		mode = QUIET;
		scene->intrude();
		mode = FAULTY;
		crashes_left = 2;
	}
	return a;
}

static struct sim_answer
hook(const struct sim_call *call)
{
	struct sim_answer pass = { 0 };

	if (mode == QUIET)
		return pass;
	world_moved();
	switch (mode) {
	case QUIET:
		break;
	case WALK:
		return hook_walk(call);
	case FAULTY:
		calls++;
		if (sim_changes != seen_changes) {
			seen_changes = sim_changes;
			crash_after_fault();
		}
		if (standing != NULL && fault_concerns(standing, call))
			return fault_answer(standing, call);
		break;
	case DOOMED:
		die();
	}
	return pass;
}

static void __attribute__((__noinline__))
walk_below(void)
{
	sim_init();
	sim_mkdir(HOME);
	sim_mkdir(STATE);
	sim_sync_all();
	power_ms = -1;
	posix_begin();
	if (scene->is_log) {
		hand_endpoint.spool = NULL;
		hand_endpoint.log = (char *)(uintptr_t)HOME "/test.jsonl";
	}
	sim_hook = hook;
	mode = QUIET;
	if (scene->prepare != NULL)
		scene->prepare();
	prepared = fact_count;
	said_all = false;
	mode = WALK;
	seen_changes = sim_changes;
	said_ok = scene->play();
	world_moved();
	if (mode == DOOMED)
		die();
	trail_add("at the end: ");
	if (mode == WALK) {
		if (!said_ok)
			violate("it failed: %s", last_said);
		if (copy(KILL))
			die();
		power_variants(POWER, 100);
	} else if (mode == FAULTY) {
		crashes_left = 1;
		crash_after_fault();
	}
	standing = NULL;
	mode = QUIET;
	scene->settle();
	world_end(0);
}

void
hand_walk(const void *arg, struct tally *t)
{
	unsigned thin = 1;

#ifdef WORLD_FORKS
	thin = 20;	/* minutes otherwise: the plain build walks them all */
#elif defined(WORLD_GUARDED)
	thin = 3;
#endif
	scene = arg;
	walker_begin(t, thin);
	world_begin(__builtin_frame_address(0));
	walk_below();
}
