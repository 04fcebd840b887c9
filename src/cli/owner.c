/* SPDX-License-Identifier: ISC */
/*
 * Duty: give root's power away before a store is touched: files that root
 * makes there would lock out the responder.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/owner.h"

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

/* The state directory, or where there is none its parent. */
static bool
find_owner(const struct endpoint *e, struct stat *st, struct err *err)
{
	const char *path = e->spool != NULL ? e->spool : e->log;
	const char *slash = e->spool != NULL ? path + strlen(path) :
	    strrchr(path, '/');
	char name[PATH_MAX];
	int len = (int)(slash - path);

	snprintf(name, sizeof(name), "%.*s/.hookcask-%s", len, path, e->name);
	if (lstat(name, st) == 0)
		return true;
	snprintf(name, sizeof(name), "%.*s/", len, path);
	if (stat(name, st) == 0)
		return true;
	return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", name);
}

static bool
become(const struct stat *st, struct err *err)
{
	struct passwd *user;

	if (st->st_uid == 0)
		return true;
	user = getpwuid(st->st_uid);
	if ((user != NULL ? initgroups(user->pw_name, st->st_gid) :
	    setgroups(0, NULL)) != 0 || setgid(st->st_gid) != 0 ||
	    setuid(st->st_uid) != 0)
		return err_sys(err, OUTCOME_NO_PERMISSION, errno,
		    "becoming user %ld, who owns the store",
		    (long)st->st_uid);
	return true;
}

bool
owner_become(const struct endpoint *endpoint, struct err *err)
{
	struct stat st;

	return geteuid() != 0 ||
	    (find_owner(endpoint, &st, err) && become(&st, err));
}

bool
owner_become_of(const char *path, struct err *err)
{
	struct stat st;

	if (geteuid() != 0)
		return true;
	if (stat(path, &st) != 0)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	return become(&st, err);
}

/* What root was before owner_assume(). */
static struct {
	gid_t	groups[NGROUPS_MAX];
	int	count;			/* -1: nothing was assumed */
} before = { .count = -1 };

bool
owner_assume(const struct endpoint *endpoint, struct err *err)
{
	struct passwd *user;
	struct stat st;

	if (geteuid() != 0)
		return true;
	if (!find_owner(endpoint, &st, err))
		return false;
	if (st.st_uid == 0)
		return true;
	user = getpwuid(st.st_uid);
	before.count = getgroups(NGROUPS_MAX, before.groups);
	if (before.count >= 0 &&
	    (user != NULL ? initgroups(user->pw_name, st.st_gid) :
	    setgroups(0, NULL)) == 0 && setegid(st.st_gid) == 0 &&
	    seteuid(st.st_uid) == 0)
		return true;
	err_sys(err, OUTCOME_NO_PERMISSION, errno,
	    "acting as user %ld, who owns the store", (long)st.st_uid);
	owner_resume();
	return false;
}

void
owner_resume(void)
{
	if (before.count < 0)
		return;
	/* cannot fail for a process whose real user is root */
	if (seteuid(0) != 0 || setegid(getgid()) != 0 ||
	    setgroups((size_t)before.count, before.groups) != 0)
		abort();
	before.count = -1;
}
