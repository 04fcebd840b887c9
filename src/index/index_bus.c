/* SPDX-License-Identifier: ISC */
/*
 * Survives SIGBUS from SQLite's shared memory, which is the mapped file -shm.
 * It comes from a full btrfs, where each page that is written needs a new
 * block, and from a file that was truncated.  The handler puts a private page
 * in its place, so that SQLite can return.  From then on all its results count
 * as failures, until the index is closed and opened again.  Other processes
 * never see the private page, as if this one had died before it wrote.
 */
#include <config.h>

#include <sys/mman.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "index/index_db.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static size_t page_size;
static atomic_uint hits;
static _Thread_local volatile sig_atomic_t is_copying;

static void *
anonymous(void *at, int flags)
{
	return mmap(at, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | flags, -1, 0);
}

static void
on_bus(int signal_number, siginfo_t *info, void *context)
{
	char *page = (char *)((uintptr_t)info->si_addr & ~(page_size - 1));
	void *copy = MAP_FAILED;

	(void)context;
	atomic_fetch_add(&hits, 1);
	if (info->si_code == BUS_ADRERR && is_copying) {
		/* it cannot even be read: it was truncated */
		if (anonymous(page, MAP_FIXED) != MAP_FAILED)
			return;
	} else if (info->si_code == BUS_ADRERR) {
		copy = anonymous(NULL, 0);
	}
	if (copy != MAP_FAILED) {
		is_copying = 1;
		memcpy(copy, page, page_size);
		is_copying = 0;
		if (anonymous(page, MAP_FIXED) != MAP_FAILED) {
			memcpy(page, copy, page_size);
			munmap(copy, page_size);
			return;
		}
	}
	/* not such a fault: when it is repeated, the process ends */
	signal(signal_number, SIG_DFL);
}

static void
catch_bus(void)
{
	struct sigaction action;

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_bus;
	action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

void
index_bus_watch(struct index *x)
{
	pthread_once(&once, catch_bus);
	x->bus_hits = atomic_load(&hits);
}

bool
index_bus_was_hit(const struct index *x)
{
	return x != NULL && x->bus_hits != atomic_load(&hits);
}
