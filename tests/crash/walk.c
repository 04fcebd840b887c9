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

#include <sys/mman.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep.h"
#include "walk_faults.h"
#include "world.h"

int effort = 1;
bool stop_at_first;
struct client actor;

static enum {
	QUIET,		/* nothing happens */
	WALK,		/* everything happens, to copies */
	FAULTY,		/* this copy has met a fault; it may crash yet */
	DOOMED,		/* dies at the next call */
	RECOVER		/* recovering; something happens at call `when` */
} mode;
static enum happening kind;	/* what this copy of the world is about */
static struct tally *tallies;
static char trail[1024];
static unsigned calls;
static unsigned seen_changes, seen_acks;
static const struct fault *standing;	/* a fault that stays */
static unsigned crashes_left;	/* of a FAULTY copy */
static unsigned when;
static int only_call = -1;
static bool is_traced;
static unsigned thin = 1;	/* one of this many states is walked */

struct tally *
walk_tallies(void)
{
	struct tally *t = mmap(NULL, HAPPENINGS * sizeof(*t),
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
	struct tally *t = tallies == NULL ? NULL : &tallies[kind];
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (getenv("SWEEP_VERBOSE") != NULL)
		fprintf(stderr, "# %s%s\n", trail, text);
	if (t != NULL && t->first[0] == '\0')
		snprintf(t->first, sizeof(t->first), "%s%s", trail, text);
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
copy(enum happening what)
{
	static uint64_t number;
	int status;

	if (mode == WALK && scene->only != EVERYTHING && what != scene->only)
		return false;
	/* there are many, and each does what a plain crash does, too */
	if (what == FAULT_CRASH && effort == 1 && mix(++number, 3) % 2 == 0)
		return false;
	__atomic_add_fetch(&tallies[what].met, 1, __ATOMIC_RELAXED);
	if (thin > 1 && what != KILL && mix(++number, what) % thin != 0)
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
	if (stop_at_first)
		world_end(1);
	return false;
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
	add_trail("then power loss: ");
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
	add_trail("goes on: ");
	repeat_all(&actor);
	check_durable(mix(calls, 7));
	world_end(0);
}

/* -- crashes ------------------------------------------------------------- */

static void
lose_power(struct sim_loss *l)
{
	if (l->kind == LOSS_CLASS)
		add_trail("power loss (class %u): ", l->mask);
	else if (l->kind == LOSS_BITS)
		add_trail("power loss (bits %llx): ",
		    (unsigned long long)l->bits);
	else
		add_trail("power loss (%u/16, seed %llx): ", l->mask,
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
			add_trail("kill: ");
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
		add_trail("kill: ");
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
	char before[sizeof(trail)];

	if (crashes_left == 0)
		return;
	crashes_left--;
	strcpy(before, trail);
	add_trail("at call %u: ", calls);
	if (copy(FAULT_CRASH)) {
		add_trail("kill: ");
		mode = QUIET;
		sim_kill_all();
		aftermath();
	}
	if (standing == NULL && copy(FAULT_CRASH)) {
		if (!sim_forget())
			world_end(0);
		add_trail("kill, blocks forgotten: ");
		mode = QUIET;
		sim_kill_all();
		aftermath();
	}
	power_variants(FAULT_CRASH, crashes_left % 2 == 0 ? 1 : 2);
	strcpy(trail, before);
}

/* -- faults -------------------------------------------------------------- */

static const char *
describe(const struct sim_call *call)
{
	static char text[128];

	snprintf(text, sizeof(text), "call %u (%s%s%s%s)", calls,
	    call->sqlite ? "sqlite " : "", sim_op_name(call->op),
	    call->name[0] == '\0' ? "" : " ", call->name);
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
	return (f->ops >> call->op & 1) != 0 &&
	    (!f->cut || call->len > 1) && !is_closed(f, call);
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
		add_trail("%s %s%s: ", describe(call), f->name,
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
		snprintf(trail, sizeof(trail), "before %s: ",
		    describe(call));
		crash_point();
		if (copy(WRITTEN_BACK)) {
			add_trail("some is written back: ");
			sim_write_back(mix(calls, 5));
			mode = FAULTY;
			crashes_left = 3;
			return a;
		}
	}
	trail[0] = '\0';
	if (call->op == OP_WRITE && call->len > 1)
		for (unsigned i = 1; i < 4; i++)
			if (copy(TORN)) {
				add_trail("%s torn, killed: ",
				    describe(call));
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
		add_trail("intruder before %s: ", describe(call));
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
			add_trail("%s %s: ", describe(call), f->name);
			mode = QUIET;
			return fault_answer(f, call);
		}
		return a;
	}
	add_trail("%s ", describe(call));
	if (seed % 4 == 1) {
		add_trail("killed: ");
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
	struct sim_answer a;

	if (is_traced && kind != EVERYTHING)
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
		if (only_call >= 0 && (int)calls + 1 != only_call) {
			calls++;
			return pass;
		}
		a = hook_walk(call);
		return a;
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
	is_traced = getenv("SWEEP_TRACE") != NULL;
#ifdef WORLD_FORKS
	/* minutes otherwise: the plain build walks them all */
	thin = effort > 1 ? 1 : 10;
#elif defined(WORLD_GUARDED)
	thin = effort > 1 ? 1 : 3;
#endif
	if (getenv("SWEEP_THIN") != NULL)
		thin = (unsigned)atoi(getenv("SWEEP_THIN"));
	scene = s;
	tallies = t;
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
walk_named(const struct scene *s, struct tally *t)
{
	kind = FAULT;
	set_up(s, t);
	s->play();
	world_end(0);
}

static void __attribute__((__noinline__))
walk_below(const struct scene *s, struct tally *t)
{
	const char *only = getenv("SWEEP_CALL");

	if (only != NULL)
		only_call = atoi(only);
	sim_hook = hook;
	set_up(s, t);
	mode = WALK;
	seen_changes = sim_changes;
	s->play();
	world_moved();
	if (mode == FAULTY) {
		calls++;
		add_trail("end: ");
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
		strcpy(trail, "at the end: ");
		if (only_call < 0)
			crash_point();
		trail[0] = '\0';
	}
	kind = FAULT;
	go_on();
}

void
walk(const struct scene *s, struct tally *t)
{
	world_begin(__builtin_frame_address(0));
	walk_below(s, t);
}
