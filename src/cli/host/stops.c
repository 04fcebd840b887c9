/* SPDX-License-Identifier: ISC */
/* Turns signals into bytes in a pipe, for poll(2). */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/host/stops.h"

static int ends[2] = { -1, -1 };
static volatile sig_atomic_t stops;

static void
note(int signo)
{
	int saved = errno;

	if (signo != SIGCHLD)
		stops = stops + 1;
	/* a full pipe will do: it is readable */
	if (write(ends[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

bool
stops_catch(struct err *err)
{
	static const int caught[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	struct sigaction action, old;

	if (pipe(ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0)
		return err_sys(err, OUTCOME_TRY_AGAIN, errno, "a pipe");
	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	action.sa_handler = note;
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		/* under nohup(1) it stays ignored */
		if (caught[i] == SIGCHLD || (sigaction(caught[i], NULL,
		    &old) == 0 && old.sa_handler != SIG_IGN))
			sigaction(caught[i], &action, NULL);
	/* a program need not read its input */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	return true;
}

int
stops_count(void)
{
	return stops;
}

int
stops_fd(void)
{
	return ends[0];
}

void
stops_empty(void)
{
	char bytes[64];

	while (read(ends[0], bytes, sizeof(bytes)) > 0)
		continue;
}
