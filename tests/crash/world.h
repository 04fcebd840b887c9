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
 * Before the first copy.  base: the frame of the caller, which calls what is
 * to be played and does not return.
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
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WORLD_FORKS	/* clang links its own in */
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(WORLD_FORKS)
#define WORLD_GUARDED	/* AddressSanitizer's shadow is copied, too */
#define BARE __attribute__((__no_sanitize_address__))
#else
#define BARE
#endif

#define HEAP_MAX ((size_t)64 << 20)

/* From now on AddressSanitizer knows what is free. */
void	heap_guard(void);
/* All that was ever given out, and what the heap knows of it. */
void	heap_extent(void **start, size_t *len);

#endif
