/* SPDX-License-Identifier: ISC */
/*
 * What injected code could do in a responder: each try is a process of its
 * own, which enters the sandbox first.
 */
#include <config.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "intruder.h"
#include "sandbox/sandbox.h"
#include "scratch.h"
#include "unit.h"

#define DIED	1000	/* and the signal */

static struct endpoint endpoints[2];
static struct config config = { .endpoints = endpoints, .endpoint_count = 1 };
static bool is_cgi;
static char store[256], secrets[256], other[256];

static void
set_up(enum sandbox sandbox)
{
	static char log[300], secret[300];
	const char *scratch = scratch_dir();

	snprintf(store, sizeof(store), "%s/store", scratch);
	snprintf(secrets, sizeof(secrets), "%s/secrets", scratch);
	snprintf(other, sizeof(other), "%s/other", scratch);
	ck_assert_int_eq(mkdir(store, 0700), 0);
	ck_assert_int_eq(mkdir(secrets, 0700), 0);
	ck_assert_int_eq(mkdir(other, 0700), 0);
	snprintf(log, sizeof(log), "%s/log", store);
	snprintf(secret, sizeof(secret), "%s/secret", secrets);
	endpoints[0].log = log;
	endpoints[0].secret_file = secret;
	config.sandbox = sandbox;
	config.source = secret;
	intruder_prepare(store, other);
}

/* Can it be tried here?  Under valgrind the filter would hit valgrind. */
static bool
is_there(void)
{
	const char *preload = getenv("LD_PRELOAD");
	struct sandbox_parts parts;

	sandbox_probe(&parts);
	return parts.landlock > 0 && parts.seccomp &&
	    (preload == NULL || strstr(preload, "vgpreload") == NULL);
}

/* What became of it in there: 0, its errno, or DIED and the signal. */
static int
try(int (*call)(void))
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		errno = 0;
		if (!sandbox_enter(&config, is_cgi, NULL, NULL))
			_exit(254);
		_exit(call() == -1 ? errno : 0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? DIED + WTERMSIG(status) :
	    WEXITSTATUS(status);
}

/* A kernel without 32-bit calls raises SIGSEGV instead: nothing to forbid. */
static bool
is_possible(const struct intrusion *i)
{
	enum sandbox mode = config.sandbox;
	int got = 0;

	if (i->may_lack) {
		config.sandbox = SANDBOX_OFF;
		got = try(i->call);
		config.sandbox = mode;
	}
	return got != DIED + SIGSEGV;
}

static void
try_list(const struct intrusion *i, int forbidden)
{
	for (; i->name != NULL; i++) {
		int wanted = i->error != 0 ? i->error : forbidden;

		if (is_possible(i)) {
			int got = try(i->call);

			ck_assert_msg(got == wanted, "%s: %d", i->name, got);
		}
	}
}

/* What forbidden calls give there: forbidden, or what comes before. */
static void
try_all(int forbidden)
{
	try_list(intrusions, forbidden);
	is_cgi = true;
	try_list(intrusions, forbidden);
	try_list(intrusions_of_cgi, forbidden);
	is_cgi = false;
}

START_TEST(test_refused)
{
	set_up(SANDBOX_AUTO);
	if (is_there())
		try_all(EPERM);
}
END_TEST

START_TEST(test_killed)
{
	set_up(SANDBOX_STRICT);
	if (is_there())
		try_all(DIED + SIGSYS);
	else
		ck_assert_int_ne(try(intruder_open_passwd), 0);
}
END_TEST

START_TEST(test_outside)
{
	set_up(SANDBOX_OFF);
	for (const struct intrusion *i = intrusions; i->name != NULL; i++)
		if (i->is_easy)
			ck_assert_msg(try(i->call) == 0, "%s: %d", i->name,
			    try(i->call));
}
END_TEST

#define OR_DIE(what)	do { if (!(what)) _exit(100 + __LINE__ % 100); } \
			while (0)

static void *
thread(void *arg)
{
	*(bool *)arg = intruder_open_passwd() == -1;
	return NULL;
}

