/* SPDX-License-Identifier: ISC */
/* The configuration from an environment: its values, and the secret leaves. */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_load.h"
#include "scratch.h"
#include "unit.h"

#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SIZE	32

extern char **environ;

/* A process environment: entries that may be overwritten. */
static char *env[SIZE];
static char bytes[SIZE][400];
static size_t entries;

static struct config config;
static struct err err;
static char warnings[2000];

static void
set(const char *entry)
{
	ck_assert_uint_lt(entries, SIZE - 1);
	snprintf(bytes[entries], sizeof(bytes[0]), "%s", entry);
	env[entries] = bytes[entries];
	env[++entries] = NULL;
}

static void
clear(void)
{
	entries = 0;
	env[0] = NULL;
	memset(bytes, 0, sizeof(bytes));
	warnings[0] = '\0';
	config_forget();
	config_wipe(&config);
}

static void
warn(void *ctx, const char *text)
{
	ck_assert_ptr_eq(ctx, &config);
	strcat(warnings, text);
	strcat(warnings, "\n");
}

static bool
load(const char *file)
{
	struct config_source source = { file, env, warn, &config, NULL };

	err = (struct err)ERR_INIT;
	return config_load(&config, &source, &err);
}

static void
ck_refused(const char *says)
{
	static const struct config nothing;

	ck_assert(!load(NULL));
	ck_assert_int_eq(err.kind, OUTCOME_BAD_CONFIG);
	ck_assert_msg(strncmp(err.text, says, strlen(says)) == 0,
	    "\"%s\" does not begin with \"%s\"", err.text, says);
	ck_assert_mem_eq(&config, &nothing, sizeof(config));
}

START_TEST(test_least)
{
	const struct endpoint *e = NULL;

	set("HOOKCASK_SECRET_FILE=/s");
	set("PATH=/bin");
	set("HOOKCASK_SPOOL=/p");
	ck_assert_msg(load(NULL), "%s", err.text);
	ck_assert_str_eq(warnings, "");
	ck_assert_str_eq(config.source, "environment");
	ck_assert_uint_eq(config.endpoint_count, 1);
	e = &config.endpoints[0];
	ck_assert_str_eq(e->name, "svix");
	ck_assert_str_eq(e->secret_file, "/s");
	ck_assert_str_eq(e->spool, "/p");
	ck_assert_str_eq(e->where, "environment");
	ck_assert_int_eq(e->tolerance, 300);
	ck_assert_uint_eq(config.max_body, 2097152);
	ck_assert_ptr_null(e->path);
	clear();
}
END_TEST

START_TEST(test_all)
{
	const struct endpoint *e;

	set("HOOKCASK_SECRET=" SECRET);
	set("HOOKCASK_LOG=/l-%Y");
	set("HOOKCASK_NAME=levers");
	set("HOOKCASK_PATH=/h");
	set("HOOKCASK_MODE=0660");
	set("HOOKCASK_TOLERANCE=60");
	set("HOOKCASK_DEDUP_WINDOW=3d");
	set("HOOKCASK_ACCEPT_TYPES=a.*, b");
	set("HOOKCASK_IGNORE_TYPES=c\td");
	set("HOOKCASK_ALLOW_DOCROOT=on");
	set("HOOKCASK_MAX_BODY=1000");
	set("HOOKCASK_THREADS=1");
	set("HOOKCASK_LOCK_TIMEOUT=1");
	set("HOOKCASK_BODY_TIMEOUT=2");
	set("HOOKCASK_DIAG=/d");
	set("HOOKCASK_SANDBOX=off");
	ck_assert_msg(load(NULL), "%s", err.text);
	ck_assert_str_eq(warnings, "");
	e = &config.endpoints[0];
	ck_assert_str_eq(e->secrets, SECRET);
	ck_assert_str_eq(e->log, "/l-%Y");
	ck_assert_str_eq(e->name, "levers");
	ck_assert_str_eq(e->path, "/h");
	ck_assert_uint_eq(e->mode, 0660);
	ck_assert_int_eq(e->tolerance, 60);
	ck_assert_int_eq(e->dedup_window, 259200);
	ck_assert_str_eq(e->accept_types[0], "a.*");
	ck_assert_str_eq(e->accept_types[1], "b");
	ck_assert_ptr_null(e->accept_types[2]);
	ck_assert_str_eq(e->ignore_types[1], "d");
	ck_assert(e->allow_docroot);
	ck_assert_uint_eq(config.max_body, 1000);
	ck_assert_uint_eq(config.threads, 1);
	ck_assert_uint_eq(config.lock_timeout, 1);
	ck_assert_uint_eq(config.body_timeout, 2);
	ck_assert_str_eq(config.diag, "/d");
	ck_assert_int_eq(config.sandbox, SANDBOX_OFF);
	clear();
}
END_TEST

