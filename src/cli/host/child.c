/* SPDX-License-Identifier: ISC */
/*
 * Runs a program without ever waiting for it: its input may be larger than a
 * pipe, and it need not read it.
 */
#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/child.h"
#include "cli/term/progress.h"

#define READS_MAX 64

extern char **environ;

enum { IN_READ, IN_WRITE, ERR_READ, ERR_WRITE, WHY_READ, WHY_WRITE, OUT_READ,
	OUT_WRITE, ENDS };

void
child_close(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static bool
open_pipes(int ends[ENDS], bool talks)
{
	for (int i = 0; i < ENDS; i++)
		ends[i] = -1;
	for (int i = 0; i < (talks ? ENDS : OUT_READ); i += 2) {
		if (pipe(ends + i) != 0)
			return false;
		if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) != 0 ||
		    fcntl(ends[i + 1], F_SETFD, FD_CLOEXEC) != 0)
			return false;
	}
	return fcntl(ends[IN_WRITE], F_SETFL, O_NONBLOCK) == 0 &&
	    fcntl(ends[ERR_READ], F_SETFL, O_NONBLOCK) == 0 &&
	    (!talks || fcntl(ends[OUT_READ], F_SETFL, O_NONBLOCK) == 0);
}

/*
 * In the child: only async-signal-safe calls before execvp(3); never returns.
 * The tool has one thread, so a call may do more.
 */
static void
become(const struct child_plan *plan, const int ends[ENDS])
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	struct sigaction old;
	int error;
	sigset_t none;

	/* a session without a terminal: else it could type into ours */
	setsid();
	/* our handlers must not run here; ignored signals (nohup) stay so */
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			signal(signals[i], SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(ends[IN_READ], STDIN_FILENO) != -1 &&
	    dup2(ends[ERR_WRITE], STDERR_FILENO) != -1 &&
	    (!plan->quiet || dup2(STDERR_FILENO, STDOUT_FILENO) != -1) &&
	    (!plan->talks ||
	    dup2(ends[OUT_WRITE], STDOUT_FILENO) != -1)) {
		if (plan->call != NULL) {
			close(ends[WHY_WRITE]);
			_exit(plan->call(plan->ctx));
		}
		environ = (char **)(uintptr_t)plan->env;
		execvp(plan->argv[0], plan->argv);
	}
	error = errno;
	if (write(ends[WHY_WRITE], &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* 0: it runs; else the errno of execvp(3). */
static int
wait_for_exec(int fd)
{
	int error = 0;
	ssize_t n;

	do
		n = read(fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == sizeof(error) ? error : n < 0 ? errno : 0;
}

bool
child_start(struct child *c, const struct child_plan *plan, struct err *err)
{
	int ends[ENDS], error = 0;

	memset(c, 0, sizeof(*c));
	c->in = c->err = c->out = -1;
	if (!open_pipes(ends, plan->talks) || (c->pid = fork()) == -1) {
		error = errno;
		c->pid = 0;
		err_sys(err, OUTCOME_TRY_AGAIN, error, "starting %s",
		    plan->call != NULL ? "a process" : plan->argv[0]);
		goto out;
	}
	if (c->pid == 0)
		become(plan, ends);
	child_close(&ends[WHY_WRITE]);
	error = wait_for_exec(ends[WHY_READ]);
	if (error != 0) {
		while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
		c->pid = 0;
		err_sys(err, OUTCOME_UNAVAILABLE, error,
		    "%s: cannot be run", plan->argv[0]);
		goto out;
	}
	c->in = ends[IN_WRITE];
	c->err = ends[ERR_READ];
	c->out = ends[OUT_READ];
	ends[IN_WRITE] = ends[ERR_READ] = ends[OUT_READ] = -1;
	c->input = plan->input;
	c->input_len = plan->input_len;
	if (!plan->talks)
		child_feed(c);
out:
	for (int i = 0; i < ENDS; i++)
		child_close(&ends[i]);
	return error == 0;
}

void
child_feed(struct child *c)
{
	while (c->in != -1 && c->input_at < c->input_len) {
		ssize_t n = write(c->in, c->input + c->input_at,
		    c->input_len - c->input_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break; /* it need not read its input */
		c->input_at += (size_t)n;
	}
	child_close(&c->in);
}

/* Keeps the last bytes. */
static void
keep(struct child *c, const char *text, size_t len)
{
	size_t over;

	if (len > sizeof(c->said)) {
		text += len - sizeof(c->said);
		len = sizeof(c->said);
	}
	if (c->said_len + len > sizeof(c->said)) {
		over = c->said_len + len - sizeof(c->said);
		memmove(c->said, c->said + over, c->said_len - over);
		c->said_len -= over;
	}
	memcpy(c->said + c->said_len, text, len);
	c->said_len += len;
}

void
child_listen(struct child *c)
{
	char text[CHILD_SAID_MAX];
	ssize_t n;

	/* bounded: endless output must not keep us from other programs */
	for (int i = 0; c->err != -1; i++) {
		if (i == READS_MAX)
			return;
		n = read(c->err, text, sizeof(text));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			break;
		keep(c, text, (size_t)n);
		progress_clear();
		/* the operator sees it at once; an error does not matter */
		if (write(STDERR_FILENO, text, (size_t)n) < 0)
			continue;
	}
	child_close(&c->err);
}

void
child_signal(const struct child *c, int signo)
{
	if (c->pid > 0 && kill(-c->pid, signo) != 0)
		kill(c->pid, signo);
}

bool
child_reap(struct child *c, bool kill_rest, int *status)
{
	siginfo_t info;

	/* WNOWAIT: until it is reaped its pid is not reused */
	info.si_pid = 0;
	if (waitid(P_PID, (id_t)c->pid, &info,
	    WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
		return false;
	if (kill_rest)
		child_signal(c, SIGKILL);
	while (waitpid(c->pid, status, 0) == -1 && errno == EINTR)
		continue;
	child_listen(c);
	/* a process that it left running may hold the other end: no waiting */
	child_close(&c->err);
	child_close(&c->in);
	c->pid = 0;
	return true;
}
