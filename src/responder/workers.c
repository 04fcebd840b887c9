/* SPDX-License-Identifier: ISC */
/*
 * The main thread serves nobody: it takes the signals and sees the workers
 * leave.  They have all signals blocked always, so that none of them cuts a
 * read short, and learn of the end through the listener's pipe.
 */
#include <config.h>

#include "responder/workers.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "responder/listener.h"
#include "sandbox/sandbox.h"

/* SQLite and ed25519 over 1 MiB touch 28 KiB (measured on x86-64). */
#define STACK_SIZE	((size_t)256 << 10)

/* Each thread has one, and each request that was left. */
#define DOORS_MAX	(WORKERS_MAX + CONNECTIONS_LEFT)

struct worker {
	struct pool	*pool;
	pthread_t	 thread;
};

struct pool {
	const struct workers_options *options;
	struct listener	 listener;
	int		 left[2];	/* a pipe; a byte: one has left */
	_Atomic unsigned idle;
	pthread_mutex_t	 lock;		/* for all below */
	pthread_attr_t	 attr;
	unsigned	 started;	/* threads ever */
	unsigned	 alive;
	struct fcgi_owner owner;	/* of the doors */
	struct fcgi	*doors[DOORS_MAX];	/* that are free */
	unsigned	 free_doors;
	unsigned	 all_doors;
	unsigned	 waiting;	/* requests that hold no thread */
	unsigned	 most_waiting;
	pthread_cond_t	 is_back;	/* a door */
	struct err	 err;
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

/* Under the lock; false without memory. */
static bool
make_door(struct pool *pool)
{
	struct fcgi *door = pool->all_doors == DOORS_MAX ? NULL :
	    gateway_fcgi_new(pool->options->handler.room, &pool->owner);

	if (door == NULL)
		return false;
	pool->all_doors++;
	pool->doors[pool->free_doors++] = door;
	return true;
}

/* Each thread made one: without memory for more, one comes back. */
static struct fcgi *
take_door(struct pool *pool)
{
	struct fcgi *door;

	pthread_mutex_lock(&pool->lock);
	while (pool->free_doors == 0 && !make_door(pool))
		pthread_cond_wait(&pool->is_back, &pool->lock);
	door = pool->doors[--pool->free_doors];
	pthread_mutex_unlock(&pool->lock);
	return door;
}

static void
take_back(void *ctx, struct fcgi *door, bool was_left)
{
	struct pool *pool = ctx;

	pthread_mutex_lock(&pool->lock);
	pool->doors[pool->free_doors++] = door;
	if (was_left)
		pool->waiting--;
	pthread_cond_signal(&pool->is_back);
	pthread_mutex_unlock(&pool->lock);
}

static bool
may_leave(void *ctx)
{
	struct pool *pool = ctx;
	bool may;

	pthread_mutex_lock(&pool->lock);
	may = pool->waiting < pool->most_waiting;
	if (may)
		pool->waiting++;
	pthread_mutex_unlock(&pool->lock);
	return may;
}

/* When no thread is left: the last answers may still be under way. */
static void
free_doors(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (pool->free_doors < pool->all_doors)
		pthread_cond_wait(&pool->is_back, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	while (pool->free_doors > 0)
		gateway_fcgi_free(pool->doors[--pool->free_doors]);
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
	if (pool->all_doors <= pool->started && !make_door(pool))
		return false;
	/* before the thread starts: it decrements this itself */
	atomic_fetch_add(&pool->idle, 1);
	if (pthread_create(&w->thread, &pool->attr, worker_run, w) != 0) {
		atomic_fetch_sub(&pool->idle, 1);
		return false;
	}
	pool->started++;
	pool->alive++;
	return true;
}

static void
worker_serve(struct worker *w, int fd)
{
	struct pool *pool = w->pool;
	const struct workers_options *o = pool->options;

	if (atomic_fetch_sub(&pool->idle, 1) == 1) {
		pthread_mutex_lock(&pool->lock);
		pool_grow(pool);
		pthread_mutex_unlock(&pool->lock);
	}
	gateway_fcgi(take_door(pool), &o->handler, fd, o->timeout(o->ctx));
	atomic_fetch_add(&pool->idle, 1);
}

static void *
worker_run(void *arg)
{
	struct worker *w = arg;
	struct pool *pool = w->pool;
	struct err err = ERR_INIT;
	int fd;

	while ((fd = listener_take(&pool->listener, &err)) >= 0)
		worker_serve(w, fd);
	pthread_mutex_lock(&pool->lock);
	if (err.kind != OUTCOME_STORED && pool->err.kind == OUTCOME_STORED)
		pool->err = err;
	pool->alive--;
	pthread_mutex_unlock(&pool->lock);
	/* a full pipe wakes as well */
	if (write(pool->left[1], "", 1) < 0)
		return NULL;
	return NULL;
}

/*
 * Blocks what may come from outside; faults of our own must still end us.
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
		bool has_failed;

		pthread_mutex_lock(&pool->lock);
		alive = pool->alive;
		has_failed = pool->err.kind != OUTCOME_STORED;
		pthread_mutex_unlock(&pool->lock);
		if (alive == 0)
			return;
		if (!is_leaving && (is_told_to_leave || has_failed)) {
			listener_stop(&pool->listener);
			is_leaving = true;
		}
		/* signals arrive in here and nowhere else */
		if (ppoll(&pfd, 1, NULL, waiting) > 0 &&
		    read(pool->left[0], &byte, 1) < 0)
			continue;
	}
}

