/* SPDX-License-Identifier: ISC */
/*
 * Plays a scene once and, at each call, lets each thing happen to a copy of
 * the world.  What follows in the copy is the scene's settle(): other
 * processes that find it so.
 */
#include <config.h>

#include <sys/mman.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static struct hand_tally *tallies;
static enum hand_event kind;	/* what this copy of the world is about */
static char trail[1024];
static unsigned calls, seen_changes, seen_done;
static const struct fault *standing;	/* a fault that stays */
static unsigned crashes_left;	/* of a FAULTY copy */
static unsigned thin = 1;	/* one of this many states is walked */
static int only_call = -1;
static int processes = 1;

int
next_process(void)
{
	return ++processes;
}

struct hand_tally *
hand_tallies(void)
{
	struct hand_tally *t = mmap(NULL, HAND_EVENTS * sizeof(*t),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		abort();
	return t;
}

static void
add_trail(const char *fmt, ...)
{
	size_t len = strlen(trail);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(trail + len, sizeof(trail) - len, fmt, ap);
	va_end(ap);
}

void
violate(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (getenv("SWEEP_VERBOSE") != NULL)
		fprintf(stderr, "# %s%s\n", trail, text);
	if (tallies[kind].first[0] == '\0')
		snprintf(tallies[kind].first, sizeof(tallies[kind].first),
		    "%s%s", trail, text);
	world_end(1);
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t z = a * UINT64_C(0x9E3779B97F4A7C15) + b + 1;

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* True in a new copy of the world; false in the one that goes on. */
static bool
copy(enum hand_event what)
{
	static uint64_t number;
	int status;

	if (mode == WALK && scene->only_intruder && what != HAND_INTRUDER)
		return false;
	if (thin > 1 && mix(++number, what) % thin != 0)
		return false;
	__atomic_add_fetch(&tallies[what].states, 1, __ATOMIC_RELAXED);
	if (world_copy(&status)) {
		kind = what;
		return true;
	}
	if (status == 0)
		return false;
	__atomic_add_fetch(&tallies[what].failures, 1, __ATOMIC_RELAXED);
	if (status > 128 && tallies[what].first[0] == '\0')
		snprintf(tallies[what].first, sizeof(tallies[what].first),
		    "%s: a copy at call %u died of signal %d", trail, calls,
		    status - 128);
	return false;
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
	add_trail("kill: ");
	sim_kill_all();
	aftermath();
}

static void __attribute__((__noreturn__))
lose_power(struct sim_loss l)
{
	add_trail("power loss (%s %llx): ", l.kind == LOSS_CLASS ? "class" :
	    l.kind == LOSS_BITS ? "bits" : "seed", (unsigned long long)
	    (l.kind == LOSS_CLASS ? l.mask : l.kind == LOSS_BITS ? l.bits :
	    l.seed));
	power_ms = sim_monotonic_ms;
	sim_power_loss(&l);
	aftermath();
}

static void
power_variants(enum hand_event what, unsigned limit)
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
	char before[sizeof(trail)];

	if (crashes_left == 0)
		return;
	crashes_left--;
	strcpy(before, trail);
	add_trail("at call %u: ", calls);
	if (copy(HAND_FAULT_CRASH))
		die();
	power_variants(HAND_FAULT_CRASH, 2);
	strcpy(trail, before);
}

/* -- faults -------------------------------------------------------------- */

static const char *
describe(const struct sim_call *call)
{
	static char text[128];

	snprintf(text, sizeof(text), "call %u (%s%s%s)", calls,
	    sim_op_name(call->op), call->name[0] == '\0' ? "" : " ",
	    call->name);
	return text;
}

static struct sim_answer
fault_answer(const struct fault *f, const struct sim_call *call)
{
	struct sim_answer a = { .error = f->error, .survive = f->survive };

	if (f->cut) {
		a.cut = true;
		a.limit = f->to_nothing ? 0 : call->len / 2;
	}
	return a;
}

static bool
concerns(const struct fault *f, const struct sim_call *call)
{
	return (f->ops >> call->op & 1) != 0 && (!f->cut || call->len > 1);
}

/* True in a copy that meets a fault here. */
static bool
meet_fault(const struct sim_call *call, struct sim_answer *a)
{
	for (const struct fault *f = faults; f->name != NULL; f++) {
		if (!concerns(f, call) || (f->rare &&
		    mix(calls, (uint64_t)(f - faults)) % 4 != 0) ||
		    !copy(HAND_FAULT))
			continue;
		add_trail("%s %s%s: ", describe(call), f->name,
		    f->stays ? " from now on" : "");
		mode = FAULTY;
		crashes_left = f->crash ? 2 : 0;
		standing = f->stays ? f : NULL;
		*a = fault_answer(f, call);
		if (getenv("SWEEP_VERBOSE") != NULL)
			fprintf(stderr, "# %s\n", trail);
		return true;
	}
	return false;
}

static struct sim_answer
hook_walk(const struct sim_call *call)
{
	struct sim_answer a = { 0 };

	calls++;
	if (only_call >= 0 && (int)calls != only_call)
		return a;
	if (sim_changes != seen_changes || ends() != seen_done) {
		seen_changes = sim_changes;
		seen_done = ends();
		snprintf(trail, sizeof(trail), "before %s: ",
		    describe(call));
		if (copy(HAND_KILL))
			die();
		power_variants(HAND_POWER, 100);
	}
	trail[0] = '\0';
	for (unsigned i = 1; call->op == OP_WRITE && call->len > 1 && i < 4;
	    i++)
		if (copy(HAND_TORN)) {
			add_trail("%s torn, ", describe(call));
			mode = DOOMED;
			a.cut = true;
			a.limit = call->len * i / 4;
			return a;
		}
	if (meet_fault(call, &a))
		return a;
	if (scene->intrude != NULL && copy(HAND_INTRUDER)) {
		add_trail("intruder before %s: ", describe(call));
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
		if (standing != NULL && concerns(standing, call))
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
	const char *only = getenv("SWEEP_CALL");

	if (only != NULL)
		only_call = atoi(only);
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
	add_trail("at the end: ");
	if (mode == WALK) {
		if (!said_ok)
			violate("it failed: %s", last_said);
		if (copy(HAND_KILL))
			die();
		power_variants(HAND_POWER, 100);
	} else if (mode == FAULTY) {
		crashes_left = 1;
		crash_after_fault();
	}
	kind = mode == WALK ? HAND_NOTHING : kind;
	standing = NULL;
	mode = QUIET;
	scene->settle();
	world_end(0);
}

void
hand_walk(const struct hand_scene *s, struct hand_tally *t)
{
	scene = s;
	tallies = t;
#ifdef WORLD_FORKS
	thin = 20;	/* minutes otherwise: the plain build walks them all */
#elif defined(WORLD_GUARDED)
	thin = 3;
#endif
	if (getenv("SWEEP_THIN") != NULL)
		thin = (unsigned)atoi(getenv("SWEEP_THIN"));
	world_begin(__builtin_frame_address(0));
	walk_below();
}
