/* SPDX-License-Identifier: ISC */
/*
 * The main thread serves no request: it handles signals and waits for workers
 * to end.  Workers block all signals, so that none interrupts a read, and are
 * stopped through the listener's pipe.
 */
#include <config.h>

#include "responder/workers.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "responder/listener.h"
#include "responder/loop.h"
#include "sandbox/sandbox.h"

/* SQLite and ed25519 over 1 MiB touch 28 KiB (measured on x86-64). */
#define STACK_SIZE	((size_t)256 << 10)

struct worker {
	struct pool	*pool;
	pthread_t	 thread;
};

struct pool {
	const struct workers_options *options;
	struct listener	 listener;
	struct loop	 loop;
	int		 left[2];	/* a pipe; a byte: one has left */
	pthread_mutex_t	 lock;		/* for all below */
	pthread_attr_t	 attr;
	unsigned	 started;	/* threads, in all */
	unsigned	 alive;
	struct worker	 workers[WORKERS_MAX];
};

static volatile sig_atomic_t is_told_to_leave;

static const int leave_signals[] = { SIGTERM, SIGUSR1, SIGINT, SIGHUP };
#define LEAVE_SIGNALS	(sizeof(leave_signals) / sizeof(leave_signals[0]))

static void	*worker_run(void *);

static void
tell_to_leave(int sig)
{
	(void)sig;
	is_told_to_leave = 1;
}

/* Under the lock.  Fewer threads than wanted are no error. */
static bool
pool_grow(struct pool *pool)
{
	unsigned limit = pool->options->limit(pool->options->ctx);
	struct worker *w = &pool->workers[pool->started];

	if (pool->started >= limit || pool->started >= WORKERS_MAX)
		return false;
	w->pool = pool;
	if (pthread_create(&w->thread, &pool->attr, worker_run, w) != 0)
		return false;
	pool->started++;
	pool->alive++;
	return true;
}

static void *
worker_run(void *arg)
{
	struct pool *pool = ((struct worker *)arg)->pool;
	struct loop_job job;

	while (loop_take(&pool->loop, &job)) {
		if (job.is_last) {
			pthread_mutex_lock(&pool->lock);
			pool_grow(pool);
			pthread_mutex_unlock(&pool->lock);
		}
		if (job.words != NULL)
			diag_say("warning", job.words);
		if (job.request != NULL)
			gateway_fcgi(job.request, &pool->options->handler);
	}
	pthread_mutex_lock(&pool->lock);
	pool->alive--;
	pthread_mutex_unlock(&pool->lock);
	/* a full pipe wakes as well */
	if (write(pool->left[1], "", 1) < 0)
		return NULL;
	return NULL;
}

/*
 * Blocks signals from outside; our own faults must still end the process.
 * *waiting is for ppoll(2) in this thread.
 */
static void
block_signals(sigset_t *waiting)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGABRT, SIGTRAP, SIGSYS };
	struct sigaction sa, old;
	sigset_t all;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = tell_to_leave;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < LEAVE_SIGNALS; i++) {
		sigaction(leave_signals[i], &sa, &old);
		/* nohup(1), or a shell's background job */
		if (old.sa_handler == SIG_IGN && (leave_signals[i] == SIGHUP ||
		    leave_signals[i] == SIGINT))
			sigaction(leave_signals[i], &old, NULL);
	}
	sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&all, faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, waiting);
	for (size_t i = 0; i < LEAVE_SIGNALS; i++)
		sigdelset(waiting, leave_signals[i]);
}

static void
wait_for_end(struct pool *pool, const sigset_t *waiting)
{
	struct pollfd pfd = { pool->left[0], POLLIN, 0 };
	bool is_leaving = false;
	char byte;

	for (;;) {
		unsigned alive;

		pthread_mutex_lock(&pool->lock);
		alive = pool->alive;
		pthread_mutex_unlock(&pool->lock);
		if (alive == 0)
			return;
		if (!is_leaving && is_told_to_leave) {
			listener_stop(&pool->listener);
			is_leaving = true;
		}
		/* signals are delivered only here */
		if (ppoll(&pfd, 1, NULL, waiting) > 0 &&
		    read(pool->left[0], &byte, 1) < 0)
			continue;
	}
}

/* How many connections RLIMIT_NOFILE leaves room for. */
static size_t
count_connections(unsigned threads)
{
	const rlim_t others = 64 + 2 * (rlim_t)threads;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return CONNECTIONS_MAX;
	/* others is a guess: accept(2) fails if it was too low */
	return (size_t)(limit.rlim_cur > 2 * others ?
	    limit.rlim_cur - others : limit.rlim_cur / 2);
}

static bool
pool_start(struct pool *pool)
{
	bool has_started;

	pthread_mutex_init(&pool->lock, NULL);
	pthread_attr_init(&pool->attr);
	pthread_attr_setstacksize(&pool->attr, STACK_SIZE);
	pthread_mutex_lock(&pool->lock);
	has_started = pool_grow(pool);
	pthread_mutex_unlock(&pool->lock);
	return has_started;
}

bool
workers_run(const struct workers_options *options, struct err *err)
{
	static struct pool pool;	/* too large for a stack; zero */
	const struct loop_options loop = { &pool.listener,
		options->handler.room, options->timeout, options->max_body,
		options->ctx };
	sigset_t waiting;

	pool.options = options;
	block_signals(&waiting);
	if (!listener_init(&pool.listener, options->listen_fd, err) ||
	    !loop_init(&pool.loop, &loop, count_connections(options->limit(
	    options->ctx)), err))
		return false;
	if (pipe2(pool.left, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_sys(err, OUTCOME_IO_ERROR, errno, "no pipe");
	if (!pool_start(&pool))
		return err_set(err, OUTCOME_NO_MEMORY, "no thread starts; "
		    "raise the limit of processes (ulimit -u)");
	wait_for_end(&pool, &waiting);
	for (unsigned i = 0; i < pool.started; i++)
		pthread_join(pool.workers[i].thread, NULL);
	pthread_attr_destroy(&pool.attr);
	pthread_mutex_destroy(&pool.lock);
	close(pool.left[0]);
	close(pool.left[1]);
	if (pool.loop.err.kind != OUTCOME_STORED)
		err_set(err, pool.loop.err.kind, "%s", pool.loop.err.text);
	loop_wipe(&pool.loop);
	listener_wipe(&pool.listener);
	return err->kind == OUTCOME_STORED;
}
