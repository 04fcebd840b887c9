/* SPDX-License-Identifier: ISC */
/*
 * Locks the pages if it can: RLIMIT_MEMLOCK may allow little or nothing.  The
 * pages are kept out of core dumps in any case.
 */
#include <config.h>

#include "config/vault.h"

#include <sys/mman.h>
#include <sys/resource.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include <stdbool.h>
#include <string.h>

#include "base/sanitized.h"
#include "base/wipe.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS	MAP_ANON
#endif

void
vault_hide(void)
{
	/* the sanitizers' leak check must trace this process */
	if (IS_SANITIZED)
		return;
#if defined(HAVE_PRCTL) && defined(PR_SET_DUMPABLE)
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
#endif
}

void *
vault_alloc(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
#if defined(MADV_DONTDUMP)
	madvise(p, size, MADV_DONTDUMP);
#elif defined(MADV_NOCORE)
	madvise(p, size, MADV_NOCORE);
#endif
	(void)mlock(p, size);
	return p;
}

void
vault_free(void *p, size_t size)
{
	if (p == NULL)
		return;
	wipe(p, size);
	munmap(p, size);
}

char *
vault_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = vault_alloc(size);

	if (copy != NULL)
		memcpy(copy, text, size);
	return copy;
}

void
vault_text_free(char *text)
{
	if (text != NULL)
		vault_free(text, strlen(text) + 1);
}
