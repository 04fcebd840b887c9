/* SPDX-License-Identifier: ISC */
/*
 * Copies of the world without a process each.  A fork costs the page
 * tables, a fault for each page that one of the two then writes, and on
 * virtual machines much more; the world is a megabyte or two, which memcpy()
 * saves and brings back in less than a tenth of that.
 *
 * The world is: the variables of this program and of SQLite, the heap
 * (heap.c), and the stack below world_begin().  Beginning a copy saves all of
 * it and goes on; ending one brings it back and returns from the same call
 * again, as longjmp() does.  What is kept for that is outside of the world.
 *
 * AddressSanitizer's shadow of the heap and of the stack goes with them.
 * Where the heap cannot be ours, or with SWEEP_FORK=1, each copy is a process.
 */
#include <config.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

#ifdef WORLD_GUARDED
#include <sanitizer/asan_interface.h>
#endif

#define DEPTH_MAX	4	/* copies of copies */
#define PARTS_MAX	8
#define STACK_MAX	((size_t)1 << 20)
#define VARIABLES_MAX	((size_t)4 << 20)

struct part {
	char		*at;
	size_t		 len;
};

/* The world as it was when a copy began. */
struct save {
	jmp_buf		 env;
	char		*stack;		/* its lowest address that is saved */
	size_t		 heap_len;
	uint64_t	 heap_age;	/* what heap_copy holds */
	char		*stack_copy, *heap_copy, *variables_copy;
	char		*stack_shadow, *heap_shadow;
};

/* Not a variable of the program: these are brought back, too. */
struct world {
	char		*base;		/* of the stack */
	char		*heap;
	struct part	 part[PARTS_MAX];	/* variables */
	int		 parts;
	struct save	 save[DEPTH_MAX];
	int		 depth;
	int		 status;	/* of the copy that ended last */
	/* of the heap: a new number whenever it may have changed */
	uint64_t	 age, last_age;
};
static struct world *world;

#ifndef WORLD_FORKS

#ifdef WORLD_GUARDED
/* Word for word: copy_bytes() looks at the shadow, and has none of that. */
static BARE void
copy_bytes(void *to, const void *from, size_t len)
{
	uint64_t *t = to;
	const uint64_t *f = from;

	for (size_t i = 0; i < len / sizeof(*t); i++) {
		t[i] = f[i];
		/* not to be made copy_bytes() again */
		__asm__ volatile("" : : : "memory");
	}
	for (size_t i = len / sizeof(*t) * sizeof(*t); i < len; i++)
		((volatile char *)to)[i] = ((const volatile char *)from)[i];
}

static BARE char *
shadow_of(const char *p)
{
	size_t scale, offset;

	__asan_get_shadow_mapping(&scale, &offset);
	return (char *)(((uintptr_t)p >> scale) + offset);
}
#else
#define copy_bytes memcpy
#endif

static void *
outside(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

static void
add_part(uintptr_t from, uintptr_t to)
{
	if (from >= to)
		return;
	if (world->parts == PARTS_MAX)
		abort();
	world->part[world->parts++] = (struct part){ (char *)from, to - from };
}

/* The segments that can be written: those of the program and of SQLite. */
static int
find_variables(struct dl_phdr_info *info, size_t size, void *first)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from, to, relro = 0, relro_end = 0;
	bool is_program = *(bool *)first;

	(void)size;
	*(bool *)first = false;
	if (!is_program && (info->dlpi_name == NULL ||
	    strstr(info->dlpi_name, "sqlite") == NULL))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO) {
			relro = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			relro_end = (relro + info->dlpi_phdr[i].p_memsz) /
			    page * page;
		}
	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_LOAD ||
		    (info->dlpi_phdr[i].p_flags & PF_W) == 0)
			continue;
		from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		to = from + info->dlpi_phdr[i].p_memsz;
		/* the loader has made this part of it read-only */
		if (relro < relro_end && relro >= from && relro_end <= to) {
			add_part(from, relro);
			from = relro_end;
		}
		add_part(from, to);
	}
	return 0;
}

#ifndef WORLD_GUARDED	/* which reports them itself */
static void
died(int number)
{
	if (world->depth == 0) {
		signal(number, SIG_DFL);
		raise(number);
	}
	world_end(128 + number);
}

static void
catch_signals(void)
{
	static const int deadly[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL,
		SIGSEGV };
	struct sigaction sa = { .sa_handler = died, .sa_flags = SA_NODEFER };

	for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
		sigaction(deadly[i], &sa, NULL);
}
#endif