/* How many requests may wait without a thread: bounded by RLIMIT_NOFILE. */
static unsigned
count_waiting(unsigned threads)
{
	const rlim_t others = 64 + 3 * (rlim_t)threads;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= others)
		return 0;
	return limit.rlim_cur - others < CONNECTIONS_LEFT ?
	    (unsigned)(limit.rlim_cur - others) : CONNECTIONS_LEFT;
}

static bool
pool_start(struct pool *pool)
{
	size_t stack = STACK_SIZE;
	bool has_started;

#ifdef PTHREAD_STACK_MIN
	if (stack < (size_t)PTHREAD_STACK_MIN)
		stack = (size_t)PTHREAD_STACK_MIN;
#endif
	pool->most_waiting = count_waiting(pool->options->limit(
	    pool->options->ctx));
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->is_back, NULL);
	pthread_attr_init(&pool->attr);
	pthread_attr_setstacksize(&pool->attr, stack);
	pthread_mutex_lock(&pool->lock);
	has_started = pool_grow(pool);
	pthread_mutex_unlock(&pool->lock);
	return has_started;
}

bool
workers_run(const struct workers_options *options, struct err *err)
{
	static struct pool pool;	/* too large for a stack; zero */
	sigset_t waiting;

	pool.options = options;
	pool.owner = (struct fcgi_owner){ may_leave, take_back, &pool };
	block_signals(&waiting);
	if (!listener_init(&pool.listener, options->listen_fd, err))
		return false;
	if (pipe2(pool.left, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_sys(err, OUTCOME_IO_ERROR, errno, "no pipe");
	if (!pool_start(&pool))
		return err_set(err, OUTCOME_NO_MEMORY, "no thread starts; "
		    "raise the limit of processes (ulimit -u)");
	wait_for_end(&pool, &waiting);
	for (unsigned i = 0; i < pool.started; i++)
		pthread_join(pool.workers[i].thread, NULL);
	free_doors(&pool);
	pthread_attr_destroy(&pool.attr);
	pthread_cond_destroy(&pool.is_back);
	pthread_mutex_destroy(&pool.lock);
	close(pool.left[0]);
	close(pool.left[1]);
	listener_wipe(&pool.listener);
	if (pool.err.kind != OUTCOME_STORED)
		return err_set(err, pool.err.kind, "%s", pool.err.text);
	return true;
}
