/* SPDX-License-Identifier: ISC */
/*
 * The calls of struct fileops that wait until a deadline.  A timer interrupts
 * flock(2), which takes no time-out.
 */
#include <config.h>

#include <sys/file.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fileops.h"
#include "base/fileops_wait.h"

/* Where a timer can name the thread that it wakes. */
#if defined(SIGEV_THREAD_ID) && defined(__linux__)
#include <sys/syscall.h>
#ifndef sigev_notify_thread_id	/* musl has it, glibc only inside */
#define sigev_notify_thread_id _sigev_un._tid
#endif
#define set_waiter(sev) \
	((sev)->sigev_notify = SIGEV_THREAD_ID, \
	    (sev)->sigev_notify_thread_id = (pid_t)syscall(SYS_gettid))
#else
#define set_waiter(sev) ((sev)->sigev_notify = SIGEV_SIGNAL)
#endif

int64_t
fileops_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

ssize_t
fileops_receive(void *ctx, int fd, void *buf, size_t len, int64_t deadline_ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int64_t left;
	int rc;

	(void)ctx;
	do {
		left = deadline_ms - fileops_clock_ms();
		rc = poll(&wait, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX :
		    (int)left);
	} while (rc < 0 && errno == EINTR);
	if (rc == 0)
		errno = ETIMEDOUT;
	return rc > 0 ? read(fd, buf, len) : -1;
}

static void
wake_up(int sig)
{
	(void)sig;
}

static void
install_wake_up(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = wake_up; /* without SA_RESTART: flock gives EINTR */
	sigemptyset(&sa.sa_mask);
	sigaction(SIGALRM, &sa, NULL);
}

/* Waits in flock(2), which a timer interrupts at the deadline. */
static int
wait_for_lock(int fd, int64_t deadline_ms, timer_t timer)
{
	const struct itimerspec off = { { 0, 0 }, { 0, 0 } };
	int64_t left = deadline_ms - fileops_clock_ms();
	struct itimerspec on;
	int rc;

	/* repeated: the first signal may arrive before flock(2) waits */
	on.it_interval.tv_sec = 0;
	on.it_interval.tv_nsec = 100000000;
	on.it_value.tv_sec = (time_t)(left > 0 ? left / 1000 : 0);
	on.it_value.tv_nsec = (long)(left > 0 ? left % 1000 : 0) * 1000000 + 1;
	if (timer_settime(timer, 0, &on, NULL) != 0)
		return -1;
	do
		rc = flock(fd, LOCK_EX);
	while (rc != 0 && errno == EINTR &&
	    fileops_clock_ms() < deadline_ms);
	if (rc != 0 && errno == EINTR)
		errno = ETIMEDOUT;
	timer_settime(timer, 0, &off, NULL);
	return rc;
}

int
fileops_lock(void *ctx, int fd, int64_t deadline_ms)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	sigset_t alarm_only, before;
	struct sigevent sev;
	timer_t timer;
	int how = deadline_ms == FILEOPS_FOREVER ? LOCK_EX : LOCK_EX | LOCK_NB;
	int rc, error;

	(void)ctx;
	do
		rc = flock(fd, how);
	while (rc != 0 && errno == EINTR);
	if (rc == 0 || errno != EWOULDBLOCK)
		return rc;
	if (deadline_ms == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	pthread_once(&once, install_wake_up);
	memset(&sev, 0, sizeof(sev));
	sev.sigev_signo = SIGALRM;
	set_waiter(&sev);
	if (timer_create(CLOCK_MONOTONIC, &sev, &timer) != 0)
		return -1;
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &alarm_only, &before);
	rc = wait_for_lock(fd, deadline_ms, timer);
	error = errno;
	timer_delete(timer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return rc;
}
