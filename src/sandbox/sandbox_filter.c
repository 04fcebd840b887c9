/* SPDX-License-Identifier: ISC */
/* Builds a filter of system calls as instructions for the kernel. */
#include <config.h>

#if defined(__linux__) && defined(HAVE_LINUX_SECCOMP_H)
#include "sandbox/sandbox_filter.h"

#include <linux/seccomp.h>
#include <stdlib.h>

/* Calls from this number up to the next step's are allowed or refused. */
struct step {
	uint32_t	first;
	bool		refuse;
};

void
bpf_put(struct bpf_program *f, uint16_t code, uint32_t k, unsigned jt,
    unsigned jf)
{
	const struct sock_filter next = { code, (uint8_t)jt, (uint8_t)jf, k };

	f->code[f->len++] = next;
}

void
bpf_load(struct bpf_program *f, size_t offset)
{
	bpf_put(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

void
bpf_give(struct bpf_program *f, uint32_t action)
{
	bpf_put(f, BPF_RET | BPF_K, action, 0, 0);
}

void
bpf_give_for(struct bpf_program *f, int call, uint32_t action)
{
	bpf_put(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
	bpf_give(f, action);
}

size_t
bpf_argument(unsigned i)
{
	size_t offset = offsetof(struct seccomp_data, args) +
	    i * sizeof(uint64_t);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	offset += sizeof(uint32_t);
#endif
	return offset;
}

/* Sets how far a branch goes. */
static void
reach(struct bpf_program *f, uint8_t *distance, size_t from, size_t to)
{
	if (to - from - 1 > UINT8_MAX)
		f->is_too_far = true;
	*distance = (uint8_t)(to - from - 1);
}

/*
 * The steps as a tree, a branch each; all end in the same two answers, at
 * ends and after it.  When it is installed, the kernel asks the filter about
 * every number and translates each instruction: that took 200 us with a chain
 * of comparisons, 80 with two answers for each range, and takes 57 like this.
 */
static void
put_tree(struct bpf_program *f, const struct step *s, size_t count, size_t ends)
{
	size_t branch = f->len, half = count / 2;

	bpf_put(f, BPF_JMP | BPF_JGE | BPF_K, s[half].first, 0, 0);
	if (half == 1)
		reach(f, &f->code[branch].jf, branch, ends + s[0].refuse);
	else
		put_tree(f, s, half, ends);
	if (count - half == 1) {
		reach(f, &f->code[branch].jt, branch, ends + s[half].refuse);
	} else {
		reach(f, &f->code[branch].jt, branch, f->len);
		put_tree(f, s + half, count - half, ends);
	}
}

static int
compare(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static size_t
make_steps(struct step *s, int *calls, size_t allowed)
{
	size_t count = 1;

	qsort(calls, allowed, sizeof(calls[0]), compare);
	s[0] = (struct step){ 0, true };
	for (size_t i = 0; i < allowed; i++) {
		uint32_t call = (uint32_t)calls[i];

		if (call < s[count - 1].first)
			continue;	/* listed twice */
		if (call > s[count - 1].first || count == 1)
			s[count++] = (struct step){ call, false };
		else
			count--;	/* the range goes on */
		s[count++] = (struct step){ call + 1, true };
	}
	return count;
}

void
bpf_end(struct bpf_program *f, int *calls, size_t allowed, uint32_t otherwise)
{
	struct step steps[2 * FILTER_CALLS + 1];
	size_t count = make_steps(steps, calls, allowed);

	put_tree(f, steps, count, f->len + count - 1);
	bpf_give(f, SECCOMP_RET_ALLOW);
	bpf_give(f, otherwise);
}
#endif