void
world_begin(void *base)
{
	const char *fork_them = getenv("SWEEP_FORK");
	bool first = true;
	void *heap;
	size_t len, variables = 0;

	if (fork_them != NULL && fork_them[0] == '1')
		return;
	world = outside(sizeof(*world));
	world->base = base;
	heap_extent(&heap, &len);
	world->heap = heap;
	dl_iterate_phdr(find_variables, &first);
	for (int i = 0; i < world->parts; i++)
		variables += world->part[i].len;
	if (variables > VARIABLES_MAX)
		abort();
	world_moved();
	for (int i = 0; i < DEPTH_MAX; i++) {
		world->save[i].stack_copy = outside(STACK_MAX);
		world->save[i].heap_copy = outside(HEAP_MAX);
		world->save[i].variables_copy = outside(VARIABLES_MAX);
		world->save[i].stack_shadow = outside(STACK_MAX / 8);
		world->save[i].heap_shadow = outside(HEAP_MAX / 8);
	}
	heap_guard();
#ifndef WORLD_GUARDED
	catch_signals();
#endif
}

/* The caller's frame and all above it are saved. */
static BARE void __attribute__((__noinline__))
keep(struct save *s)
{
	char here;
	void *heap;
	char *copy = s->variables_copy;

	s->stack = (char *)((uintptr_t)&here & ~(uintptr_t)63);
	if ((size_t)(world->base - s->stack) > STACK_MAX)
		abort();
	copy_bytes(s->stack_copy, s->stack, (size_t)(world->base - s->stack));
#ifdef WORLD_GUARDED
	copy_bytes(s->stack_shadow, shadow_of(s->stack),
	    (size_t)(world->base - s->stack) / 8);
#endif
	for (int i = 0; i < world->parts; i++) {
		copy_bytes(copy, world->part[i].at, world->part[i].len);
		copy += world->part[i].len;
	}
	if (s->heap_age != world->age) {
		heap_extent(&heap, &s->heap_len);
		copy_bytes(s->heap_copy, heap, s->heap_len);
		s->heap_age = world->age;
#ifdef WORLD_GUARDED
		copy_bytes(s->heap_shadow, shadow_of(heap), s->heap_len / 8);
#endif
	}
}

/* From a frame that is below what it writes over. */
static BARE void __attribute__((__noinline__, __noreturn__))
bring_back(struct save *s)
{
	volatile char room[4096];
	const char *copy = s->variables_copy;

	room[0] = 0;
	if ((uintptr_t)room + 2 * sizeof(room) > (uintptr_t)s->stack)
		bring_back(s);
	for (int i = 0; i < world->parts; i++) {
		copy_bytes(world->part[i].at, copy, world->part[i].len);
		copy += world->part[i].len;
	}
	copy_bytes(world->heap, s->heap_copy, s->heap_len);
	world->age = s->heap_age;
#ifdef WORLD_GUARDED
	copy_bytes(shadow_of(world->heap), s->heap_shadow, s->heap_len / 8);
#endif
	copy_bytes(s->stack, s->stack_copy, (size_t)(world->base - s->stack));
	longjmp(s->env, 1);
}

static BARE bool
copy_in_place(int *status)
{
	if (world->depth == DEPTH_MAX)
		abort();
	if (setjmp(world->save[world->depth].env) != 0) {
#ifdef WORLD_GUARDED
		const struct save *s = &world->save[world->depth];

		/* longjmp() has taken it away */
		copy_bytes(shadow_of(s->stack), s->stack_shadow,
		    (size_t)(world->base - s->stack) / 8);
#endif
		*status = world->status;
		return false;
	}
	keep(&world->save[world->depth]);
	world->depth++;
	return true;
}
#else
void
world_begin(void *base)
{
	(void)base;
}
#endif

void
world_moved(void)
{
	if (world != NULL)
		world->age = ++world->last_age;
}

static bool
copy_by_fork(int *status)
{
	pid_t pid = fork();
	int wait_status;

	if (pid < 0)
		abort();
	if (pid == 0)
		return true;
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		continue;
	*status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) :
	    128 + WTERMSIG(wait_status);
	return false;
}

bool
world_copy(int *status)
{
#ifndef WORLD_FORKS
	if (world != NULL)
		return copy_in_place(status);
#endif
	return copy_by_fork(status);
}

void
world_end(int status)
{
#ifndef WORLD_FORKS
	if (world != NULL && world->depth > 0) {
		world->status = status;
		bring_back(&world->save[--world->depth]);
	}
#endif
	_exit(status);
}
