/* SPDX-License-Identifier: ISC */
/*
 * Copies of the world: what fork(2) does, in one process.  A copy begins
 * with everything as it is, goes on in the middle of the same call, and ends
 * without a trace.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Before the first copy.  base: an address in the stack; what called the
 * function that has it must not go on.
 */
void	world_begin(void *base);
/*
 * True in a new copy.  False when that has ended: *status is what it ended
 * with, as shells say it (128 and more: a signal).
 */
bool	world_copy(int *status);
/* Ends this copy, or the process if this is none. */
void	world_end(int status) __attribute__((__noreturn__));
/*
 * The heap and the machine have changed since the last copy: otherwise the
 * next copy is taken to find them as that did.
 */
void	world_moved(void);

/* -- heap.c -------------------------------------------------------------- */

/* Whether malloc() and its like are those of heap.c. */
#if !defined(__SANITIZE_ADDRESS__) && defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifndef __SANITIZE_ADDRESS__
#define HEAP_IS_OURS
#endif

#define HEAP_MAX ((size_t)64 << 20)

/* All that was ever given out, and what the heap knows of it. */
void	heap_extent(void **start, size_t *len);

#endif
