/* SPDX-License-Identifier: ISC */
/*
 * init: everything that one endpoint needs, once.  It overwrites nothing,
 * and the log itself it leaves to the responder, who must own it.
 */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/wipe.h"
#include "config/config_load.h"
#include "cli/host/files.h"
#include "cli/host/owner.h"
#include "cli/host/trusted.h"
#include "cli/sender/random.h"
#include "cli/setup/check.h"
#include "cli/setup/plan.h"
#include "cli/term/input.h"
#include "cli/term/prompt.h"
#include "cli/term/say.h"
#include "cli/verb/verb.h"
#include "config/keyring.h"

enum {
	CONFIG, NAME, LOG, SPOOL, SECRET, SECRET_FILE, URL_PATH, USER
};

static const struct option options[] = {
	[CONFIG] = { "config", 'c', "FILE", "the configuration file to make" },
	[NAME] = { "name", 'n', "NAME",
	    "the endpoint's name (default svix)" },
	[LOG] = { "log", 'l', "FILE", "keep events in this JSON-lines log" },
	[SPOOL] = { "spool", 'd', "DIR",
	    "keep events as single files in this directory" },
	[SECRET] = { "secret", 0, "-",
	    "take the secret from standard input" },
	[SECRET_FILE] = { "secret-file", 's', "FILE",
	    "the secret's file; made if it is not there" },
	[URL_PATH] = { "path", 'p', "PATH",
	    "the URL's path (default: any)" },
	[USER] = { "user", 'u', "USER",
	    "the user that runs the responder (as root)" },
	OPTION_END
};

static bool
check_secret(const struct input *in, const char *name, struct err *err)
{
	struct keyset set;

	if (!keyset_parse(&set, name, in->data, in->len, err))
		return false;
	keyset_wipe(&set);
	return true;
}

/* Who gets what is made; FILE_KEEP_OWNER: whoever makes it. */
struct maker {
	unsigned	uid, gid;
};

/*
 * Where the user could plant a link, root's own rights would follow it: there
 * everything is made with the rights of that user, until owner_resume().
 */
static bool
act_for(const struct plan *plan, const char *path, struct maker *maker,
    struct err *err)
{
	maker->uid = plan->uid;
	maker->gid = plan->gid;
	if (plan->uid == FILE_KEEP_OWNER || trusted_path(path))
		return true;
	maker->uid = maker->gid = FILE_KEEP_OWNER;
	return owner_act_as(plan->uid, plan->gid, err);
}

/* In a directory of root the secret stays root's, for the user's group. */
static bool
write_secret(const struct plan *plan, const char *text, size_t len,
    const char *what, struct err *err)
{
	struct maker maker;
	struct new_file file;
	bool done;

	if (!act_for(plan, plan->secret_file, &maker, err))
		return false;
	file = (struct new_file){ plan->secret_file,
	    maker.uid != FILE_KEEP_OWNER ? 0640 : 0600, FILE_KEEP_OWNER,
	    maker.gid, text, len };
	done = file_create(&file, err);
	owner_resume();
	if (done)
		printf("made   %s (%s)\n", plan->secret_file, what);
	return done;
}

static bool
take_secret(const struct plan *plan, struct err *err)
{
	struct input in = { NULL, 0 };
	bool done = prompt_secret(&in, err) &&
	    check_secret(&in, "standard input", err) &&
	    write_secret(plan, in.data, in.len, "the secret you gave", err);

	input_wipe(&in);
	return done;
}

/* A file that is there is used as it is. */
static bool
make_secret(const struct plan *plan, bool *fresh, struct err *err)
{
	char secret[SECRET_SIZE + 1];
	struct maker maker;
	struct input in;
	bool done;

	*fresh = access(plan->secret_file, F_OK) != 0;
	if (!*fresh) {
		if (!act_for(plan, plan->secret_file, &maker, err))
			return false;
		done = input_read(&in, plan->secret_file, INPUT_SECRET_MAX,
		    err);
		owner_resume();
		done = done && check_secret(&in, plan->secret_file, err);
		if (done)
			printf("found  %s\n", plan->secret_file);
		input_wipe(&in);
		return done;
	}
	if (!random_secret(secret, err))
		return false;
	secret[SECRET_SIZE - 1] = '\n';
	done = write_secret(plan, secret, SECRET_SIZE, "a fresh secret", err);
	wipe(secret, sizeof(secret));
	return done;
}

static bool
make_directory(const char *path, const struct plan *plan, bool owned,
    struct err *err)
{
	struct maker maker;
	bool done, made;

