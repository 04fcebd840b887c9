/* SPDX-License-Identifier: ISC */
/*
 * Play a scene once and, at each call, let each thing happen to a copy
 * of the world.  What follows in the copy is always the same: a process that
 * finds it so, a sender that repeats everything, and a look at the files;
 * then a power loss, and all of it again.
 *
 * Calls that change nothing which a crash could see are not crashed at again:
 * the world after them is the one before them.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep.h"
#include "walk_faults.h"
#include "world.h"

int effort = 1;
struct client actor;

static enum {
	QUIET,		/* nothing happens */
	WALK,		/* everything happens, to copies */
	FAULTY,		/* this copy has met a fault; it may crash yet */
	DOOMED,		/* dies at the next call */
	RECOVER		/* recovering; something happens at call `when` */
} mode;
static unsigned seen_changes, seen_acks;
static const struct fault *standing;	/* a fault that stays */
static unsigned crashes_left;	/* of a FAULTY copy */
static unsigned when;
static bool is_traced;

/* walker_copy(), but where the scene is about something else. */
static bool
copy(enum happening what)
{
	static uint64_t number;

	if (mode == WALK && scene->only != NOTHING && what != scene->only)
		return false;
	/* there are many, and each does what a plain crash does, too */
	if (what == FAULT_CRASH && effort == 1 && mix(++number, 3) % 2 == 0)
		return false;
	return walker_copy(what);
}

/* -- what follows -------------------------------------------------------- */

/* The sender repeats everything, to this process, and all is well. */
static void
repeat_all(struct client *c)
{
	client_retry(c);
	client_close(c);
	if (scene->watch != NULL)
		scene->watch();
	check_store(true);
}

/* All was acknowledged and is durable: a power loss changes nothing. */
static void
check_durable(uint64_t seed)
{
	walk_check_durable(seed);
	world_end(0);
}

void
walk_check_durable(uint64_t seed)
{
	struct sim_loss none = { .kind = LOSS_CLASS, .mask = 0 };
	struct sim_loss some = { .kind = LOSS_CHANCE, .mask = 8,
		.seed = seed };
	struct client c;

	mode = QUIET;
	standing = NULL;
	trail_add("then power loss: ");
	sim_power_loss(seed % 2 == 0 ? &none : &some);
	check_store(false);
	client_init(&c, 8);
	client_retry(&c);
	client_close(&c);
	if (scene->watch != NULL)
		scene->watch();
	check_store(true);
}

/* The processes of before are dead: another one finds what they left. */
static void __attribute__((__noreturn__))
aftermath(void)
{
	static int generation = 2;
	struct client c;

	standing = NULL;
	check_store(false);
	client_init(&c, ++generation);
	repeat_all(&c);
	check_durable(mix(calls, (uint64_t)generation));
	world_end(0);
}

/* The process goes on, the cause of its trouble has gone. */
static void __attribute__((__noreturn__))
go_on(void)
{
	mode = QUIET;
	standing = NULL;
	trail_add("goes on: ");
	repeat_all(&actor);
	check_durable(mix(calls, 7));
	world_end(0);
}

/* -- crashes ------------------------------------------------------------- */

static void
lose_power(struct sim_loss *l)
{
	if (l->kind == LOSS_CLASS)
		trail_add("power loss (class %u): ", l->mask);
	else if (l->kind == LOSS_BITS)
		trail_add("power loss (bits %llx): ",
		    (unsigned long long)l->bits);
	else
		trail_add("power loss (%u/16, seed %llx): ", l->mask,
		    (unsigned long long)l->seed);
	sim_power_loss(l);
}

/* Something happens again while the store recovers from the first. */
static void
crash_again(uint64_t seed)
{
	mode = RECOVER;
	when = 1 + (unsigned)(mix(seed, 1) % 60);
	calls = 0;
	aftermath();
}

