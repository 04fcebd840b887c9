/* SPDX-License-Identifier: ISC */
/*
 * Gives up root's power before a store is touched: files that root makes there
 * would lock out the responder.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "cli/host/owner.h"
#include "cli/host/trusted.h"
#include "config/vault.h"

/* The state directory or, if there is none, its parent. */
static bool
find_owner(const struct endpoint *e, char name[PATH_MAX], struct stat *st,
    struct err *err)
{
	size_t size;
	const char *path = endpoint_store(e, &size);
	int len = (int)size;

	snprintf(name, PATH_MAX, "%.*s/.hookcask-%s", len, path, e->name);
	if (lstat(name, st) == 0)
		return true;
	snprintf(name, PATH_MAX, "%.*s/", len, path);
	if (stat(name, st) == 0)
		return true;
	if (errno == ENOENT)
		return err_set(err, OUTCOME_NO_INPUT, "%s: the directory of "
		    "the store is missing; is its disk mounted?  hookcask init "
		    "makes a new one", name);
	return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", name);
}

/* If not root, reports at once what cannot be read, with the remedy. */
static bool
may_enter(const struct endpoint *e, struct err *err)
{
	struct err none = ERR_INIT;
	char name[PATH_MAX];
	struct passwd *user;
	struct stat st;

	if (!find_owner(e, name, &st, &none) || faccessat(AT_FDCWD, name,
	    R_OK | X_OK, AT_EACCESS) == 0 || errno != EACCES)
		return true;
	user = getpwuid(st.st_uid);
	return err_set(err, OUTCOME_NO_PERMISSION, "%s: user %ld may not look "
	    "into it; run this as its owner, user %ld (%s), or as root", name,
	    (long)geteuid(), (long)st.st_uid, user != NULL ? user->pw_name :
	    "without a name");
}

/*
 * Whoever may rename in a directory above could lead root to a directory of
 * any other user, and to one of root's.
 */
static bool
check_path(const char *path, const struct stat *st, struct err *err)
{
	struct passwd *user;

	if (trusted_path(path, st->st_uid))
		return true;
	user = getpwuid(st->st_uid);
	return err_set(err, OUTCOME_NO_PERMISSION, "%s: users other than root "
	    "and its owner may rename what is above it; chmod go-w the "
	    "directories on its path, or run this as user %ld (%s)", path,
	    (long)st->st_uid, user != NULL ? user->pw_name : "without a name");
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
	vault_hide();
	return true;
}

bool
owner_become(const struct endpoint *endpoint, struct err *err)
{
	char name[PATH_MAX];
	struct stat st;

	if (geteuid() != 0)
		return may_enter(endpoint, err);
	return find_owner(endpoint, name, &st, err) &&
	    check_path(name, &st, err) && become(&st, err);
}

const char *
owner_name(char text[OWNER_NAME], uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	if (user != NULL)
		snprintf(text, OWNER_NAME, "%s", user->pw_name);
	else
		snprintf(text, OWNER_NAME, "%ld", (long)uid);
	return text;
}

bool
owner_become_of(const char *path, struct err *err)
{
	struct stat st;

	if (geteuid() != 0)
		return true;
	if (stat(path, &st) != 0)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	return check_path(path, &st, err) && become(&st, err);
}

/* What root's groups were before owner_assume(). */
static struct {
	gid_t	groups[NGROUPS_MAX];
	int	count;			/* -1: nothing was assumed */
} before = { .count = -1 };

bool
owner_act_as(uid_t uid, gid_t gid, struct err *err)
{
	struct passwd *user = getpwuid(uid);

	before.count = getgroups(NGROUPS_MAX, before.groups);
	if (before.count >= 0 &&
	    (user != NULL ? initgroups(user->pw_name, gid) :
	    setgroups(0, NULL)) == 0 && setegid(gid) == 0 &&
	    seteuid(uid) == 0) {
		vault_hide();
		return true;
	}
	err_sys(err, OUTCOME_NO_PERMISSION, errno, "acting as user %ld",
	    (long)uid);
	owner_resume();
	return false;
}

bool
owner_assume(const struct endpoint *endpoint, struct err *err)
{
	char name[PATH_MAX];
	struct stat st;

	if (geteuid() != 0)
		return may_enter(endpoint, err);
	return find_owner(endpoint, name, &st, err) &&
	    check_path(name, &st, err) && (st.st_uid == 0 ||
	    owner_act_as(st.st_uid, st.st_gid, err));
}

void
owner_resume(void)
{
	if (before.count < 0)
		return;
	/* this cannot fail if the real user is root */
	if (seteuid(0) != 0 || setegid(getgid()) != 0 ||
	    setgroups((size_t)before.count, before.groups) != 0)
		abort();
	vault_hide();
	before.count = -1;
}
