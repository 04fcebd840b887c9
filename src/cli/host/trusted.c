/* SPDX-License-Identifier: ISC */
/*
 * Walks a path and checks who could change it.  If only root and that user can,
 * what root makes or opens there is what was meant, without a race.
 */
#include <config.h>

#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/trusted.h"

#define LINKS_MAX	16

static bool	walk(const char *path, uid_t uid, int links);

/* The link at name, of len bytes, and the rest of the path after it. */
static bool
follow(const char *path, size_t len, uid_t uid, int links)
{
	char target[PATH_MAX], next[PATH_MAX], name[PATH_MAX];
	size_t dir = len;
	ssize_t n;

	snprintf(name, sizeof(name), "%.*s", (int)len, path);
	n = readlink(name, target, sizeof(target) - 1);
	if (links == LINKS_MAX || n <= 0)
		return false;
	target[n] = '\0';
	while (path[dir - 1] != '/')
		dir--;
	return (size_t)snprintf(next, sizeof(next), "%.*s%s%s",
	    target[0] == '/' ? 0 : (int)dir, path, target, path + len) <
	    sizeof(next) && walk(next, uid, links + 1);
}

static bool
walk(const char *path, uid_t uid, int links)
{
	char name[PATH_MAX];
	size_t len = 0;
	struct stat st;

	if (path[0] != '/' || strlen(path) >= sizeof(name))
		return false;
	for (;;) {
		snprintf(name, sizeof(name), "%.*s", len == 0 ? 1 : (int)len,
		    path);
		if (lstat(name, &st) != 0)
			return true;
		if (st.st_uid != 0 && st.st_uid != uid)
			return false;
		if (S_ISLNK(st.st_mode))
			return follow(path, len, uid, links);
		/* in a sticky directory nobody else can replace the entry */
		if (S_ISDIR(st.st_mode) && (st.st_mode & 0022) != 0 &&
		    (st.st_mode & S_ISVTX) == 0)
			return false;
		if (path[len + strspn(path + len, "/")] == '\0')
			return true;
		len += strspn(path + len, "/");
		len += strcspn(path + len, "/");
	}
}

bool
trusted_path(const char *path, uid_t uid)
{
	char cwd[PATH_MAX], whole[PATH_MAX];

	if (path[0] == '/')
		return walk(path, uid, 0);
	return getcwd(cwd, sizeof(cwd)) != NULL && (size_t)snprintf(whole,
	    sizeof(whole), "%s/%s", cwd, path) < sizeof(whole) &&
	    walk(whole, uid, 0);
}
