/* SPDX-License-Identifier: ISC */
/*
 * config: prints the configuration of a web server, with the paths of this
 * installation.  The texts are those of deploy/, which the tests run.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/endpoint.h"
#include "cli/setup/places.h"
#include "cli/verb/nearest.h"
#include "cli/verb/verb.h"

enum {
	CONFIG, ENDPOINT, HTACCESS, RESPONDER_DIR, RUN_DIR, SERVER_NAME, URL,
	USER, WEB_GROUP
};

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[HTACCESS] = { "htaccess", 0, NULL,
	    "the .htaccess of a user, not of the server" },
	[RESPONDER_DIR] = { "responder-dir", 'r', "DIR",
	    "where hookcask.fcgi is" },
	[RUN_DIR] = { "run-dir", 0, "DIR", "where sockets are" },
	[SERVER_NAME] = { "server-name", 0, "HOST",
	    "the public name of a site" },
	[URL] = { "url", 0, "PATH", "what the responder's URLs begin with" },
	[USER] = { "user", 'u', "USER", "who runs the responder" },
	[WEB_GROUP] = { "web-group", 0, "GROUP", "the web server's group" },
	OPTION_END
};

/* One file of one server; those of a server are adjacent. */
struct file {
	const char	*server;
	const char	*name;		/* usually installed as */
	const char	*template;
	const char	*what;		/* for the list */
};

static const struct file files[] = {
	{ "apache-fcgid", "hookcask.conf", "apache/hookcask-fcgid.conf",
	    "Apache, mod_fcgid" },
	{ "apache-fcgid", ".htaccess", "apache/fcgid.htaccess",
	    "the same for a user" },
	{ "apache-cgi", "hookcask.conf", "apache/hookcask-cgi.conf",
	    "Apache, mod_cgid or mod_cgi" },
	{ "apache-cgi", ".htaccess", "apache/cgi.htaccess",
	    "the same for a user" },
	{ "apache-suexec", ".htaccess", "apache/suexec.htaccess",
	    "Apache, suexec: most shared hosts" },
	{ "apache-suexec", "wrapper", "apache/wrapper",
	    "the script beside it" },
	{ "apache-proxy", "hookcask.conf", "apache/hookcask-proxy-fcgi.conf",
	    "Apache, mod_proxy_fcgi to a socket" },
	{ "lighttpd", "hookcask.conf", "lighttpd/hookcask-spawn.conf",
	    "lighttpd, mod_fastcgi" },
	{ "lighttpd-socket", "hookcask.conf", "lighttpd/hookcask-socket.conf",
	    "lighttpd, to a socket" },
	{ "lighttpd-cgi", "hookcask.conf", "lighttpd/hookcask-cgi.conf",
	    "lighttpd, mod_cgi" },
	{ "nginx", "hookcask.conf", "nginx/hookcask.conf",
	    "nginx, to a socket" },
	{ "nginx-site", "hookcask", "nginx/hookcask-site.conf",
	    "a site of its own" },
	{ "nginx-fcgiwrap", "hookcask.conf", "nginx/hookcask-fcgiwrap.conf",
	    "nginx, fcgiwrap" },
	{ "caddy", "Caddyfile", "caddy/Caddyfile", "Caddy, to a socket" },
	{ "haproxy", "hookcask.cfg", "haproxy/hookcask.cfg",
	    "HAProxy, to a socket" },
	{ "h2o", "hookcask.yaml", "h2o/hookcask.yaml", "h2o, to a socket" },
	{ "systemd", "hookcask.socket", "systemd/hookcask.socket",
	    "the socket" },
	{ "systemd", "hookcask.service", "systemd/hookcask.service",
	    "one responder on it" },
	{ "systemd", "hookcask@.service", "systemd/hookcask@.service",
	    "more of them" },
	{ "systemd-drain", "hookcask-drain.service",
	    "systemd/hookcask-drain.service", "events to a program, at once" },
	{ "systemd-prune", "hookcask-prune@.service",
	    "systemd/hookcask-prune@.service", "removes old events" },
	{ "systemd-prune", "hookcask-prune@.timer",
	    "systemd/hookcask-prune@.timer", "each night" },
	{ "cron", "hookcask", "cron/hookcask",
	    "events to a program, each minute" },
	{ "cron", "crontab", "cron/crontab",
	    "the same for a user" },
	{ "spawn-fcgi", "hookcask-spawn-fcgi",
	    "spawn-fcgi/hookcask-spawn-fcgi", "one responder on a socket" },
	{ "multiwatch", "hookcask-multiwatch",
	    "spawn-fcgi/hookcask-multiwatch", "two, restarted if they end" },
	{ "openrc", "hookcask", "openrc/hookcask", "OpenRC service" },
	{ "runit", "run", "runit/run", "runit service" },
	{ "logrotate", "hookcask", "logrotate/hookcask",
	    "rotation of the log" },
	{ "logrotate", "system", "logrotate/system",
	    "of all logs, as packages ship it" },
	{ "icinga", "hookcask.conf", "icinga/hookcask.conf",
	    "the check for Icinga 2" },
	{ "tmpfiles", "hookcask.conf", "tmpfiles.d/hookcask.conf",
	    "the socket's directory" },
	{ "sysusers", "hookcask.conf", "sysusers.d/hookcask.conf",
	    "a user for the responder" },
	{ "apparmor", "hookcask.fcgi", "apparmor/hookcask.fcgi",
	    "AppArmor profile" },
	{ NULL, NULL, NULL, NULL }
};

