/* SPDX-License-Identifier: ISC */
/* A program that allows or refuses system calls (seccomp(2)); Linux only. */
#ifndef SANDBOX_SANDBOX_FILTER_H
#define SANDBOX_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_CALLS	160	/* that it can allow */

struct bpf_program {
	struct sock_filter	 code[2 * FILTER_CALLS + 96];
	unsigned short		 len;
	bool			 is_too_far;	/* a branch cannot reach */
};

/* One instruction; jt and jf: how many to skip if it is true, or false. */
void	bpf_put(struct bpf_program *, uint16_t code, uint32_t k, unsigned jt,
	    unsigned jf);
/* Loads four bytes of struct seccomp_data. */
void	bpf_load(struct bpf_program *, size_t offset);
/* Ends the program with this action. */
void	bpf_give(struct bpf_program *, uint32_t action);
/* Likewise, if the number that is loaded is that call's. */
void	bpf_give_for(struct bpf_program *, int call, uint32_t action);
/* The offset of an argument's lower half, which is all that we check. */
size_t	bpf_argument(unsigned);
/* Allows these, whose order changes; all others get otherwise. */
void	bpf_end(struct bpf_program *, int *calls, size_t count,
	    uint32_t otherwise);

#endif