	if (path == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if (!act_for(plan, path, &maker, err))
		return false;
	if (!owned)
		maker.uid = maker.gid = FILE_KEEP_OWNER;
	else if (maker.uid == FILE_KEEP_OWNER)
		maker.uid = geteuid();
	done = directory_create(path, maker.uid, maker.gid, &made, err);
	owner_resume();
	if (done && made)
		printf("made   %s/\n", path);
	return done;
}

/* The directory of a file that is to be made. */
static bool
make_room(const char *file, const struct plan *plan, bool owned,
    struct err *err)
{
	const char *slash = strrchr(file, '/');
	char *dir = strndup(file, slash == file ? 1 :
	    (size_t)(slash - file));
	bool done = make_directory(dir, plan, owned, err);

	free(dir);
	return done;
}

static bool
make_config(const struct plan *plan, struct err *err)
{
	char *text = plan_text(plan);
	struct maker maker;
	struct new_file file;
	bool done;

	if (text == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	done = act_for(plan, plan->config, &maker, err);
	/* it holds no secret, and root's is read by other users */
	file = (struct new_file){ plan->config,
	    geteuid() == 0 ? 0644 : 0600, FILE_KEEP_OWNER, FILE_KEEP_OWNER,
	    text, strlen(text) };
	done = done && file_create(&file, err);
	owner_resume();
	if (done)
		printf("made   %s\n", plan->config);
	free(text);
	return done;
}

static bool
make_all(const struct plan *plan, bool paste, bool *fresh, struct err *err)
{
	char *dir = plan_directory(plan);
	bool done;

	*fresh = false;
	done = make_directory(dir, plan, true, err) &&
	    make_room(plan->config, plan, false, err) &&
	    make_room(plan->secret_file, plan, true, err) &&
	    (paste ? take_secret(plan, err) :
	    make_secret(plan, fresh, err)) &&
	    make_config(plan, err);
	free(dir);
	return done;
}

/* The new configuration is judged by what will read it. */
static bool
check_all(const struct plan *plan, struct err *err)
{
	char *nothing[] = { NULL };
	struct config_source source = { .file = plan->config,
	    .env = nothing };
	/* a log that is new is in no rotation yet */
	struct check check = { .config = plan->config };
	struct config config;

	if (!config_load(&config, &source, err))
		return false;
	for (size_t i = 0; i < config.endpoint_count; i++)
		check_endpoint(&check, &config.endpoints[i]);
	config_wipe(&config);
	return check.faults == 0 || err_set(err, OUTCOME_BAD_CONFIG,
	    "%s: %u fault%s; mend them and run hookcask check", plan->config,
	    check.faults, check.faults == 1 ? "" : "s");
}

static void
print_next(const struct plan *plan, bool fresh)
{
	const char *path = plan->path != NULL ? plan->path : "/webhooks";

	puts("\nWhat to do next:");
	if (fresh)
		printf("- Put the secret that your sender shows for this "
		    "endpoint (whsec_...)\n  in place of the fresh one in "
		    "%s,\n  or give the sender that one.\n",
		    plan->secret_file);
	printf("- Configure the web server, which runs the responder");
	if (plan->user != NULL)
		printf(" as user %s", plan->user);
	printf(";\n  \"hookcask config\" lists what there is, and this prints "
	    "one:\n  hookcask config%s%s %s\n",
	    plan->standard ? "" : " --config ",
	    plan->standard ? "" : plan->config,
	    geteuid() == 0 ? "lighttpd" : "apache-suexec");
#ifdef HAVE_CURL
	printf("- Try it: hookcask send%s%s http://127.0.0.1%s\n",
	    plan->standard ? "" : " --config ",
	    plan->standard ? "" : plan->config, path);
#else
	(void)path;
#endif
}

static bool
run(const struct args *args, struct err *err)
{
	const char *const *value = args->value;
	struct plan_choice choice = {
		.config = value[CONFIG],
		.name = value[NAME],
		.log = value[LOG],
		.spool = value[SPOOL],
		.secret_file = value[SECRET_FILE],
		.path = value[URL_PATH],
		.user = value[USER],
	};
	struct plan plan;
	struct stat st;
	bool fresh, done = false;

	if (value[SECRET] != NULL && strcmp(value[SECRET], "-") != 0)
		return err_set(err, OUTCOME_USAGE,
		    "--secret takes - alone and reads standard input: others "
		    "can see what stands in a command line");
	if (!plan_make(&plan, &choice, err))
		return false;
	if (lstat(plan.config, &st) == 0) {
		char *text = plan_text(&plan);

		say("%s: exists already; for another endpoint, add this:",
		    plan.config);
		fputs(text == NULL ? "" : text, stdout);
		free(text);
		err_set(err, OUTCOME_CANNOT_CREATE, "nothing was made");
	} else {
		done = make_all(&plan, value[SECRET] != NULL, &fresh, err) &&
		    check_all(&plan, err);
	}
	if (done)
		print_next(&plan, fresh);
	plan_wipe(&plan);
	return done;
}

const struct verb verb_init = {
	.name = "init",
	.group = GROUP_SET_UP,
	.summary = "make configuration, secret and store of an endpoint",
	.operands = "",
	.options = options,
	.run = run,
};
