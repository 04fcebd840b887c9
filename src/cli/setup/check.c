/* SPDX-License-Identifier: ISC */
/*
 * Checks an endpoint's secrets and store as the responder would.  Run as root
 * it checks as the user who owns the store.  It never makes or opens a store:
 * only the responder does.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/fileops.h"
#include "cli/host/owner.h"
#include "cli/host/replaced.h"
#include "cli/setup/check.h"
#include "cli/term/when.h"
#include "config/keyring.h"
#include "sandbox/sandbox.h"
#include "store/log.h"

#define CLOCK_FLOOR 1767225600	/* 2026-01-01, which is in the past */

/* What this system has: a container around the responder may have less. */
void
check_sandbox(struct check *c, const struct config *config)
{
	struct sandbox_parts parts;
	char text[SANDBOX_TEXT];

	sandbox_probe(&parts);
	sandbox_describe(&parts, text, sizeof(text));
	check_fact(c, "sandbox", "%s; here is: %s", config_sandbox(config),
	    text);
	if (config->sandbox == SANDBOX_STRICT && !sandbox_is_whole(&parts))
		check_fail(c, "sandbox", "sandbox = strict needs Landlock, "
		    "seccomp and a limit of open files, here is: %s; set it "
		    "to auto", text);
}

void
check_clock(struct check *c)
{
	int64_t now = time(NULL);
	char text[WHEN_SIZE];

	when_format(text, now);
	check_fact(c, "clock", "%s", text);
	if (now < CLOCK_FLOOR || now > HOOKCASK_TIME_MAX)
		check_fail(c, "clock", "this machine's clock says %s: every "
		    "delivery will be refused; set it by NTP", text);
}

static void
warn_of_replaced(void *ctx, const char *pid, const char *program)
{
	check_warn(ctx, "process", "process %s still runs %s from before an "
	    "upgrade; restart its web server or its service", pid, program);
}

void
check_processes(struct check *c)
{
	replaced_find(warn_of_replaced, c);
}

static void
warn_of_secrets(struct check *c, const char *from, const struct keyset *set)
{
	if (set->weak > 0)
		check_warn(c, "secrets", "%s: %zu secret%s under %d bytes; "
		    "ask the sender for a longer one", from, set->weak,
		    set->weak == 1 ? "" : "s", HOOKCASK_KEY_ADVISED);
	if (set->twice > 0)
		check_warn(c, "secrets", "%s: the same secret twice; remove "
		    "one of the two: only without both is it retired", from);
	if (set->hex_like > 0)
		check_warn(c, "secrets", "%s: hexadecimal digits were taken "
		    "for base64; if the sender means them as such, write hex: "
		    "in front of them", from);
	if (set->text_like > 0)
		check_warn(c, "secrets", "%s: text:whsec_... takes the letters "
		    "themselves for the key; drop text: if the sender signs "
		    "as Svix does", from);
}

static bool
check_secrets(struct check *c)
{
	const struct endpoint *e = c->endpoint;
	const char *from = e->secret_file != NULL ? e->secret_file : e->where;
	char prints[HOOKCASK_KEYS_MAX * (HOOKCASK_FINGERPRINT_SIZE + 16)];
	const struct keyset *set = NULL;
	struct err err = ERR_INIT;
	struct keyring *ring;
	size_t len = 0, valid = 0;

	if (keyring_open(&ring, e, &err))
		set = keyring_acquire(ring, &err);
	if (set == NULL) {
		keyring_close(ring);
		return check_fail(c, "secrets", "%s", err.text);
	}
	for (size_t i = 0; i < set->count; i++) {
		bool expired = set->keys[i].not_after < time(NULL);
		char print[HOOKCASK_FINGERPRINT_SIZE];

		hookcask_key_fingerprint(&set->keys[i], print);
		len += (size_t)snprintf(prints + len, sizeof(prints) - len,
		    " %s%s", print, expired ? " (expired)" : "");
		valid += !expired;
	}
	check_fact(c, "secrets", "%s:%s", from, prints);
	if (valid == 0)
		check_fail(c, "secrets", "%s: every secret has expired; put "
		    "the present one there", from);
	warn_of_secrets(c, from, set);
	keyring_release(ring, set);
	keyring_close(ring);
	return true;
}

