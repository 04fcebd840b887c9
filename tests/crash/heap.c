/* SPDX-License-Identifier: ISC */
/*
 * Malloc() and its like, for all of the program and its libraries, in
 * one piece of memory that world.c can copy.  There is one thread.
 *
 * It begins before AddressSanitizer does, and so it is not looked at itself
 * (BARE); what it has not given out is poisoned once there is a shadow.
 */
#include <config.h>

#include "world.h"

#ifndef WORLD_FORKS
#include <sys/mman.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef WORLD_GUARDED
#include <sanitizer/asan_interface.h>
#endif

#define SMALL	1024	/* up to here a class every 16 bytes */
#define UNIT	16
#define CLASSES	(SMALL / UNIT + 4 * 17)

struct chunk {
	size_t		 size;		/* of what follows */
	struct chunk	*next;		/* while it is free */
};

/* The beginning of the heap itself, so that it is copied with it. */
struct heap {
	size_t		 top;
	struct chunk	*free[CLASSES];
};

static struct heap *heap;
static bool is_guarded;

/* The declarations of these are malloc.h's, which not every system has. */
size_t	malloc_usable_size(void *);
void	*memalign(size_t, size_t);

static BARE void
begin(void)
{
	heap = mmap(NULL, HEAP_MAX, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (heap == MAP_FAILED)
		abort();
	heap->top = (sizeof(*heap) + UNIT - 1) / UNIT * UNIT;
}

/* Of a chunk of size bytes, used are in use; its head never is. */
static BARE void
guard(struct chunk *c, size_t used)
{
#ifdef WORLD_GUARDED
	if (is_guarded) {
		__asan_poison_memory_region(c, UNIT + c->size);
		__asan_unpoison_memory_region((char *)c + UNIT, used);
	}
#else
	(void)c;
	(void)used;
#endif
}

/* The class of a size, which becomes the largest of that class. */
static BARE unsigned
class_of(size_t *size)
{
	unsigned class = SMALL / UNIT;
	size_t step = SMALL / 4;

	if (*size <= SMALL) {
		*size = *size == 0 ? UNIT : (*size + UNIT - 1) / UNIT * UNIT;
		return (unsigned)(*size / UNIT - 1);
	}
	/* four classes between a power of two and the next */
	while (*size > 8 * step) {
		step *= 2;
		class += 4;
	}
	*size = (*size + step - 1) / step * step;
	return class + (unsigned)(*size / step - 5);
}

static BARE void *
take(size_t size)
{
	size_t used = size;
	struct chunk *c;
	unsigned class;

	if (heap == NULL)
		begin();
	if (size > HEAP_MAX / 4) {
		errno = ENOMEM;
		return NULL;
	}
	class = class_of(&size);
	c = heap->free[class];
	if (c != NULL) {
		heap->free[class] = c->next;
	} else {
		if (heap->top + UNIT + size > HEAP_MAX) {
			errno = ENOMEM;
			return NULL;
		}
		c = (struct chunk *)((char *)heap + heap->top);
		c->size = size;
		heap->top += UNIT + size;
	}
	guard(c, used);
	return (char *)c + UNIT;
}

static BARE struct chunk *
chunk_of(void *p)
{
	return (struct chunk *)((char *)p - UNIT);
}

BARE void *
malloc(size_t size)
{
	return take(size);
}

BARE void
free(void *p)
{
	struct chunk *c;
	size_t size;
	unsigned class;

	/* AddressSanitizer has a strdup() of its own */
	if (p == NULL || (char *)p < (char *)heap ||
	    (char *)p >= (char *)heap + HEAP_MAX)
		return;
	c = chunk_of(p);
	size = c->size;
	class = class_of(&size);
	c->next = heap->free[class];
	heap->free[class] = c;
	guard(c, 0);
}

BARE void *
calloc(size_t count, size_t size)
{
	void *p;

	if (size != 0 && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	p = take(count * size);
	if (p != NULL)
		memset(p, 0, count * size);
	return p;
}

BARE void *
realloc(void *old, size_t size)
{
	void *p;

	if (old != NULL && size != 0 && size <= chunk_of(old)->size) {
		guard(chunk_of(old), size);
		return old;
	}
	p = take(size);
	if (p != NULL && old != NULL) {
		guard(chunk_of(old), chunk_of(old)->size);
		memcpy(p, old, chunk_of(old)->size < size ?
		    chunk_of(old)->size : size);
		free(old);
	}
	return p;
}

BARE size_t
malloc_usable_size(void *p)
{
	return p == NULL ? 0 : chunk_of(p)->size;
}

/*
 * For whoever loads the program: a chunk with a head of its own in the
 * middle of a larger one, which is not used again.
 */
BARE void *
memalign(size_t align, size_t size)
{
	uintptr_t at;
	char *p;

	if (size > HEAP_MAX / 8 || align > HEAP_MAX / 8)
		return NULL;
	class_of(&size);
	p = take(size + align + UNIT);
	if (p == NULL)
		return NULL;
	at = (uintptr_t)p + UNIT;
	p += UNIT + (align - at % align) % align;
	chunk_of(p)->size = size;
	return p;
}

BARE void *
aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

BARE int
posix_memalign(void **p, size_t align, size_t size)
{
	*p = memalign(align, size);
	return *p == NULL ? ENOMEM : 0;
}

void
heap_guard(void)
{
	is_guarded = true;
}

BARE void
heap_extent(void **start, size_t *len)
{
	if (heap == NULL)
		begin();
	*start = heap;
	*len = heap->top;
}
#endif
