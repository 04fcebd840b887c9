/* SPDX-License-Identifier: ISC */
/*
 * init: makes everything that one endpoint needs, and overwrites nothing.  The
 * responder makes the log itself, which it must own.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/host/endpoint.h"
#include "cli/setup/check.h"
#include "cli/setup/parts.h"
#include "cli/setup/places.h"
#include "cli/setup/plan.h"
#include "cli/setup/server.h"
#include "cli/term/jsonl.h"
#include "cli/term/say.h"
#include "cli/verb/verb.h"
#include "config/config_load.h"

#define PROBES	15	/* once a second */

enum {
	CONFIG, NAME, LOG, SPOOL, SECRET, SECRET_FILE, URL_PATH, USER,
	SERVER, SERVER_NAME, YES, JSON
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
	    "the secret's file; made if it does not exist" },
	[URL_PATH] = { "path", 'p', "PATH",
	    "the URL's path (default: any)" },
	[USER] = { "user", 'u', "USER",
	    "the user that runs the responder (as root)" },
	[SERVER] = { "server", 0, "SERVER",
	    "let lighttpd, apache or nginx run it (as root)" },
	[SERVER_NAME] = { "server-name", 0, "HOST",
	    "make a site of that name for nginx" },
	[YES] = { "yes", 'y', NULL, "reload the server without asking" },
	[JSON] = { "json", 'j', NULL,
	    "print JSON; text for people goes to standard error" },
	OPTION_END
};

/* Checks the new configuration as its readers will. */
static bool
check_all(const struct plan *plan, struct err *err)
{
	char *nothing[] = { NULL };
	struct config_source source = { .file = plan->config,
	    .env = nothing };
	/* a new log is in no rotation yet */
	struct check check = { .config = plan->config };
	struct config config;

	if (!config_load(&config, &source, err))
		return false;
	for (size_t i = 0; i < config.endpoint_count; i++)
		check_endpoint(&check, &config.endpoints[i]);
	config_wipe(&config);
	return check.faults == 0 || err_set(err, OUTCOME_BAD_CONFIG,
	    "%s: %u fault%s; fix them and run hookcask check", plan->config,
	    check.faults, check.faults == 1 ? "" : "s");
}

static void
print_secret(const struct plan *plan)
{
	printf("- Put the secret that your sender shows for this endpoint "
	    "(whsec_...)\n  in place of the fresh one in %s,\n  or give the "
	    "sender that one.\n", plan->secret_file);
}

/* The places of "hookcask config" for the new configuration. */
static bool
find_places(struct places *places, const struct plan *plan,
    const char *server_name, struct err *err)
{
	struct places_choice choice = { .server_name = server_name };
	struct config config;
	bool done;

	if (!config_open(&config, plan->config, err))
		return false;
	done = places_find(places, &config, &choice, err);
	config_wipe(&config);
	return done;
}

/* Prints the commands of each server whose responder may use the store. */
static void
print_servers(const struct plan *plan)
{
	struct err none = ERR_INIT;
	struct places places;
	bool found = false;

	if (geteuid() != 0 || plan->user == NULL ||
	    !find_places(&places, plan, NULL, &none)) {
		printf("- Configure the web server, which runs the responder; "
		    "\"hookcask config\"\n  lists what there is, and this "
		    "prints one:\n  hookcask config%s%s %s\n",
		    plan->standard ? "" : " --config ",
		    plan->standard ? "" : plan->config,
		    geteuid() == 0 ? "lighttpd" : "apache-suexec");
		return;
	}
	for (const struct server *s = server_next(NULL); s != NULL;
	    s = server_next(s)) {
		if (strcmp(server_user(s), plan->user) != 0)
			continue;
		found = true;
		printf("- For %s:\n", server_name(s));
		server_print(s, &places, false);
	}
	if (!found)
		printf("- Let a web server run the responder as user %s; "
		    "\"hookcask config\" lists\n  what it prints for "
		    "which.\n", plan->user);
	places_wipe(&places);
}

static void
print_next(const struct plan *plan, bool fresh)
{
	const char *path = plan->path != NULL ? plan->path : "/webhooks";

	puts("\nWhat to do next:");
	if (fresh)
		print_secret(plan);
	print_servers(plan);
#ifdef HAVE_CURL
	printf("- Try it: hookcask send%s%s http://127.0.0.1%s\n",
	    plan->standard ? "" : " --config ",
	    plan->standard ? "" : plan->config, path);
#else
	(void)path;
#endif
}

