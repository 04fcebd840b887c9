/* SPDX-License-Identifier: ISC */
/*
 * hookcask.fcgi: decides who has started it, a web server through CGI or
 * FastCGI or a person, and acts as that.
 */
#include <config.h>

#include <sys/resource.h>
#include <sys/stat.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/diag.h"
#include "responder/listener.h"
#include "responder/serve.h"
#include "responder/workers.h"

static const char usage[] =
    "usage: hookcask.fcgi [-c FILE]    (by a FastCGI server: the listening "
    "socket\n"
    "                                   is descriptor 0)\n"
    "       hookcask.fcgi --version | --help\n"
    "\n"
    "This program receives webhooks behind a web server, which starts it "
    "through\n"
    "FastCGI or CGI; started by hand it has nothing to do.  It reads "
    "HOOKCASK_CONFIG\n"
    "or other HOOKCASK_ variables, or the file that -c names, or " SYSCONFDIR
    "/hookcask.conf.\n"
    "To try it without a web server: spawn-fcgi -n -s SOCKET hookcask.fcgi\n"
    "See hookcask.fcgi(8).\n";

/*
 * Descriptors 0 to 2 must be there: else the first file we open would be
 * taken for standard error and get the operator's lines.
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

/* A core dump or a debugger of the same user would show the secrets. */
static void
hide_memory(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	/* the sanitizers' leak check is such a debugger */
#if defined(HAVE_PRCTL) && defined(PR_SET_DUMPABLE) && \
    !defined(__SANITIZE_ADDRESS__)
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void
ignore_signals(void)
{
	signal(SIGPIPE, SIG_IGN);	/* write(2) says EPIPE */
	signal(SIGXFSZ, SIG_IGN);	/* write(2) says EFBIG */
}

/* For a web server: its arguments are the query string, never read. */
static int
run_cgi(void)
{
	const struct site_options options = { NULL, environ, true, NULL };
	struct site *site = site_open(&options);
	const struct handler handler = { serve, site };

	if (site == NULL) {
		diag_say("error", "no memory to start");
		return EX_OSERR;
	}
	gateway_cgi(&handler, environ, site_body_timeout(site));
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

static int
run_fcgi(const char *file, const char *fault)
{
	const struct site_options options = { file, environ, false, fault };
	struct workers_options workers = {
		STDIN_FILENO, { serve, NULL }, limit, timeout, NULL
	};
	struct err err = ERR_INIT;

	workers.ctx = site_open(&options);
	workers.handler.ctx = workers.ctx;
	if (workers.ctx == NULL) {
		diag_say("error", "no memory to start");
		return EX_OSERR;
	}
	if (!workers_run(&workers, &err))
		diag_say("error", err.text);
	site_close(workers.ctx);
	return err.kind == OUTCOME_STORED ? EX_OK : EX_OSERR;
}

/* "-c FILE", "-cFILE" or nothing; NULL, or what is wrong with it. */
static const char *
read_arguments(int argc, char **argv, const char **file)
{
	*file = NULL;
	if (argc == 1)
		return NULL;
	if (strncmp(argv[1], "-c", 2) != 0)
		return "arguments: only -c FILE is understood";
	if (argv[1][2] != '\0' && argc == 2)
		*file = argv[1] + 2;
	else if (argv[1][2] == '\0' && argc == 3)
		*file = argv[2];
	else
		return "arguments: -c takes one FILE, and nothing follows it";
	return NULL;
}

static bool
is_alone(int argc, char **argv, const char *option)
{
	return argc == 2 && strcmp(argv[1], option) == 0;
}

int
main(int argc, char **argv)
{
	const char *file, *fault;

	fill_standard_descriptors();
	hide_memory();
	ignore_signals();
	umask(077);
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
	if (!listener_is(STDIN_FILENO)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	fault = read_arguments(argc, argv, &file);
	return run_fcgi(file, fault);
}
