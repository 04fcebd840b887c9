/* SPDX-License-Identifier: ISC */
/*
 * Lets a web server run the responder, with the commands that its package has
 * for that.  Edits no existing file, and each command can be undone.
 */
#include <config.h>

#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/setup/server.h"

#define STEPS_MAX	10
/* that of root's login; sudo may have a shorter one */
#define PATH		"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:" \
			"/sbin:/bin"
#define CONFIG_TO	"@bindir@/hookcask config -c @config@ "
#define LIGHTTPD	"/etc/lighttpd/conf-available/50-hookcask.conf"
#define LIGHTTPD_ON	"/etc/lighttpd/conf-enabled/50-hookcask.conf"
#define APACHE		"/etc/apache2/conf-available/hookcask.conf"
#define APACHE_ON	"/etc/apache2/conf-enabled/hookcask.conf"
#define NGINX		"/etc/nginx/snippets/hookcask.conf"
#define SITE		"/etc/nginx/sites-available/hookcask"
#define SITE_ON		"/etc/nginx/sites-enabled/hookcask"
#define SOCKET		"/etc/systemd/system/hookcask.socket"
#define SERVICE		"/etc/systemd/system/hookcask.service"

/* Shell commands with words of places in them; all but run may be NULL. */
struct step {
	const char	*unless;	/* it succeeds: nothing to do */
	const char	*run;
	const char	*undo;
	const char	*makes;		/* a file that must not exist yet */
	bool		 site;		/* only for a site of its own */
};

struct server {
	const char	*name;
	const char	*user;
	const char	*needs[2];	/* programs */
	const char	*log;
	const char	*reload;
	struct step	 steps[STEPS_MAX];
};

static const struct server servers[] = {
	{ "lighttpd", "www-data",
	    { "/usr/sbin/lighttpd", "/usr/sbin/lighty-enable-mod" },
	    "journalctl -u lighttpd, or /var/log/lighttpd/error.log",
	    "systemctl reload-or-restart lighttpd", {
		{ "grep -F @config@ " LIGHTTPD_ON " || " CONFIG_TO
		    "lighttpd | cmp - " LIGHTTPD, CONFIG_TO "lighttpd >"
		    LIGHTTPD, "rm " LIGHTTPD, LIGHTTPD, false },
		{ "test -e " LIGHTTPD_ON, "lighty-enable-mod hookcask",
		    "lighty-disable-mod hookcask", NULL, false },
		{ NULL, "lighttpd -tt -f /etc/lighttpd/lighttpd.conf", NULL,
		    NULL, false },
	    } },
	{ "apache", "www-data",
	    { "/usr/sbin/apache2", "/usr/sbin/a2enconf" },
	    "/var/log/apache2/error.log", "systemctl restart apache2", {
		{ "grep -F @config@ " APACHE_ON " || " CONFIG_TO
		    "apache-fcgid | cmp - " APACHE, CONFIG_TO "apache-fcgid >"
		    APACHE, "rm " APACHE, APACHE, false },
		{ "test -e /etc/apache2/mods-enabled/fcgid.load",
		    "a2enmod fcgid", "a2dismod fcgid", NULL, false },
		{ "test -e " APACHE_ON, "a2enconf hookcask",
		    "a2disconf hookcask", NULL, false },
		{ NULL, "apache2ctl configtest", NULL, NULL, false },
	    } },
	{ "nginx", "hookcask", { "/usr/sbin/nginx", "/usr/bin/systemctl" },
	    "journalctl -u hookcask", "systemctl reload-or-restart nginx", {
		{ "systemctl cat hookcask.socket", CONFIG_TO
		    "systemd hookcask.socket >" SOCKET, "rm " SOCKET, SOCKET,
		    false },
		{ "systemctl cat hookcask.service", CONFIG_TO
		    "systemd hookcask.service >" SERVICE, "rm " SERVICE,
		    SERVICE, false },
		{ "systemctl is-active hookcask.socket",
		    "systemctl enable --now hookcask.socket hookcask.service",
		    "systemctl disable --now hookcask.socket "
		    "hookcask.service", NULL, false },
		{ CONFIG_TO "nginx | cmp - " NGINX, CONFIG_TO "nginx >" NGINX,
		    "rm " NGINX, NGINX, false },
		{ NULL, CONFIG_TO "--server-name @servername@ nginx-site >"
		    SITE, "rm " SITE, SITE, true },
		{ NULL, "ln -s " SITE " " SITE_ON, "rm " SITE_ON, SITE_ON,
		    true },
		{ NULL, "nginx -t", NULL, NULL, true },
	    } },
};