/* Asks whether the server may be reloaded. */
static bool
may_reload(const struct server *s, bool yes)
{
	char answer[8];

	if (yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	printf("Reload %s now? [y/N] ", server_name(s));
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	    (answer[0] == 'y' || answer[0] == 'Y');
}

/*
 * Sends a signed event that is verified and counted but not stored.  While a
 * server reloads, it may briefly answer as before.
 */
static bool
ask_server(const struct plan *plan, const char *tool, const char *host,
    struct err *err)
{
#ifdef HAVE_CURL
	static const struct timespec pause = { 1, 0 };
	const char *path = plan->path != NULL ? plan->path : "/webhooks";
	char text[2 * PATH_MAX + 512];

	for (int i = PROBES; i > 0; i--) {
		snprintf(text, sizeof(text), "'%s/hookcask' send "
		    "--config '%s' --type hookcask.probe --connect 127.0.0.1 "
		    "'http://%s%s'%s", tool, plan->config, host, path,
		    i > 1 ? " >/dev/null 2>&1" : "");
		if (server_run(text)) {
			printf("probed http://%s%s on this machine: a signed "
			    "event was accepted, not stored\n", host, path);
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return err_set(err, OUTCOME_UNAVAILABLE, "http://%s%s on this machine "
	    "does not accept a signed event yet; \"hookcask probe\" says why",
	    host, path);
#else
	(void)plan;
	(void)tool;
	(void)host;
	(void)err;
	return true;
#endif
}

static bool
serve(const struct plan *plan, const struct parts *parts,
    const struct server *s, const struct args *args, struct err *err)
{
	const char *name = args->value[SERVER_NAME];
	const char *path = plan->path != NULL ? plan->path : "/webhooks";
	bool is_nginx = strcmp(server_name(s), "nginx") == 0;
	struct places places;
	bool done;

	if (!find_places(&places, plan, name, err))
		return false;
	done = server_enable(s, &places, name != NULL, err);
	if (!done) {
		places_wipe(&places);
		return false;
	}
	puts("");
	if (is_nginx && name == NULL) {
		printf("What to do next:\n- Put this into a server { } of "
		    "nginx, then: nginx -t && systemctl reload nginx\n"
		    "  include snippets/hookcask.conf;\n");
	} else if (may_reload(s, args->value[YES] != NULL)) {
		done = server_reload(s, &places, err) &&
		    ask_server(plan, places.words[PLACES_BINDIR].values[0],
		    name != NULL ? name : "127.0.0.1", err);
		puts("What to do next:");
	} else {
		puts("What to do next:");
		server_print(s, &places, false);
	}
	places_wipe(&places);
	if (parts->fresh)
		print_secret(plan);
	printf("- Whether the public name and TLS work cannot be seen from "
	    "here; run:\n  hookcask probe https://%s%s\n"
	    "- \"hookcask refused\" lists what is refused, and so does %s.\n",
	    name != NULL ? name : "YOUR.HOST", path, server_log(s));
	return done;
}

static bool
take_server(const struct server **s, struct plan_choice *choice,
    const struct args *args, struct err *err)
{
	const char *name = args->value[SERVER];

	*s = NULL;
	if (name == NULL)
		return (args->value[YES] == NULL &&
		    args->value[SERVER_NAME] == NULL) || err_set(err,
		    OUTCOME_USAGE, "--yes and --server-name need --server");
	if ((*s = server_find(name, err)) == NULL)
		return false;
	if (args->value[SERVER_NAME] != NULL && strcmp(name, "nginx") != 0)
		return err_set(err, OUTCOME_USAGE,
		    "--server-name needs --server nginx");
	if (geteuid() != 0)
		return err_set(err, OUTCOME_NO_PERMISSION,
		    "--server %s: only root can configure it", name);
	if (choice->user == NULL)
		choice->user = server_user(*s);
	return strcmp(choice->user, server_user(*s)) == 0 || err_set(err,
	    OUTCOME_USAGE, "--server %s: its responder runs as user %s; remove "
	    "--user", name, server_user(*s));
}

static bool
make_endpoint(const struct plan *plan, const struct server *server,
    const struct args *args, struct parts *parts, struct err *err)
{
	bool done = parts_make(parts, plan, args->value[SECRET] != NULL,
	    err) && check_all(plan, err);

	if (server == NULL) {
		if (done)
			print_next(plan, parts->fresh);
		return done;
	}
	if (done && serve(plan, parts, server, args, err))
		return true;
	/* a server that was reloaded uses it */
	if (err->kind != OUTCOME_UNAVAILABLE)
		parts_unmake(parts, plan);
	return false;
}

static void
print_json(const struct plan *plan, const struct parts *parts,
    const struct server *server)
{
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_string(&j, "endpoint", plan->name);
	jsonl_string(&j, "config", plan->config);
	jsonl_string(&j, "secret_file", plan->secret_file);
	jsonl_flag(&j, "secret_is_new", parts->fresh);
	jsonl_string(&j, "log", plan->log);
	jsonl_string(&j, "spool", plan->spool);
	jsonl_string(&j, "path", plan->path);
	jsonl_string(&j, "user", plan->user);
	jsonl_string(&j, "server", server == NULL ? NULL :
	    server_name(server));
	jsonl_end(&j);
}

/*
 * From now on this process and the programs that it runs print on standard
 * error.  Returns what standard output was, or -1.
 */
static int
put_output_aside(struct err *err)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (fd != -1 && dup2(STDERR_FILENO, STDOUT_FILENO) != -1)
		return fd;
	err_sys(err, OUTCOME_IO_ERROR, errno, "standard output");
	if (fd != -1)
		close(fd);
	return -1;
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
	const struct server *server;
	struct plan plan;
	struct parts parts;
	struct stat st;
	bool done = false;
	int output = -1;

	if (value[SECRET] != NULL && strcmp(value[SECRET], "-") != 0)
		return err_set(err, OUTCOME_USAGE,
		    "--secret takes only - and reads standard input: other "
		    "users can see command lines");
	if (!take_server(&server, &choice, args, err) ||
	    !plan_make(&plan, &choice, err))
		return false;
	if (value[JSON] != NULL && (output = put_output_aside(err)) == -1) {
		plan_wipe(&plan);
		return false;
	}
	if (lstat(plan.config, &st) == 0) {
		char *text = plan_text(&plan);

		say("%s: exists already; for another endpoint, add this:",
		    plan.config);
		fputs(text == NULL ? "" : text, stdout);
		free(text);
		err_set(err, OUTCOME_CANNOT_CREATE, "nothing was made");
	} else {
		done = make_endpoint(&plan, server, args, &parts, err);
	}
	if (output != -1) {
		fflush(stdout);
		dup2(output, STDOUT_FILENO);
		close(output);
		if (done)
			print_json(&plan, &parts, server);
	}
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