static void
power_variants(enum happening what, unsigned limit)
{
	static const unsigned classes[] = { 0, SIM_STORE | SIM_SIZES,
		SIM_SQLITE | SIM_SIZES, SIM_NAMES | SIM_SIZES,
		SIM_STORE | SIM_SIZES | SIM_NAMES, SIM_ALL & ~SIM_SIZES,
		SIM_ALL & ~SIM_NAMES };
	unsigned things = sim_unsynced(), n = 0;
	struct sim_loss l;

	if (things <= 3) {
		for (uint64_t bits = 0; bits < (1u << things) && n < limit;
		    bits++, n++)
			if (copy(what)) {
				l = (struct sim_loss){ .kind = LOSS_BITS,
					.bits = bits };
				lose_power(&l);
				mode = QUIET;
				aftermath();
			}
		return;
	}
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes) &&
	    n < limit; i++, n++)
		if (copy(what)) {
			l = (struct sim_loss){ .kind = LOSS_CLASS,
				.mask = classes[i] };
			lose_power(&l);
			mode = QUIET;
			aftermath();
		}
	for (unsigned i = 0; i < 4u * (unsigned)effort && n < limit;
	    i++, n++)
		if (copy(what)) {
			l = (struct sim_loss){ .kind = LOSS_CHANCE,
				.mask = 3 + 5 * (i % 3),
				.seed = mix(calls, i) };
			lose_power(&l);
			mode = QUIET;
			aftermath();
		}
}

static void
second_variants(void)
{
	struct sim_loss l;

	for (unsigned i = 0; i < 3u * (unsigned)effort; i++) {
		uint64_t seed = mix(calls, 1000 + i);

		if (!copy(SECOND))
			continue;
		if (seed % 3 == 0) {
			trail_add("kill: ");
			sim_kill_all();
		} else {
			l = (struct sim_loss){ .kind = LOSS_CHANCE,
				.mask = (unsigned)(mix(seed, 2) % 17),
				.seed = seed };
			lose_power(&l);
		}
		crash_again(seed);
	}
}

static void
crash_point(void)
{
	if (copy(KILL)) {
		trail_add("kill: ");
		mode = QUIET;
		sim_kill_all();
		aftermath();
	}
	power_variants(POWER, 1000);
	second_variants();
}

/* A copy that has met a fault crashes at its next calls, too. */
static void
crash_after_fault(void)
{
	size_t end = trail_end();

	if (crashes_left == 0)
		return;
	crashes_left--;
	trail_add("at call %u: ", calls);
	if (copy(FAULT_CRASH)) {
		trail_add("kill: ");
		mode = QUIET;
		sim_kill_all();
		aftermath();
	}
	if (standing == NULL && copy(FAULT_CRASH)) {
		if (!sim_forget())
			world_end(0);
		trail_add("kill, blocks forgotten: ");
		mode = QUIET;
		sim_kill_all();
		aftermath();
	}
	power_variants(FAULT_CRASH, crashes_left % 2 == 0 ? 1 : 2);
	trail_cut(end);
}

/* -- faults -------------------------------------------------------------- */

/*
 * What a consumer has closed to the responder is left out when a lost index is
 * made again: its ids may come once more, as if it had removed the files.
 */
static bool
is_closed(const struct fault *f, const struct sim_call *call)
{
	return f->error == EACCES && call->op == OP_OPEN &&
	    (strcmp(call->name, "cur") == 0 ||
	    strcmp(call->name, "done") == 0 ||
	    strcmp(call->name, "failed") == 0);
}

static bool
concerns(const struct fault *f, const struct sim_call *call)
{
	return fault_concerns(f, call) && !is_closed(f, call);
}

