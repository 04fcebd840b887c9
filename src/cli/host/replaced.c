/* SPDX-License-Identifier: ISC */
/*
 * Looks for processes that need a restart.  A web server keeps its responders
 * through an upgrade of hookcask; the kernel marks their file as deleted.
 * Programs of other installations are left to their own tool.
 */
#include <config.h>

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/replaced.h"

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

#define MARK " (deleted)"

static bool
program_of(char path[PATH_MAX], const char *pid)
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%.20s/exe", pid);
	len = readlink(link, path, PATH_MAX - 1);
	if (len <= 0)
		return false;
	path[len] = '\0';
	return true;
}

static bool
is_in(const char *dir, size_t len, const char *path)
{
	const char *name = path + len + 1;

	return strncmp(path, dir, len) == 0 && path[len] == '/' &&
	    (strcmp(name, "hookcask") == 0 ||
	    strcmp(name, "hookcask.fcgi") == 0);
}

/* own: the path of this tool, whose directory may differ. */
static bool
is_ours(const char *path, const char *own)
{
	const char *slash = strrchr(own, '/');

	return is_in(BINDIR, strlen(BINDIR), path) ||
	    is_in(RESPONDERDIR, strlen(RESPONDERDIR), path) ||
	    (slash != NULL && is_in(own, (size_t)(slash - own), path));
}

void
replaced_find(void (*found)(void *ctx, const char *pid, const char *program),
    void *ctx)
{
	char path[PATH_MAX], own[PATH_MAX];
	const struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (proc == NULL)
		return;
	if (!program_of(own, "self"))
		own[0] = '\0';
	while ((entry = readdir(proc)) != NULL) {
		char *end;

		if (strspn(entry->d_name, "0123456789") == 0 ||
		    !program_of(path, entry->d_name))
			continue;
		end = path + strlen(path) - strlen(MARK);
		if (end <= path || strcmp(end, MARK) != 0)
			continue;
		*end = '\0';
		if (is_ours(path, own))
			found(ctx, entry->d_name, path);
	}
	closedir(proc);
}