#define SERVERS	(sizeof(servers) / sizeof(*servers))

static bool
is_here(const struct server *s)
{
	return access(s->needs[0], X_OK) == 0 && access(s->needs[1], X_OK) == 0;
}

const struct server *
server_find(const char *name, struct err *err)
{
	for (const struct server *s = servers; s < servers + SERVERS; s++) {
		if (strcmp(s->name, name) != 0)
			continue;
		if (is_here(s))
			return s;
		err_set(err, OUTCOME_UNAVAILABLE, "--server %s: needs %s and "
		    "%s; \"hookcask config\" prints what goes into other "
		    "configurations", name, s->needs[0], s->needs[1]);
		return NULL;
	}
	err_set(err, OUTCOME_USAGE, "--server %s: lighttpd, apache or nginx",
	    name);
	return NULL;
}

const struct server *
server_next(const struct server *s)
{
	for (s = s == NULL ? servers : s + 1; s < servers + SERVERS; s++)
		if (is_here(s))
			return s;
	return NULL;
}

const char *
server_name(const struct server *s)
{
	return s->name;
}

const char *
server_user(const struct server *s)
{
	return s->user;
}

const char *
server_log(const struct server *s)
{
	return s->log;
}

/* The text with its places filled in, malloc'd; NULL without memory. */
static char *
filled(const char *command, const struct places *places)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		return NULL;
	template_print(to, command, places->words);
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

bool
server_run(const char *command)
{
	int status;

	fflush(stdout);
	setenv("PATH", PATH, 1);
	status = system(command);
	return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
run_filled(const char *command, const struct places *places, bool shown)
{
	char *text = filled(command, places);
	char *quiet = NULL;
	size_t size;
	FILE *to;
	bool done = false;

	if (text == NULL)
		return false;
	if (shown) {
		printf("run    %s\n", text);
		done = server_run(text);
	} else if ((to = open_memstream(&quiet, &size)) != NULL) {
		fprintf(to, "{ %s; } >/dev/null 2>&1", text);
		done = fclose(to) == 0 && server_run(quiet);
	}
	free(quiet);
	free(text);
	return done;
}

static bool
is_wanted(const struct step *step, const struct places *places, bool site)
{
	return (site || !step->site) && (step->unless == NULL ||
	    !run_filled(step->unless, places, false));
}

void
server_print(const struct server *s, const struct places *places, bool site)
{
	for (const struct step *step = s->steps; step->run != NULL; step++) {
		char *text;

		if (!is_wanted(step, places, site))
			continue;
		text = filled(step->run, places);
		printf("  %s\n", text == NULL ? "" : text);
		free(text);
	}
	if (strcmp(s->name, "nginx") == 0 && !site)
		puts("  # into a server { } of nginx: include "
		    "snippets/hookcask.conf;");
	printf("  %s\n", s->reload);
}

/* Runs one step; existing files are left alone. */
static bool
take(const struct server *s, const struct step *step,
    const struct places *places, struct err *err)
{
	char *text;

	if (step->makes != NULL && access(step->makes, F_OK) == 0)
		return err_set(err, OUTCOME_CANNOT_CREATE, "%s: it exists, "
		    "but not as this configuration needs it; compare it with "
		    "what \"hookcask config\" prints, or move it away",
		    step->makes);
	if (run_filled(step->run, places, true))
		return true;
	text = filled(step->run, places);
	err_set(err, OUTCOME_BAD_CONFIG, "%s: this command failed: %s",
	    s->name, text == NULL ? "" : text);
	free(text);
	return false;
}

bool
server_enable(const struct server *s, const struct places *places, bool site,
    struct err *err)
{
	const struct step *ran[STEPS_MAX];
	size_t count = 0;

	for (const struct step *step = s->steps; step->run != NULL; step++) {
		if (!is_wanted(step, places, site))
			continue;
		if (take(s, step, places, err)) {
			ran[count++] = step;
			continue;
		}
		while (count-- > 0)
			if (ran[count]->undo != NULL)
				run_filled(ran[count]->undo, places, true);
		return false;
	}
	return true;
}

bool
server_reload(const struct server *s, const struct places *places,
    struct err *err)
{
	return run_filled(s->reload, places, true) || err_set(err,
	    OUTCOME_UNAVAILABLE, "%s: \"%s\" failed, though all is in place; "
	    "see %s", s->name, s->reload, s->log);
}
