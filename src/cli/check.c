/* SPDX-License-Identifier: ISC */
/*
 * Duty: judge an endpoint's secrets and store before the responder has to.
 * Run as root it judges as the user who owns the store.  It never makes or
 * opens a store: that is the responder's.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/owner.h"
#include "core/fileops.h"
#include "core/keyring.h"
#include "core/log.h"

static bool
check_secrets(const struct endpoint *e, struct err *err)
{
	const char *from = e->secret_file != NULL ? e->secret_file : e->where;
	const struct keyset *set;
	struct keyring *ring;

	if (!keyring_open(&ring, e, err))
		return false;
	set = keyring_acquire(ring, err);
	if (set == NULL) {
		keyring_close(ring);
		return false;
	}
	printf("  secrets    %s:", from);
	for (size_t i = 0; i < set->count; i++) {
		char print[HOOKCASK_FINGERPRINT_SIZE];

		hookcask_key_fingerprint(&set->keys[i], print);
		printf(" %s%s", print,
		    set->keys[i].not_after < time(NULL) ? " (expired)" : "");
	}
	putchar('\n');
	if (set->weak > 0)
		say("warning: %s: %zu secret%s under %d bytes; ask the "
		    "sender for a longer one", from, set->weak,
		    set->weak == 1 ? "" : "s", HOOKCASK_KEY_ADVISED);
	keyring_release(ring, set);
	keyring_close(ring);
	return true;
}

static void
print_directory(const char *path, const struct stat *st)
{
	const struct passwd *user = getpwuid(st->st_uid);
	char number[24];

	snprintf(number, sizeof(number), "%ld", (long)st->st_uid);
	printf("  directory  %s, mode %04o, owner %s\n", path,
	    (unsigned)st->st_mode & 07777,
	    user != NULL ? user->pw_name : number);
}

static bool
check_directory(const char *path, struct stat *st, struct err *err)
{
	const char *unfit;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1 && lstat(path, st) == 0 && S_ISLNK(st->st_mode))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: a symbolic "
		    "link; name the directory that it leads to", path);
	if (fd == -1 || fstat(fd, st) != 0)
		return err_sys(err, OUTCOME_BAD_CONFIG, errno,
		    "%s: the store's directory; make it, owned by the user "
		    "that runs the responder", path);
	unfit = fileops_posix.unfit(fileops_posix.ctx, fd);
	close(fd);
	print_directory(path, st);
	if ((st->st_mode & 0002) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: others may write to it; chmod o-w", path);
	if (unfit != NULL)
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: is on %s, where neither locks nor syncs can be "
		    "relied on; put the store on a local file system", path,
		    unfit);
	if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0)
		return err_sys(err, OUTCOME_BAD_CONFIG, errno,
		    "%s: user %ld cannot write there; run the responder, "
		    "and this check, as the owner", path, (long)geteuid());
	if (st->st_uid == 0)
		say("warning: %s: root owns the store; a responder should "
		    "run as a user of its own", path);
	return true;
}

/* A state directory must be its writer's, and nobody else's to change. */
static bool
check_state(const char *dir, const struct endpoint *e,
    const struct stat *home, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/.hookcask-%s", dir,
	    e->name) >= sizeof(path))
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: the path of its store is too long", e->where);
	if (lstat(path, &st) != 0)
		return errno == ENOENT ||
		    err_sys(err, OUTCOME_BAD_CONFIG, errno, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: is not a directory", path);
	if ((st.st_mode & 0022) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: others may write to it; chmod go-w", path);
	if (st.st_uid != home->st_uid)
		say("warning: %s belongs to user %ld, %s to user %ld", path,
		    (long)st.st_uid, dir, (long)home->st_uid);
	return true;
}

static bool
check_log_file(const char *dir, const char *pattern, struct err *err)
{
	char name[INDEX_NAME_MAX + 1], path[PATH_MAX];
	struct stat st;

	if (!log_name(name, pattern, time(NULL)) ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s/%s: not the name of a log", dir, pattern);
	if (lstat(path, &st) != 0)
		return errno == ENOENT ||
		    err_sys(err, OUTCOME_BAD_CONFIG, errno, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: a log is a regular file with one name", path);
	if (st.st_uid != geteuid())
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: belongs to user %ld; its writer is user %ld", path,
		    (long)st.st_uid, (long)geteuid());
	if ((st.st_mode & 0002) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: others may write to it; chmod o-w", path);
	return true;
}

static bool
check_store(const struct endpoint *e, struct err *err)
{
	const char *slash;
	char dir[PATH_MAX];
	struct stat st;

	printf("  %-10s %s\n", e->log != NULL ? "log" : "spool",
	    e->log != NULL ? e->log : e->spool);
	if (e->log == NULL)
		return check_directory(e->spool, &st, err) &&
		    check_state(e->spool, e, &st, err);
	slash = strrchr(e->log, '/');
	if (slash == NULL || (size_t)(slash - e->log) + 2 > sizeof(dir))
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: not an absolute path", e->log);
	snprintf(dir, sizeof(dir), "%.*s",
	    slash == e->log ? 1 : (int)(slash - e->log), e->log);
	return check_directory(dir, &st, err) &&
	    check_state(dir, e, &st, err) &&
	    check_log_file(dir, slash + 1, err);
}

unsigned
endpoint_check(const struct endpoint *e)
{
	struct err owner = ERR_INIT, secrets = ERR_INIT, store = ERR_INIT;
	unsigned faults = 0;

	printf("endpoint %s (%s)\n", e->name, e->where);
	printf("  path       %s\n", e->path != NULL ? e->path : "any");
	/* without a store there is nobody to act as; that is said below */
	(void)owner_assume(e, &owner);
	if (!check_secrets(e, &secrets)) {
		say("%s", secrets.text);
		faults++;
	}
	if (!check_store(e, &store)) {
		say("%s", store.text);
		faults++;
	}
	owner_resume();
	return faults;
}
