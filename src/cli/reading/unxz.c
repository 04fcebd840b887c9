/* SPDX-License-Identifier: ISC */
/*
 * Unpacks a file by a child, xz(1), which reads it itself.  No library: a
 * machine on which xz packs rotated logs has the program.
 */
#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/reading/unxz.h"

#define NO_PROGRAM	127	/* as sh(1) has it */

/* In the child; never returns. */
static void
become(int in, int out)
{
	int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* out of reach of the terminal's signals: the reader ends it */
	if (setpgid(0, 0) == 0 && dup2(in, STDIN_FILENO) != -1 &&
	    dup2(out, STDOUT_FILENO) != -1 &&
	    dup2(quiet, STDERR_FILENO) != -1 &&
	    /* a reader that only puts root's power off gives it up here */
	    setresgid(getegid(), getegid(), getegid()) == 0 &&
	    setresuid(geteuid(), geteuid(), geteuid()) == 0)
		execlp("xz", "xz", "-dc", (char *)NULL);
	_exit(NO_PROGRAM);
}

bool
unxz_open(struct unxz *x, int fd)
{
	int ends[2];

	if (lseek(fd, 0, SEEK_SET) == -1) {
		errno = ENOTSUP;
		return false;
	}
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	x->pid = fork();
	if (x->pid == 0)
		become(fd, ends[1]);
	close(ends[1]);
	x->out = ends[0];
	if (x->pid != -1)
		return true;
	x->pid = 0;
	close(x->out);
	errno = ENOMEM;
	return false;
}

static int
end(struct unxz *x)
{
	int status = -1;

	close(x->out);
	while (waitpid(x->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	x->pid = 0;
	return status;
}

ssize_t
unxz_read(struct unxz *x, void *buf, size_t len)
{
	ssize_t n;
	int status;

	do
		n = read(x->out, buf, len);
	while (n < 0 && errno == EINTR);
	if (n != 0)
		return n;
	status = end(x);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	errno = WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM ?
	    ENOTSUP : EILSEQ;
	return -1;
}

void
unxz_close(struct unxz *x)
{
	if (x->pid == 0)
		return;
	kill(x->pid, SIGKILL);
	end(x);
}
