/* SPDX-License-Identifier: ISC */
/* A program that judges system calls (seccomp(2)); Linux only. */
#ifndef SANDBOX_SANDBOX_FILTER_H
#define SANDBOX_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_CALLS	160	/* that are allowed, at most */

struct filter {
	struct sock_filter	 code[2 * FILTER_CALLS + 96];
	unsigned short		 len;
	bool			 is_too_far;	/* a branch cannot reach */
};

/* One instruction; jt and jf: how many to skip if it holds, or not. */
void	filter_put(struct filter *, uint16_t code, uint32_t k, unsigned jt,
	    unsigned jf);
/* Of struct seccomp_data. */
void	filter_load(struct filter *, size_t offset);
void	filter_give(struct filter *, uint32_t action);
/* For that call, which is loaded: this action. */
void	filter_give_for(struct filter *, int call, uint32_t action);
/* The lower half of an argument: all that is looked at fits in it. */
size_t	filter_argument(unsigned);
/* Allows these, whose order changes; all others get otherwise. */
void	filter_end(struct filter *, int *calls, size_t count,
	    uint32_t otherwise);

#endif