static void
ck_no_secret(void)
{
	for (size_t i = 0; i < SIZE; i++)
		for (size_t j = 0; j + 4 <= sizeof(bytes[0]); j++)
			ck_assert_mem_ne(bytes[i] + j, "whse", 4);
	for (char **p = env; *p != NULL; p++)
		ck_assert_int_ne(strncmp(*p, "HOOKCASK_SECRET=", 16), 0);
}

/* Gone from the block and from the list, also when all else is wrong. */
START_TEST(test_secret_leaves)
{
	set("A=1");
	set("HOOKCASK_SECRET=" SECRET);
	set("HOOKCASK_LOG=/l");
	set("HOOKCASK_SECRET=" SECRET);
	set("B=2");
	ck_assert(load(NULL));
	ck_no_secret();
	ck_assert_str_eq(env[0], "A=1");
	ck_assert_str_eq(env[1], "HOOKCASK_LOG=/l");
	ck_assert_str_eq(env[2], "B=2");
	ck_assert_ptr_null(env[3]);
	ck_assert_str_eq(config.endpoints[0].secrets, SECRET);
	clear();

	set("HOOKCASK_SECRET=" SECRET);
	set("HOOKCASK_TOLERANCE=never");
	ck_refused("HOOKCASK_TOLERANCE: not a plain");
	ck_no_secret();
	clear();

	set("HOOKCASK_SECRET=" SECRET);
	set("HOOKCASK_CONFIG=/nonexistent/conf");
	ck_refused("HOOKCASK_SECRET: it is set, but the configuration comes "
	    "from /nonexistent/conf");
	ck_no_secret();
	clear();
}
END_TEST

/* A second look at a broken configuration still knows the secret. */
START_TEST(test_second_look)
{
	set("HOOKCASK_SECRET=" SECRET);
	ck_refused("environment: no store; set HOOKCASK_LOG or");
	ck_refused("environment: no store; set HOOKCASK_LOG or");
	ck_no_secret();
	/* only the list: the secret has left it */
	entries = 0;
	set("HOOKCASK_LOG=/l");
	ck_assert_msg(load(NULL), "%s", err.text);
	ck_assert_str_eq(config.endpoints[0].secrets, SECRET);
	clear();
}
END_TEST

START_TEST(test_own_environment)
{
	struct config_source source = { NULL, NULL, NULL, NULL, NULL };

	ck_assert_int_eq(setenv("HOOKCASK_SECRET", SECRET, 1), 0);
	ck_assert_int_eq(setenv("HOOKCASK_LOG", "/l", 1), 0);
	source.env = environ;
	ck_assert(config_load(&config, &source, &err));
	ck_assert_ptr_null(getenv("HOOKCASK_SECRET"));
	ck_assert_str_eq(getenv("HOOKCASK_LOG"), "/l");
	ck_assert_int_eq(setenv("HOOKCASK_OTHER", "x", 1), 0);
	ck_assert_int_eq(unsetenv("HOOKCASK_OTHER"), 0);
	ck_assert_int_eq(unsetenv("HOOKCASK_LOG"), 0);
	config_wipe(&config);
}
END_TEST

START_TEST(test_refused)
{
	static const struct {
		const char	*entry;
		const char	*says;
	} rows[] = {
		{ "HOOKCASK_TOLERANCE=", "HOOKCASK_TOLERANCE: it is empty" },
		{ "HOOKCASK_TOLERANCE=5m", "HOOKCASK_TOLERANCE: not a plain" },
		{ "HOOKCASK_MAX_BODY=0", "HOOKCASK_MAX_BODY: out of range" },
		{ "HOOKCASK_THREADS=08", "HOOKCASK_THREADS: not a plain" },
		{ "HOOKCASK_DEDUP_WINDOW=1d", "HOOKCASK_DEDUP_WINDOW: out" },
		{ "HOOKCASK_MODE=600", "HOOKCASK_MODE: not one of" },
		{ "HOOKCASK_NAME=", "HOOKCASK_NAME: not a name" },
		{ "HOOKCASK_NAME=Svix", "HOOKCASK_NAME: not a name" },
		{ "HOOKCASK_DIAG=d", "HOOKCASK_DIAG: not an absolute" },
		{ "HOOKCASK_ACCEPT_TYPES=", "HOOKCASK_ACCEPT_TYPES: an empty" },
		{ "HOOKCASK_IGNORE_TYPES= , ", "HOOKCASK_IGNORE_TYPES: an em" },
		{ "HOOKCASK_SPOOL=/p", "environment: two stores" },
		{ "HOOKCASK_SECRET=x", "environment: both" },
		{ "HOOKCASK_LOG=/m", "HOOKCASK_LOG: it is set twice" },
		{ "HOOKCASK_CONFIG=/c",
		    "HOOKCASK_SECRET_FILE: it is set, but" },
		{ "HOOKCASK_CONFIG=c", "HOOKCASK_CONFIG: not an absolute" },
		{ "HOOKCASK_CONFIG=", "HOOKCASK_CONFIG: not an absolute" },
		{ "HOOKCASK_DIAG=//l", "environment: diag names a file" }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		set("HOOKCASK_SECRET_FILE=/s");
		set("HOOKCASK_LOG=/l");
		set(rows[i].entry);
		ck_refused(rows[i].says);
		clear();
	}
	set("HOOKCASK_LOG=/l");
	ck_refused("environment: no secret");
	clear();
	set("HOOKCASK_SECRET_FILE=" SECRET);
	set("HOOKCASK_LOG=/l");
	ck_refused("HOOKCASK_SECRET_FILE: this looks like a secret");
	ck_assert_ptr_null(strstr(err.text, "MfKQ"));
	clear();
}
END_TEST

