/* SPDX-License-Identifier: ISC */
/* Copies the world, counts the copies, and keeps what led to each. */
#include <config.h>

#include <sys/mman.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walker.h"
#include "world.h"

bool stop_at_first;
enum happening kind;
unsigned calls;

static struct tally *tallies;
static unsigned thin = 1;	/* one of this many states is walked */
static int only_call = -1;
static char trail[1024];

struct tally *
walker_tallies(void)
{
	struct tally *t = mmap(NULL, HAPPENINGS * sizeof(*t),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		abort();
	return t;
}

void
walker_begin(struct tally *t, unsigned one_of)
{
	const char *call = getenv("SWEEP_CALL");
	const char *number = getenv("SWEEP_THIN");

	tallies = t;
	thin = number != NULL ? (unsigned)atoi(number) : one_of;
	if (call != NULL)
		only_call = atoi(call);
}

bool
walker_wants(unsigned call)
{
	return only_call < 0 || (int)call == only_call;
}

bool
walker_copy(enum happening what)
{
	static uint64_t number;
	struct tally *t = &tallies[what];
	int status;

	__atomic_add_fetch(&t->met, 1, __ATOMIC_RELAXED);
	if (thin > 1 && what != KILL && mix(++number, what) % thin != 0)
		return false;
	__atomic_add_fetch(&t->states, 1, __ATOMIC_RELAXED);
	if (world_copy(&status)) {
		kind = what;
		return true;
	}
	if (status == 0)
		return false;
	__atomic_add_fetch(&t->failures, 1, __ATOMIC_RELAXED);
	if (status > 128 && t->first[0] == '\0')
		snprintf(t->first, sizeof(t->first), "%s: a copy at call %u "
		    "died of signal %d", trail, calls, status - 128);
	if (stop_at_first)
		world_end(1);
	return false;
}

void
trail_set(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(trail, sizeof(trail), fmt, ap);
	va_end(ap);
}

void
trail_add(const char *fmt, ...)
{
	size_t len = strlen(trail);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(trail + len, sizeof(trail) - len, fmt, ap);
	va_end(ap);
}

size_t
trail_end(void)
{
	return strlen(trail);
}

void
trail_cut(size_t end)
{
	trail[end] = '\0';
}

const char *
call_words(const struct sim_call *call)
{
	static char text[128];

	snprintf(text, sizeof(text), "call %u (%s%s%s%s)", calls,
	    call->sqlite ? "sqlite " : "", sim_op_name(call->op),
	    call->name[0] == '\0' ? "" : " ", call->name);
	return text;
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
	if (tallies != NULL && tallies[kind].first[0] == '\0')
		snprintf(tallies[kind].first, sizeof(tallies[kind].first),
		    "%s%s", trail, text);
	world_end(1);
}

uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t z = a * UINT64_C(0x9E3779B97F4A7C15) + b + 1;

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}
