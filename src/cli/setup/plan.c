/* SPDX-License-Identifier: ISC */
/*
 * Decides names and owners, and refuses what the configuration file cannot
 * hold, before anything is made.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/host/files.h"
#include "cli/host/home.h"
#include "cli/setup/plan.h"
#include "config/configuration.h"

#define DATA_DIRECTORY	LOCALSTATEDIR "/lib/hookcask"
#define CONFIG_FILE	SYSCONFDIR "/hookcask.conf"

static char *
format(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));

/* NULL without memory. */
static char *
format(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	return len < 0 ? NULL : text;
}

static bool
absolute(char **out, const char *path, struct err *err)
{
	char *here;

	for (const char *p = path; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7F || *p == '"' || *p == '\\' ||
		    *p == '$')
			return err_set(err, OUTCOME_USAGE,
			    "%s: a path must have no control characters, "
			    "quotes, backslashes or $", path);
	if (path[0] == '/') {
		*out = format("%s", path);
	} else {
		here = getcwd(NULL, 0);
		if (here == NULL)
			return err_sys(err, OUTCOME_NO_INPUT, errno,
			    "the working directory");
		*out = format("%s/%s", strcmp(here, "/") == 0 ? "" : here,
		    path);
		free(here);
	}
	return *out != NULL || err_set(err, OUTCOME_NO_MEMORY, "no memory");
}

bool
plan_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len > 0 && len <= ENDPOINT_NAME_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len &&
	    strchr("._-", name[0]) == NULL)
		return true;
	return err_set(err, OUTCOME_USAGE,
	    "--name %s: 1 to %d of a-z 0-9 . _ -, a letter or digit first",
	    name, ENDPOINT_NAME_MAX);
}

static bool
check_path(const char *path, struct err *err)
{
	bool good = path == NULL || path[0] == '/';

	for (const char *p = path; good && p != NULL && *p != '\0'; p++)
		good = *p > 0x20 && *p < 0x7F && strchr("'\"\\$?#", *p) == NULL;
	return good || err_set(err, OUTCOME_USAGE,
	    "--path %s: the path of a URL, such as /webhooks/levers", path);
}

static bool
find_user(struct plan *plan, const char *name, struct err *err)
{
	const struct passwd *user;

	plan->user = name;
	plan->uid = plan->gid = FILE_KEEP_OWNER;
	if (name == NULL)
		return true;
	user = getpwnam(name);
	if (user == NULL)
		return err_set(err, OUTCOME_USAGE, "--user %s: no such user; "
		    "make it first: useradd --system --shell "
		    "/usr/sbin/nologin %s", name, name);
	if (user->pw_uid == geteuid())
		return true;
	if (geteuid() != 0)
		return err_set(err, OUTCOME_NO_PERMISSION,
		    "--user %s: only root can give files to another user",
		    name);
	plan->uid = user->pw_uid;
	plan->gid = user->pw_gid;
	return true;
}

/* The directory for files that were not named. */
static char *
data_directory(const struct plan *plan)
{
	if (geteuid() != 0)
		return path_directory(plan->config);
	if (plan->user == NULL || strcmp(plan->user, "hookcask") == 0)
		return format("%s", DATA_DIRECTORY);
	return format("%s-%s", DATA_DIRECTORY, plan->user);
}

static bool
choose_config(struct plan *plan, const char *given, struct err *err)
{
	char *home;
	bool done;

	if (given != NULL) {
		done = absolute(&plan->config, given, err);
		plan->standard = done &&
		    strcmp(plan->config, CONFIG_FILE) == 0;
		return done;
	}
	plan->standard = geteuid() == 0;
	if (plan->standard)
		return absolute(&plan->config, CONFIG_FILE, err);
	home = home_config();
	if (home == NULL)
		return err_set(err, OUTCOME_USAGE, "user %ld has no home "
		    "directory: name the file with --config",
		    (long)geteuid());
	plan->standard = done = absolute(&plan->config, home, err);
	free(home);
	return done;
}

static bool
choose_store(struct plan *plan, const struct plan_choice *choice,
    const char *data, struct err *err)
{
	if (choice->log != NULL && choice->spool != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--log and --spool cannot be used together");
	if (choice->spool != NULL)
		return absolute(&plan->spool, choice->spool, err);
	if (choice->log != NULL)
		return absolute(&plan->log, choice->log, err);
	plan->log = format("%s/%s.jsonl", data, plan->name);
	return plan->log != NULL ||
	    err_set(err, OUTCOME_NO_MEMORY, "no memory");
}

static bool
choose_secret(struct plan *plan, const struct plan_choice *choice,
    const char *data, struct err *err)
{
	char *dir;

	if (choice->secret_file != NULL)
		return absolute(&plan->secret_file, choice->secret_file,
		    err);
	/* beside what was named; data is the log's if neither was */
	if (choice->log != NULL)
		dir = path_directory(plan->log);
	else if (choice->spool != NULL && choice->config != NULL)
		dir = path_directory(plan->config);
	else
		dir = format("%s", data);
	if (dir != NULL)
		plan->secret_file = format("%s/%s.secret",
		    strcmp(dir, "/") == 0 ? "" : dir, plan->name);
	free(dir);
	return plan->secret_file != NULL ||
	    err_set(err, OUTCOME_NO_MEMORY, "no memory");
}

bool
plan_make(struct plan *plan, const struct plan_choice *choice,
    struct err *err)
{
	char *data = NULL;
	bool done = false;

	memset(plan, 0, sizeof(*plan));
	plan->name = choice->name != NULL ? choice->name : "svix";
	plan->path = choice->path;
	if (!plan_check_name(plan->name, err) || !check_path(plan->path, err) ||
	    !find_user(plan, choice->user, err) ||
	    !choose_config(plan, choice->config, err))
		goto out;
	data = data_directory(plan);
	if (data == NULL) {
		err_set(err, OUTCOME_NO_MEMORY, "no memory");
		goto out;
	}
	done = choose_store(plan, choice, data, err) &&
	    choose_secret(plan, choice, data, err);
out:
	free(data);
	if (!done)
		plan_wipe(plan);
	return done;
}

void
plan_wipe(struct plan *plan)
{
	free(plan->config);
	free(plan->secret_file);
	free(plan->log);
	free(plan->spool);
	memset(plan, 0, sizeof(*plan));
}

char *
plan_directory(const struct plan *plan)
{
	return plan->spool != NULL ? format("%s", plan->spool) :
	    path_directory(plan->log);
}

char *
plan_text(const struct plan *plan)
{
	return format(
	    "# hookcask: see hookcask.conf(5); \"hookcask check\" checks "
	    "changes\n"
	    "endpoint \"%s\" {\n"
	    "%s%s%s"
	    "    secret-file = \"%s\"\n"
	    "    %s = \"%s\"\n"
	    "}\n", plan->name, plan->path == NULL ? "" : "    path = \"",
	    plan->path == NULL ? "" : plan->path,
	    plan->path == NULL ? "" : "\"\n", plan->secret_file,
	    plan->log != NULL ? "log" : "spool",
	    plan->log != NULL ? plan->log : plan->spool);
}
