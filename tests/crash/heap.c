/* SPDX-License-Identifier: ISC */
/*
 * Duty: malloc() and its like, for all of the program and its libraries, in
 * one piece of memory that world.c can copy.  There is one thread.
 */
#include <config.h>

#include "world.h"

#ifdef HEAP_IS_OURS
#include <sys/mman.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

/* The declarations of these are malloc.h's, which not every system has. */
size_t	malloc_usable_size(void *);
void	*memalign(size_t, size_t);

static void
begin(void)
{
	heap = mmap(NULL, HEAP_MAX, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (heap == MAP_FAILED)
		abort();
	heap->top = (sizeof(*heap) + UNIT - 1) / UNIT * UNIT;
}

/* The class of a size, which becomes the largest of that class. */
static unsigned
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

static void *
take(size_t size)
{
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
	return (char *)c + UNIT;
}

static struct chunk *
chunk_of(void *p)
{
	return (struct chunk *)((char *)p - UNIT);
}

void *
malloc(size_t size)
{
	return take(size);
}

void
free(void *p)
{
	struct chunk *c;
	size_t size;
	unsigned class;

	if (p == NULL)
		return;
	c = chunk_of(p);
	size = c->size;
	class = class_of(&size);
	c->next = heap->free[class];
	heap->free[class] = c;
}

void *
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

void *
realloc(void *old, size_t size)
{
	void *p;

	if (old != NULL && size != 0 && size <= chunk_of(old)->size)
		return old;
	p = take(size);
	if (p != NULL && old != NULL) {
		memcpy(p, old, chunk_of(old)->size < size ?
		    chunk_of(old)->size : size);
		free(old);
	}
	return p;
}

size_t
malloc_usable_size(void *p)
{
	return p == NULL ? 0 : chunk_of(p)->size;
}

/*
 * For whoever loads the program: a chunk with a head of its own in the
 * middle of a larger one, which is not used again.
 */
void *
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

void *
aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

int
posix_memalign(void **p, size_t align, size_t size)
{
	*p = memalign(align, size);
	return *p == NULL ? ENOMEM : 0;
}

void
heap_extent(void **start, size_t *len)
{
	if (heap == NULL)
		begin();
	*start = heap;
	*len = heap->top;
}
#endif