static void
print_servers(void)
{
	puts("SERVER           FILE");
	for (const struct file *f = files; f->server != NULL; f++)
		printf("%-15s  %-22s  %s\n", f->server, f->name, f->what);
}

static bool
is_wanted(const struct args *args, const struct file *f)
{
	const char *name = args->operand_count > 1 ? args->operand[1] : NULL;

	if (strcmp(f->server, args->operand[0]) != 0)
		return false;
	if (name != NULL)
		return strcmp(f->name, name) == 0;
	if (strcmp(f->server, "logrotate") == 0)
		return strcmp(f->name, "system") != 0;
	/* /etc/cron.d is root's, a crontab anybody's */
	if (strcmp(f->server, "cron") == 0)
		return strcmp(f->name, geteuid() == 0 ? "hookcask" :
		    "crontab") == 0;
	/* a server's own file, unless asked for the user's */
	if (args->value[HTACCESS] != NULL)
		return strcmp(f->name, ".htaccess") == 0;
	return strcmp(f->name, ".htaccess") != 0 ||
	    strcmp(f->server, "apache-suexec") == 0;
}

/* The i-th server; its files follow each other and count once. */
static const char *
server_at(const void *ctx, size_t i)
{
	(void)ctx;
	for (const struct file *f = files; f->server != NULL; f++)
		if ((f == files || strcmp(f->server, f[-1].server) != 0) &&
		    i-- == 0)
			return f->server;
	return NULL;
}

static bool
no_such_file(const struct args *args, struct err *err)
{
	const char *meant = nearest(args->operand[0], server_at, NULL);

	/* itself: the second operand is wrong */
	if (meant != NULL && strcmp(meant, args->operand[0]) != 0)
		return err_set(err, OUTCOME_USAGE, "%s: there is no such file; "
		    "did you mean %s?", args->operand[0], meant);
	return err_set(err, OUTCOME_USAGE,
	    "%s%s%s%s: there is no such file; \"hookcask config\" lists them",
	    args->operand[0], args->operand_count > 1 ? " " : "",
	    args->operand_count > 1 ? args->operand[1] : "",
	    args->value[HTACCESS] != NULL ? " --htaccess" : "");
}

static bool
print_files(const struct args *args, const struct places *places,
    struct err *err)
{
	const struct word *words = places->words;
	size_t count = 0, done = 0;

	for (const struct file *f = files; f->server != NULL; f++)
		count += is_wanted(args, f);
	for (const struct file *f = files; f->server != NULL; f++) {
		if (!is_wanted(args, f))
			continue;
		if (words[PLACES_LOG].count == 0 &&
		    strcmp(f->server, "logrotate") == 0)
			return err_set(err, OUTCOME_BAD_CONFIG,
			    "there is nothing to rotate: a log with %%Y in "
			    "its name rotates itself, and a spool has no log");
		if (count > 1)
			printf("%s## %s\n", done++ > 0 ? "\n" : "", f->name);
		template_print(stdout, template_text(f->template), words);
		if (strstr(f->name, ".service") != NULL)
			hidden_tell(places, f->name);
	}
	return count > 0 || no_such_file(args, err);
}

static bool
run(const struct args *args, struct err *err)
{
	const char *const *value = args->value;
	struct places_choice choice = {
		.endpoint = value[ENDPOINT],
		.responder_dir = value[RESPONDER_DIR],
		.run_dir = value[RUN_DIR],
		.server_name = value[SERVER_NAME],
		.url = value[URL],
		.user = value[USER],
		.web_group = value[WEB_GROUP],
	};
	const char *server = NULL;
	struct config config;
	struct places places;
	bool done;

	if (args->operand_count == 0) {
		print_servers();
		return true;
	}
	for (size_t i = 0; server == NULL || strcmp(server,
	    args->operand[0]) != 0; i++)
		if ((server = server_at(NULL, i)) == NULL)
			return no_such_file(args, err);
	if (value[URL] != NULL && value[URL][0] != '/')
		return err_set(err, OUTCOME_USAGE, "--url %s: the path of a "
		    "URL, such as /webhooks", value[URL]);
	if (!config_open(&config, value[CONFIG], err))
		return false;
	if (strcmp(config.source, "environment") == 0)
		done = err_set(err, OUTCOME_USAGE, "the configuration is in "
		    "the environment; a server's configuration needs a file: "
		    "make one with hookcask init");
	else
		done = places_find(&places, &config, &choice, err);
	if (done) {
		done = print_files(args, &places, err);
		places_wipe(&places);
	}
	config_wipe(&config);
	return done;
}

const struct verb verb_config = {
	.name = "config",
	.group = GROUP_SET_UP,
	.summary = "print the configuration of a web server, ready for use",
	.operands = "[SERVER [FILE]]",
	.operands_max = 2,
	.options = options,
	.run = run,
	.word_at = server_at,
};
