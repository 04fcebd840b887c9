/* SPDX-License-Identifier: ISC */
/*
 * Walks a path as the user who needs it, and names the directory that
 * prevents it, not only the file at its end.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/owner.h"
#include "cli/setup/check.h"

static bool
is_stopped(const char *path, int right)
{
	return faccessat(AT_FDCWD, path, right, AT_EACCESS) != 0 &&
	    errno == EACCES;
}

static bool
blame(struct check *c, const char *name, const char *path, bool is_directory)
{
	char us[OWNER_NAME], owner[OWNER_NAME];
	struct stat st;

	owner_name(us, geteuid());
	if (stat(path, &st) != 0)
		return check_fail(c, name, "%s: user %s, who owns the store, "
		    "may not look at it: %s", path, us, strerror(errno));
	owner_name(owner, st.st_uid);
	if (is_directory)
		return check_fail(c, name, "%s: user %s, who owns the store, "
		    "cannot pass it (mode %04o, owner %s); chmod a+x %s, if "
		    "nothing below it is secret by that alone", path, us,
		    (unsigned)st.st_mode & 07777, owner, path);
	return check_fail(c, name, "%s: user %s, who owns the store, cannot "
	    "read it (mode %04o, owner %s); let it, with chgrp and chmod 0640, "
	    "or 0644 if it holds no secret", path, us,
	    (unsigned)st.st_mode & 07777, owner);
}

bool
check_reach(struct check *c, const char *name, const char *path)
{
	char part[PATH_MAX], full[PATH_MAX], here[PATH_MAX];
	size_t len;

	if (path[0] != '/') {
		if (getcwd(here, sizeof(here)) == NULL ||
		    (size_t)snprintf(full, sizeof(full), "%s/%s", here,
		    path) >= sizeof(full))
			return true;
		path = full;
	}
	for (len = 1; path[len] != '\0'; len++) {
		if (path[len] != '/')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		if (is_stopped(part, X_OK))
			return blame(c, name, part, true);
	}
	return !is_stopped(path, R_OK) || blame(c, name, path, false);
}
