/* SPDX-License-Identifier: ISC */
/* Starts lighttpd in front of the responder, and ends both. */
#include <config.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fileops.h"
#include "cli/setup/dev.h"

#define START_MS	10000
#define GRACE_MS	3000
#define STOP_MS		5000
#define PORT_TRIES	20

static void
nap(void)
{
	static const struct timespec some = { 0, 20000000 };

	nanosleep(&some, NULL);
}

static const char *
find_lighttpd(const char *named, char path[PATH_MAX])
{
	static const char *const places[] = {
		"/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin",
		"/opt/homebrew/bin"
	};
	const char *search = getenv("PATH");

	if (named != NULL)
		return access(named, X_OK) == 0 ? named : NULL;
	while (search != NULL && *search != '\0') {
		size_t len = strcspn(search, ":");

		if ((size_t)snprintf(path, PATH_MAX, "%.*s/lighttpd",
		    (int)len, search) < PATH_MAX && access(path, X_OK) == 0)
			return path;
		search += len + (search[len] == ':');
	}
	/* usual places that are not in a user's PATH */
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, PATH_MAX, "%s/lighttpd", places[i]);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* It is free now, but another process may take it. */
static int
free_port(struct err *err)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), port = 0;

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		err_sys(err, OUTCOME_UNAVAILABLE, errno, "a free port");
	else
		port = ntohs(address.sin_port);
	if (fd != -1)
		close(fd);
	return port;
}

static bool
write_config(const struct dev_place *p, int port, struct err *err)
{
	char text[9 * PATH_MAX];

	snprintf(text, sizeof(text),
	    "server.document-root = \"%s/run\"\n"
	    "server.bind = \"127.0.0.1\"\n"
	    "server.port = %d\n"
	    "server.errorlog = \"%s/run/error\"\n"
	    /* of the responder: diag has the same, and is shown */
	    "server.breakagelog = \"%s/run/output\"\n"
	    "server.pid-file = \"%s/run/pid\"\n"
	    "server.upload-dirs = ( \"%s/run\" )\n"
	    "server.modules = ( \"mod_fastcgi\" )\n"
	    "server.max-request-size = 2112\n"
	    "fastcgi.server = ( \"/\" => ((\n"
	    "    \"bin-path\" => \"%s\",\n"
	    "    \"socket\" => \"%s/run/socket\",\n"
	    "    \"min-procs\" => 1,\n"
	    "    \"max-procs\" => 1,\n"
	    "    \"check-local\" => \"disable\",\n"
	    "    \"bin-environment\" => ( \"HOOKCASK_CONFIG\" => \"%s\" ),\n"
	    "    \"bin-copy-environment\" => ( \"PATH\" )\n"
	    ")))\n", p->dir, port, p->dir, p->dir, p->dir, p->dir,
	    p->responder, p->dir, p->config);
	return dev_place_write(p, "lighttpd.conf", text, err);
}

/* It writes its pid file when it listens. */
static bool
wait_for_it(struct dev_server *s, const char *pid_file)
{
	int64_t deadline = fileops_clock_ms() + START_MS;
	struct stat st;

	while (fileops_clock_ms() < deadline) {
		if (dev_server_ended(s))
			return false;
		if (stat(pid_file, &st) == 0 && st.st_size > 0)
			return true;
		nap();
	}
	return false;
}

bool
dev_server_start(struct dev_server *s, const struct dev_place *p,
    const struct dev_choice *choice, struct err *err)
{
	char program[PATH_MAX], config[PATH_MAX], pid_file[PATH_MAX];
	char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	const char *found = find_lighttpd(choice->lighttpd, program);
	char *env[] = { path, NULL };
	char *argv[] = { (char *)(uintptr_t)found, (char *)(uintptr_t)"-D",
		(char *)(uintptr_t)"-f", config, NULL };
	struct child_plan plan = { .argv = argv, .env = env, .input = "" };

	if (found == NULL)
		return err_set(err, OUTCOME_UNAVAILABLE, "%s: not found; "
		    "install it (apt install lighttpd), or name it with "
		    "--lighttpd", choice->lighttpd != NULL ?
		    choice->lighttpd : "lighttpd");
	if ((size_t)snprintf(config, sizeof(config), "%s/lighttpd.conf",
	    p->dir) >= sizeof(config) || (size_t)snprintf(pid_file,
	    sizeof(pid_file), "%s/run/pid", p->dir) >= sizeof(pid_file))
		return err_set(err, OUTCOME_USAGE, "%s: path too long",
		    p->dir);
	for (int i = 0; i < (choice->port != 0 ? 1 : PORT_TRIES); i++) {
		s->port = choice->port != 0 ? (int)choice->port :
		    free_port(err);
		unlink(pid_file);
		if (s->port == 0 || !write_config(p, s->port, err) ||
		    !child_start(&s->child, &plan, err))
			return false;
		if (wait_for_it(s, pid_file))
			return true;
		dev_server_stop(s);
	}
	if (choice->port != 0)
		return err_set(err, OUTCOME_UNAVAILABLE, "lighttpd does not "
		    "start; is port %d in use?", s->port);
	return err_set(err, OUTCOME_UNAVAILABLE, "lighttpd does not start");
}

bool
dev_server_ended(struct dev_server *s)
{
	int status;

	child_listen(&s->child);
	return s->child.pid == 0 || child_reap(&s->child, false, &status);
}

static void
wait_for_end(struct dev_server *s, int64_t ms)
{
	int64_t deadline = fileops_clock_ms() + ms;
	int status;

	while (s->child.pid != 0 && !child_reap(&s->child, false, &status) &&
	    fileops_clock_ms() < deadline)
		nap();
}

/*
 * On SIGINT lighttpd finishes current requests: a sender must learn that its
 * event was stored.  Then its process group, with the responders, gets
 * SIGTERM, and what is left of it SIGKILL.
 */
void
dev_server_stop(struct dev_server *s)
{
	int64_t deadline = fileops_clock_ms() + GRACE_MS + STOP_MS;
	pid_t group = s->child.pid;

	if (group <= 0)
		return;
	kill(group, SIGINT);
	wait_for_end(s, GRACE_MS);
	kill(-group, SIGTERM);
	wait_for_end(s, STOP_MS);
	/* until the group has no members */
	while (kill(-group, 0) == 0 && fileops_clock_ms() < deadline)
		nap();
	kill(-group, SIGKILL);
	wait_for_end(s, STOP_MS);
}