START_TEST(test_unknown_warns)
{
	set("HOOKCASK_SECRET_FILE=/s");
	set("HOOKCASK_LOG=/l");
	set("HOOKCASK_TOLERENCE=whatever-secret");
	set("HOOKCASK_SECRETS=" SECRET);
	set("XHOOKCASK_=1");
	ck_assert_msg(load(NULL), "%s", err.text);
	ck_assert_ptr_nonnull(strstr(warnings, "HOOKCASK_TOLERENCE: "));
	ck_assert_ptr_nonnull(strstr(warnings, "HOOKCASK_SECRETS: "));
	ck_assert_ptr_null(strstr(warnings, "whatever"));
	ck_assert_ptr_null(strstr(warnings, "MfKQ"));
	ck_assert_ptr_null(strstr(warnings, "XHOOK"));
	clear();
}
END_TEST

START_TEST(test_file)
{
	const char *dir = scratch_dir();
	char path[300], entry[320], link[300];

	snprintf(path, sizeof(path), "%s/c.conf", dir);
	snprintf(entry, sizeof(entry), "HOOKCASK_CONFIG=%s", path);
	scratch_write(dir, "c.conf", "endpoint \"a\" {\n"
	    "secret-file = \"/s\"\nlog = \"/l\"\n}\n");
	ck_assert_msg(load(path), "%s", err.text);
	ck_assert_str_eq(config.source, path);
	ck_assert_str_eq(config.endpoints[0].name, "a");
	clear();

	set(entry);
	ck_assert_msg(load(NULL), "%s", err.text);
	config_wipe(&config);
	/* the same file twice says no two things */
	ck_assert_msg(load(path), "%s", err.text);
	config_wipe(&config);
	ck_assert(!load("/nonexistent/other"));
	ck_assert_ptr_nonnull(strstr(err.text, "two files"));
	set("HOOKCASK_NAME=b");
	ck_refused("HOOKCASK_NAME: it is set, but the configuration comes");
	clear();

	ck_assert_int_eq(chmod(path, 0646), 0);
	ck_assert(!load(path));
	ck_assert_ptr_nonnull(strstr(err.text, "everybody may change it"));
	ck_assert(!load(dir));
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
	snprintf(link, sizeof(link), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(link, 0600), 0);
	ck_assert(!load(link));
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
	ck_assert(!load("/nonexistent/conf"));
	ck_assert_int_eq(strncmp(err.text, "/nonexistent/conf: cannot", 25),
	    0);

	scratch_write(dir, "bad.conf", "\nthreads = x\nendpoint \"a\" { "
	    "secret-file = \"/s\" log = \"/l\" }");
	snprintf(path, sizeof(path), "%s/bad.conf", dir);
	ck_assert(!load(path));
	ck_assert_ptr_nonnull(strstr(err.text, "/bad.conf:2: threads: "));
	clear();
}
END_TEST

START_TEST(test_nothing)
{
	if (access(SYSCONFDIR "/hookcask.conf", F_OK) == 0)
		return;
	set("PATH=/bin");
	ck_refused("no configuration: set HOOKCASK_SECRET_FILE");
	ck_assert_ptr_nonnull(strstr(err.text, SYSCONFDIR "/hookcask.conf"));
	clear();
}
END_TEST

UNIT_MAIN("config", test_least, test_all, test_secret_leaves,
    test_second_look, test_own_environment, test_refused,
    test_unknown_warns, test_file, test_nothing)