static void
print_directory(struct check *c, const char *path, const struct stat *st)
{
	char owner[OWNER_NAME];

	check_fact(c, "directory", "%s, mode %04o, owner %s", path,
	    (unsigned)st->st_mode & 07777, owner_name(owner, st->st_uid));
}

static bool
check_directory(struct check *c, const char *path, struct stat *st)
{
	const char *unfit;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1 && lstat(path, st) == 0 && S_ISLNK(st->st_mode))
		return check_fail(c, "directory", "%s: a symbolic link; name "
		    "the directory that it leads to", path);
	if (fd == -1 || fstat(fd, st) != 0)
		return check_fail(c, "directory", "%s: the store's directory: "
		    "%s; make it, owned by the user that runs the responder",
		    path, strerror(errno));
	unfit = fileops_posix.unfit(fileops_posix.ctx, fd);
	close(fd);
	print_directory(c, path, st);
	if ((st->st_mode & 0002) != 0)
		return check_fail(c, "directory",
		    "%s: others may write to it; chmod o-w", path);
	if (unfit != NULL)
		return check_fail(c, "file-system",
		    "%s: is on %s, where neither locks nor syncs can be "
		    "relied on; put the store on a local file system", path,
		    unfit);
	if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0)
		return check_fail(c, "directory", "%s: user %ld cannot write "
		    "there: %s; run the responder, and this check, as the "
		    "owner", path, (long)geteuid(), strerror(errno));
	if (st->st_uid == 0)
		check_warn(c, "directory", "%s: root owns the store; a "
		    "responder should run as a user of its own", path);
	check_space(c, path);
	return true;
}

static bool
check_log_file(struct check *c, const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ||
		    check_fail(c, "log", "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return check_fail(c, "log",
		    "%s: a log is a regular file", path);
	if (st.st_uid != geteuid())
		return check_fail(c, "log",
		    "%s: belongs to user %ld; its writer is user %ld", path,
		    (long)st.st_uid, (long)geteuid());
	if ((st.st_mode & 0002) != 0)
		return check_fail(c, "log",
		    "%s: others may write to it; chmod o-w", path);
	return true;
}

static void
check_log(struct check *c, const char *log)
{
	const char *slash = strrchr(log, '/');
	char name[INDEX_NAME_MAX + 1], dir[PATH_MAX], path[PATH_MAX];
	struct stat st;

	if (slash == NULL || (size_t)(slash - log) + 2 > sizeof(dir) ||
	    !log_name(name, slash + 1, time(NULL)) ||
	    (size_t)snprintf(path, sizeof(path), "%.*s/%s",
	    (int)(slash - log), log, name) >= sizeof(path)) {
		check_fail(c, "log", "%s: not the name of a log", log);
		return;
	}
	snprintf(dir, sizeof(dir), "%.*s",
	    slash == log ? 1 : (int)(slash - log), log);
	if (!check_directory(c, dir, &st))
		return;
	check_state(c, dir, &st);
	if (check_log_file(c, path))
		check_rotate(c, path, log);
}

static void
check_spool(struct check *c, const char *spool)
{
	struct stat st;

	if (check_directory(c, spool, &st))
		check_state(c, spool, &st);
}

void
check_endpoint(struct check *c, const struct endpoint *e)
{
	struct err owner = ERR_INIT;
	char home[PATH_MAX];
	const char *store;
	size_t len;

	c->endpoint = e;
	check_heading(c);
	check_fact(c, "path", "%s", e->path != NULL ? e->path : "any");
	/* without a store there is nobody to act as; reported below */
	(void)owner_assume(e, &owner);
	if (c->config != NULL)
		check_reach(c, "config", c->config);
	if (e->secret_file == NULL ||
	    check_reach(c, "secrets", e->secret_file))
		check_secrets(c);
	store = endpoint_store(e, &len);
	snprintf(home, sizeof(home), "%.*s/", (int)len, store);
	check_fact(c, e->log != NULL ? "log" : "spool", "%s",
	    e->log != NULL ? e->log : e->spool);
	if (check_reach(c, "directory", home)) {
		if (e->log != NULL)
			check_log(c, e->log);
		else
			check_spool(c, e->spool);
	}
	owner_resume();
	/* other users' files need all rights */
	check_web(c);
	c->endpoint = NULL;
}
