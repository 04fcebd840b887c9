/* SPDX-License-Identifier: ISC */
/*
 * Writes lines to standard error.  If it is a pipe or a socket whose reader is
 * stuck, write(2) blocks, and O_NONBLOCK would affect other programs that
 * share it.  So a thread of its own writes, and only it is ever stuck.
 */
#include <config.h>

#include "base/diag_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Kept while the reader is stuck. */
#define LINES		32
#define WAIT_MS		1000	/* without a thread */
#define PATIENCE_NS	100000000	/* with one */
#define STACK_SIZE	((size_t)64 << 10)

static struct {
	pthread_mutex_t	 lock;
	pthread_cond_t	 came, went;
	bool		 is_enabled, has_thread;
	bool		 is_stuck;	/* a line was not written in time */
	uint64_t	 put, written;	/* lines, since the start */
	uint64_t	 lost;		/* since the last report */
	struct {
		size_t	 len;
		char	 text[DIAG_WRITER_LINE_MAX];
	} lines[LINES];
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.came = PTHREAD_COND_INITIALIZER };

void
diag_writer_write(int fd, const char *line, size_t len)
{
	ssize_t n;

	do
		n = write(fd, line, len);
	while (n == -1 && errno == EINTR);
}

/* Waits even if somebody made the descriptor non-blocking. */
static void
write_when_ready(const char *line, size_t len, int wait_ms)
{
	struct pollfd pfd = { STDERR_FILENO, POLLOUT, 0 };

	if (poll(&pfd, 1, wait_ms) != 0)
		diag_writer_write(STDERR_FILENO, line, len);
}

/* Under the lock, which it gives up while it writes. */
static void
report_lost(void)
{
	char line[120];

	if (queue.lost == 0 || queue.written != queue.put)
		return;
	snprintf(line, sizeof(line), "hookcask: warning: %" PRIu64 " lines "
	    "were lost: nobody read them in time\n", queue.lost);
	queue.lost = 0;
	pthread_mutex_unlock(&queue.lock);
	write_when_ready(line, strlen(line), -1);
	pthread_mutex_lock(&queue.lock);
}

/* Lives as long as the process.  A line keeps its slot until it is written. */
static void *
run(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&queue.lock);
	for (;;) {
		size_t i = (size_t)(queue.written % LINES);

		if (queue.written == queue.put) {
			pthread_cond_wait(&queue.came, &queue.lock);
			continue;
		}
		pthread_mutex_unlock(&queue.lock);
		write_when_ready(queue.lines[i].text, queue.lines[i].len, -1);
		pthread_mutex_lock(&queue.lock);
		queue.written++;
		queue.is_stuck = false;
		pthread_cond_broadcast(&queue.went);
		report_lost();
	}
	return NULL;
}

/* Under the lock.  Signals are for the other threads. */
static bool
start(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	size_t stack = STACK_SIZE;
	sigset_t all, before;

	if (queue.has_thread || !queue.is_enabled)
		return queue.has_thread;
#ifdef PTHREAD_STACK_MIN
	if (stack < (size_t)PTHREAD_STACK_MIN)
		stack = (size_t)PTHREAD_STACK_MIN;
#endif
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	queue.has_thread = pthread_create(&thread, &attr, run, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return queue.has_thread;
}

/* Under the lock. */
static void
wait_for(uint64_t line)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += PATIENCE_NS;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	while (queue.written < line && !queue.is_stuck)
		if (pthread_cond_timedwait(&queue.went, &queue.lock, &end) !=
		    0)
			queue.is_stuck = queue.written < line;
}

void
diag_writer_enable(void)
{
	pthread_condattr_t attr;

	pthread_mutex_lock(&queue.lock);
	if (!queue.is_enabled) {
		/* the wall clock may be set */
		pthread_condattr_init(&attr);
		pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
		pthread_cond_init(&queue.went, &attr);
		pthread_condattr_destroy(&attr);
		queue.is_enabled = true;
	}
	pthread_mutex_unlock(&queue.lock);
}

void
diag_writer_put(const char *line, size_t len)
{
	size_t i;

	if (len > DIAG_WRITER_LINE_MAX)
		len = DIAG_WRITER_LINE_MAX;
	pthread_mutex_lock(&queue.lock);
	if (!start()) {
		pthread_mutex_unlock(&queue.lock);
		write_when_ready(line, len, WAIT_MS);
		return;
	}
	if (queue.put - queue.written == LINES) {
		queue.lost++;
	} else {
		i = (size_t)(queue.put % LINES);
		memcpy(queue.lines[i].text, line, len);
		queue.lines[i].len = len;
		queue.put++;
		pthread_cond_signal(&queue.came);
		wait_for(queue.put);
	}
	pthread_mutex_unlock(&queue.lock);
}
