/* SPDX-License-Identifier: ISC */
/*
 * hookcask.fcgi: finds out who has started it, a web server through CGI or
 * FastCGI, or a person, and acts accordingly.
 */
#include <config.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/diag_writer.h"
#include "base/sanitized.h"
#include "config/vault.h"
#include "responder/listener.h"
#include "responder/serve.h"
#include "responder/workers.h"
#include "sandbox/sandbox.h"

/* Descriptors that are tried if close_range(2) is missing. */
#define INHERITED_MAX	1024
/* Enough for all connections, and for the files of many endpoints. */
#define FILES_WANTED	(2 * CONNECTIONS_MAX)

static const char usage[] =
    "usage: hookcask.fcgi [-c FILE]    (by a FastCGI server: the listening "
    "socket\n"
    "                                   is descriptor 0)\n"
    "       hookcask.fcgi -s SOCKET [-c FILE]\n"
    "       hookcask.fcgi --version | --help\n"
    "\n"
    "This program receives webhooks behind a web server, which starts it "
    "through\n"
    "FastCGI or CGI; -s makes a unix socket of its own.  It reads "
    "HOOKCASK_CONFIG\n"
    "or other HOOKCASK_ variables, or the file that -c names, or " SYSCONFDIR
    "/hookcask.conf.\n"
    "See hookcask.fcgi(8).\n";

/*
 * Descriptors 0 to 2 must be open, or the first file that we open would become
 * standard error and get the operator's lines.
 */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * Closes descriptors that a web server has left open, which an intruder could
 * use: mod_fcgid leaves the pipes between Apache and its process manager.
 */
static void
close_inherited(void)
{
#ifdef HAVE_CLOSE_RANGE
	if (close_range(STDERR_FILENO + 1, ~0U, 0) == 0)
		return;
#elif defined(SYS_close_range)	/* a C library that does not know it */
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		return;
#endif
	for (int fd = STDERR_FILENO + 1; fd < INHERITED_MAX; fd++)
		close(fd);
}

/* A core dump, or a debugger of the same user, would show the secrets. */
static void
hide_memory(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	vault_hide();
}

static void
ignore_signals(void)
{
	signal(SIGPIPE, SIG_IGN);	/* write(2) says EPIPE */
	signal(SIGXFSZ, SIG_IGN);	/* write(2) says EFBIG */
}

/* Under CGI: the arguments are the query string, and never read. */
static int
run_cgi(void)
{
	const struct site_options options = { NULL, environ, true, NULL };
	struct site *site = site_open(&options);
	const struct handler handler = {
		serve_head, serve_body, SERVE_ROOM, site
	};
	struct attempt attempt;

	if (site == NULL) {
		diag_say("error", "no memory to start");
		return EX_OSERR;
	}
	gateway_cgi(&handler, environ, site_body_timeout(site),
	    site_max_body(site), &attempt);
	/* the end of the process frees all of it at once */
	if (IS_SANITIZED)
		site_close(site);
	return EX_OK;
}

static unsigned
limit(void *ctx)
{
	return site_threads(ctx);
}

static unsigned
timeout(void *ctx)
{
	return site_body_timeout(ctx);
}

static size_t
max_body(void *ctx)
{
	return site_max_body(ctx);
}

/*
 * Each connection needs a descriptor, and the usual soft limit is 1,024.  The
 * sandbox later lowers the limit to what the configuration needs.
 */
static void
raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= FILES_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max :
	    FILES_WANTED;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * SCHED_BATCH: a thread that wakes up does not preempt the one that is running:
 * a third of the switches are saved, and they are what a busy responder spends
 * most on (doc/measurements.md).  Priority stays as it is; threads inherit it.
 */
static void
leave_others_running(void)
{
#ifdef SCHED_BATCH
	struct sched_param param;
	int policy;

	if (pthread_getschedparam(pthread_self(), &policy, &param) == 0 &&
	    policy == SCHED_OTHER)
		pthread_setschedparam(pthread_self(), SCHED_BATCH, &param);
#endif
}

static int
run_fcgi(int fd, const char *file, const char *fault)
{
	const struct site_options options = { file, environ, false, fault };
	struct workers_options workers = {
		fd, { serve_head, serve_body, SERVE_ROOM, NULL }, limit,
		timeout, max_body, NULL
	};
	struct err err = ERR_INIT;

	leave_others_running();
	raise_files();
	workers.ctx = site_open(&options);
	workers.handler.ctx = workers.ctx;
	if (workers.ctx == NULL) {
		diag_say("error", "no memory to start");
		return EX_OSERR;
	}
	/* not earlier: a thread would stay outside the sandbox */
	diag_writer_enable();
	if (!workers_run(&workers, &err))
		diag_say("error", err.text);
	site_close(workers.ctx);
	return err.kind == OUTCOME_STORED ? EX_OK : EX_OSERR;
}

struct arguments {
	const char	*file;		/* of -c, or NULL */
	const char	*socket;	/* of -s, or NULL */
};

/* NULL, or what is wrong with them. */
static const char *
read_arguments(struct arguments *a, int argc, char **argv)
{
	int option;

	a->file = NULL;
	a->socket = NULL;
	opterr = 0;
	while ((option = getopt(argc, argv, "c:s:")) != -1) {
		if (option == 'c' && a->file == NULL)
			a->file = optarg;
		else if (option == 's' && a->socket == NULL)
			a->socket = optarg;
		else
			return "arguments: only -c FILE and -s SOCKET are "
			    "understood, each once";
	}
	return optind < argc ? "arguments: nothing may follow -c FILE and "
	    "-s SOCKET" : NULL;
}

/* -s: only here may a fault end the process, because a person reads it. */
static int
run_socket(const struct arguments *a)
{
	struct err err = ERR_INIT;
	int fd = listener_open(a->socket, &err);

	if (fd < 0) {
		diag_say("error", err.text);
		return EX_CANTCREAT;
	}
	return run_fcgi(fd, a->file, NULL);
}

static bool
is_alone(int argc, char **argv, const char *option)
{
	return argc == 2 && strcmp(argv[1], option) == 0;
}

int
main(int argc, char **argv)
{
	struct arguments arguments;
	const char *fault;

	fill_standard_descriptors();
	close_inherited();
	hide_memory();
	ignore_signals();
	/* each file names its mode; a chmod later could cost a setgid bit */
	umask(07);
	if (getenv("GATEWAY_INTERFACE") != NULL)
		return run_cgi();
	if (is_alone(argc, argv, "--version")) {
		puts(PACKAGE_STRING);
		return EX_OK;
	}
	if (is_alone(argc, argv, "--help")) {
		fputs(usage, stdout);
		return EX_OK;
	}
	fault = read_arguments(&arguments, argc, argv);
	if (listener_is(STDIN_FILENO))
		return run_fcgi(STDIN_FILENO, arguments.file,
		    fault == NULL && arguments.socket != NULL ? "arguments: "
		    "-s, but descriptor 0 is a listening socket already" :
		    fault);
	if (fault == NULL && arguments.socket != NULL)
		return run_socket(&arguments);
	fputs(usage, stderr);
	return EX_USAGE;
}