/* All that a store, diag and a keyring do. */
static int
do_work(void)
{
	char path[300], moved[320], dir[300];
	pthread_t id;
	bool was_refused = false;
	int fd;

	snprintf(dir, sizeof(dir), "%s/bad-2026", store);
	OR_DIE(mkdir(dir, 0700) == 0);
	snprintf(path, sizeof(path), "%s/log", store);
	snprintf(moved, sizeof(moved), "%s/log", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	OR_DIE(fd >= 0 && write(fd, "line\n", 5) == 5);
	OR_DIE(fdatasync(fd) == 0 && ftruncate(fd, 0) == 0);
	OR_DIE(rename(path, moved) == 0 && unlink(moved) == 0);
	OR_DIE(rmdir(dir) == 0);
	fd = open(store, O_RDONLY | O_DIRECTORY);
	OR_DIE(fd >= 0 && fsync(fd) == 0);
	snprintf(path, sizeof(path), "%s/secret", secrets);
	OR_DIE(open(path, O_RDONLY) >= 0);
	/* read, not written */
	OR_DIE(open(path, O_WRONLY) == -1 && unlink(path) == -1);
	if (is_cgi)
		return 0;
	OR_DIE(pthread_create(&id, NULL, thread, &was_refused) == 0);
	OR_DIE(pthread_join(id, NULL) == 0);
	return was_refused || !is_there() ? 0 : -1;
}

static int
end_itself(void)
{
	abort();
}

START_TEST(test_works)
{
	const enum sandbox modes[] = { SANDBOX_AUTO, SANDBOX_STRICT };

	set_up(SANDBOX_AUTO);
	scratch_write(secrets, "secret", "");
	for (size_t i = 0; is_there() && i < 4; i++) {
		config.sandbox = modes[i % 2];
		is_cgi = i >= 2;
		ck_assert_int_eq(try(do_work), 0);
		ck_assert_int_eq(try(end_itself), DIED + SIGABRT);
	}
}
END_TEST

/* How many more there can be, less those for connections; at most 250. */
static int
count_descriptors(void)
{
	int count = 0;

	while (count < CONNECTIONS_MAX + 250 && dup(STDERR_FILENO) >= 0)
		count++;
	if (count >= CONNECTIONS_MAX)
		count -= CONNECTIONS_MAX;
	_exit(count < 250 ? count : 250);
}

static int
give_few(void)
{
	const struct rlimit few = { 20, 20 };

	setrlimit(RLIMIT_NOFILE, &few);
	config.sandbox = SANDBOX_AUTO;
	return sandbox_enter(&config, is_cgi, NULL, NULL) ?
	    count_descriptors() : -1;
}

START_TEST(test_descriptors)
{
	set_up(SANDBOX_AUTO);
	config.threads = 10;
	if (is_there()) {
		ck_assert_int_eq(try(count_descriptors), 32 + 2 * 10 + 16);
		config.endpoint_count = 2;
		ck_assert_int_eq(try(count_descriptors), 32 + 2 * 10 + 32);
		/* one process a request: no threads, nobody waits */
		is_cgi = true;
		ck_assert_int_eq(try(count_descriptors), 32 + 32);
		is_cgi = false;
		config.endpoint_count = 1;
	}
	config.sandbox = SANDBOX_OFF;
	ck_assert_int_eq(try(count_descriptors), 250);
	/* few stay few */
	if (is_there())
		ck_assert_int_lt(try(give_few), 20);
}
END_TEST

START_TEST(test_what_is_missing)
{
	char log[300];

	/* a store that comes late is waited for in the directory above */
	set_up(SANDBOX_AUTO);
	snprintf(log, sizeof(log), "%s/none/deeper/log", other);
	endpoints[0].log = log;
	if (is_there()) {
		ck_assert_int_eq(try(intruder_open_other), 0);
		ck_assert_int_eq(try(intruder_open_passwd), EACCES);
	}
	/* unless it is somebody else's */
	if (is_there() && chown(other, 1, 1) == 0) {
		ck_assert_int_eq(try(intruder_open_other), EACCES);
		ck_assert_int_eq(chown(other, geteuid(), getegid()), 0);
	}
	/* and the root is never opened up */
	endpoints[0].log = log;
	snprintf(log, sizeof(log), "/nowhere-%ld/log", (long)getpid());
	if (is_there())
		ck_assert_int_eq(try(intruder_open_passwd), EACCES);
}
END_TEST

START_TEST(test_description)
{
	struct sandbox_parts parts = { .landlock = 0 };
	struct err err = ERR_INIT;
	char text[SANDBOX_TEXT];

	sandbox_describe(&parts, text, sizeof(text));
	ck_assert_str_eq(text, "nothing");
	parts.seccomp = true;
	sandbox_describe(&parts, text, sizeof(text));
	ck_assert_str_eq(text, "seccomp");
	parts.no_new_privs = true;
	parts.landlock = 7;
	sandbox_describe(&parts, text, sizeof(text));
	ck_assert_str_eq(text, "no new privileges, Landlock 7, seccomp");
	ck_assert(!sandbox_is_whole(&parts));
	parts.limits = parts.pledge = parts.rights = true;
	sandbox_describe(&parts, text, sizeof(text));
	ck_assert_str_eq(text, "no new privileges, Landlock 7, seccomp, "
	    "pledge, Capsicum rights, limit of open files");
	ck_assert(sandbox_is_whole(&parts));
	sandbox_probe(&parts);
	if (parts.landlock == 0) {
		set_up(SANDBOX_STRICT);
		ck_assert(!sandbox_enter(&config, is_cgi, NULL, &err));
		ck_assert_ptr_nonnull(strstr(err.text, "sandbox = strict"));
	}
}
END_TEST

UNIT_MAIN("sandbox", test_refused, test_killed, test_outside,
    test_works, test_descriptors, test_what_is_missing, test_description)