/* True in a copy that meets a fault here. */
static bool
meet_fault(const struct sim_call *call, struct sim_answer *a)
{
	unsigned chance = 0;

	for (const struct fault *f = faults; f->name != NULL; f++) {
		if (!concerns(f, call))
			continue;
		/* of those that SQLite hides behind one code, some */
		if (f->rare && mix(calls, chance++) % 4 >= (unsigned)effort)
			continue;
		if (!copy(FAULT))
			continue;
		trail_add("%s %s%s: ", call_words(call), f->name,
		    f->stays ? " from now on" : "");
		mode = FAULTY;
		crashes_left = f->crash ? 3u + 8u * (unsigned)(effort - 1) :
		    0;
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
	unsigned acks = 0;

	calls++;
	for (int i = 0; i < sent_count; i++)
		acks += sent[i].acked;
	if (sim_changes != seen_changes || acks != seen_acks) {
		seen_changes = sim_changes;
		seen_acks = acks;
		trail_set("before %s: ",
		    call_words(call));
		crash_point();
		if (copy(WRITTEN_BACK)) {
			trail_add("some is written back: ");
			sim_write_back(mix(calls, 5));
			mode = FAULTY;
			crashes_left = 3;
			return a;
		}
	}
	trail_cut(0);
	if (call->op == OP_WRITE && call->len > 1)
		for (unsigned i = 1; i < 4; i++)
			if (copy(TORN)) {
				trail_add("%s torn, killed: ",
				    call_words(call));
				mode = DOOMED;
				a.cut = true;
				a.limit = call->len * i / 4;
				return a;
			}
	if (meet_fault(call, &a))
		return a;
	/* not while it is at work itself */
	if (scene->intrude != NULL && sim_self == actor.process &&
	    copy(INTRUDER)) {
		trail_add("intruder before %s: ", call_words(call));
		mode = QUIET;
		sim_self = 2;
		scene->intrude();
		sim_self = 1;
		mode = FAULTY;
		crashes_left = 2;
	}
	return a;
}

static struct sim_answer
hook_recover(const struct sim_call *call)
{
	struct sim_answer a = { 0 };
	struct sim_loss l;
	uint64_t seed;

	if (++calls < when)
		return a;
	seed = mix(sim_changes, when);
	if (seed % 4 == 0) {
		/* the fault is met; what then follows is quiet */
		for (const struct fault *f = faults; f->name != NULL; f++) {
			if (!concerns(f, call) || mix(seed, f->ops +
			    (unsigned)f->error) % 3 != 0)
				continue;
			trail_add("%s %s: ", call_words(call), f->name);
			mode = QUIET;
			return fault_answer(f, call);
		}
		return a;
	}
	trail_add("%s ", call_words(call));
	if (seed % 4 == 1) {
		trail_add("killed: ");
		sim_kill_all();
	} else {
		l = (struct sim_loss){ .kind = LOSS_CHANCE,
			.mask = (unsigned)(mix(seed, 2) % 17),
			.seed = seed };
		lose_power(&l);
	}
	mode = QUIET;
	aftermath();
}

static struct sim_answer
hook(const struct sim_call *call)
{
	struct sim_answer pass = { 0 };

	if (is_traced && (kind != NOTHING || mode == QUIET))
		fprintf(stderr, "# %d %s%s %s\n", sim_self,
		    call->sqlite ? "sqlite " : "", sim_op_name(call->op),
		    call->name);
	if (mode == QUIET)
		return pass;
	if (scene->watch != NULL && mode != DOOMED) {
		int before = mode;

		mode = QUIET;
		scene->watch();
		mode = before;
	}
	world_moved();
	switch (mode) {
	case QUIET:
		break;
	case WALK:
		if (!walker_wants(calls + 1)) {
			calls++;
			return pass;
		}
		return hook_walk(call);
	case FAULTY:
		calls++;
		if (sim_changes != seen_changes) {
			seen_changes = sim_changes;
			crash_after_fault();
		}
		if (standing != NULL && concerns(standing, call))
			return fault_answer(standing, call);
		return pass;
	case DOOMED:
		mode = QUIET;
		sim_kill_all();
		aftermath();
	case RECOVER:
		return hook_recover(call);
	}
	return pass;
}

static void
set_up(const struct scene *s, struct tally *t)
{
	unsigned thin = 1;

#ifdef WORLD_FORKS
	/* minutes otherwise: the plain build walks them all */
	thin = effort > 1 ? 1 : 10;
#elif defined(WORLD_GUARDED)
	thin = effort > 1 ? 1 : 3;
#endif
	is_traced = getenv("SWEEP_TRACE") != NULL;
	walker_begin(t, thin);
	scene = s;
	sim_vfs_register();
	sim_init();
	sim_mkdir(HOME);
	sim_sync_all();
	mode = QUIET;
	client_init(&actor, 1);
	if (s->prepare != NULL)
		s->prepare();
}

void
walk_named(const void *arg, struct tally *t)
{
	const struct scene *s = arg;

	set_up(s, t);
	s->play();
	world_end(0);
}

static void __attribute__((__noinline__))
walk_below(const struct scene *s, struct tally *t)
{
	sim_hook = hook;
	set_up(s, t);
	mode = WALK;
	seen_changes = sim_changes;
	s->play();
	world_moved();
	if (mode == FAULTY) {
		calls++;
		trail_add("end: ");
		crashes_left = 1;
		crash_after_fault();
		go_on();
	}
	if (mode == DOOMED) {
		mode = QUIET;
		sim_kill_all();
		aftermath();
	}
	if (mode == WALK) {
		trail_set("at the end: ");
		if (walker_wants(calls + 1))
			crash_point();
		trail_cut(0);
	}
	kind = NOTHING;
	go_on();
}

void
walk(const void *arg, struct tally *t)
{
	world_begin(__builtin_frame_address(0));
	walk_below(arg, t);
}
