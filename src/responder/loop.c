/* SPDX-License-Identifier: ISC */
/*
 * Passes the role of reading from thread to thread, and takes connections and
 * requests back from those that have served them.
 */
#include <config.h>

#include "responder/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"

bool
loop_init(struct loop *l, const struct loop_options *options, size_t max,
    struct err *err)
{
	memset(l, 0, offsetof(struct loop, in));
	l->options = *options;
	l->max = max < CONNECTIONS_MAX ? max : CONNECTIONS_MAX;
	l->ready_last = &l->ready;
	l->crowd.pfd[CROWD_STOP].fd = l->crowd.pfd[CROWD_LISTEN].fd = -1;
	atomic_init(&l->open, 0);
	atomic_init(&l->is_leaving, options->listener == NULL);
	if (options->listener != NULL)
		l->crowd.pfd[CROWD_STOP].fd = options->listener->stop[0];
	if (pipe2(l->wake, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_sys(err, OUTCOME_IO_ERROR, errno, "no pipe");
	l->crowd.pfd[CROWD_WAKE].fd = l->wake[0];
	for (int i = 0; i < CROWD_FIXED; i++)
		l->crowd.pfd[i].events = POLLIN;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->turn, NULL);
	return true;
}

void
loop_wipe(struct loop *l)
{
	struct request *r;

	while ((r = l->spare) != NULL) {
		l->spare = r->next;
		request_free(r);
	}
	while ((r = l->answered) != NULL) {
		l->answered = r->next;
		request_free(r);
	}
	pthread_cond_destroy(&l->turn);
	pthread_mutex_destroy(&l->lock);
	close(l->wake[0]);
	close(l->wake[1]);
}

/* Under the lock. */
static void
wake(struct loop *l)
{
	if (!l->is_asleep)
		return;
	l->is_asleep = false;
	/* a full pipe wakes it as well */
	if (write(l->wake[1], "", 1) < 0)
		return;
}

void
loop_read_on(struct loop *l, struct connection *c)
{
	c->state = CONNECTION_READS;
	pthread_mutex_lock(&l->lock);
	c->next = l->returned;
	l->returned = c;
	wake(l);
	pthread_mutex_unlock(&l->lock);
}

void
loop_answered(struct loop *l, struct request *r)
{
	struct connection *c = r->connection;
	bool was_left = r->is_left;
	bool stays = connection_answered(c, fileops_clock_ms()) &&
	    !(atomic_load(&l->is_leaving) && c->state == CONNECTION_IDLE);

	c->request = NULL;
	request_reset(r);
	if (!stays)
		connection_free(c);
	pthread_mutex_lock(&l->lock);
	r->next = l->answered;
	l->answered = r;
	l->left -= was_left;
	if (stays) {
		c->next = l->returned;
		l->returned = c;
	} else {
		atomic_fetch_sub(&l->open, 1);
	}
	/* a thread that is leaving waits for the last connection */
	if (stays || atomic_load(&l->is_leaving))
		wake(l);
	pthread_mutex_unlock(&l->lock);
}

bool
loop_may_leave(struct loop *l)
{
	bool may;

	pthread_mutex_lock(&l->lock);
	may = l->left < LOOP_LEFT_MAX;
	l->left += may;
	pthread_mutex_unlock(&l->lock);
	return may;
}

bool
loop_take(struct loop *l, struct loop_job *job)
{
	bool goes_on, calls;

	pthread_mutex_lock(&l->lock);
	while (l->is_held && !atomic_load(&l->is_leaving)) {
		l->waiting++;
		pthread_cond_wait(&l->turn, &l->lock);
		l->waiting--;
		l->is_called = false;
	}
	/* one thread is enough for what is still open */
	if (l->is_held) {
		pthread_mutex_unlock(&l->lock);
		return false;
	}
	l->is_held = true;
	pthread_mutex_unlock(&l->lock);
	goes_on = loop_read(l, job);
	pthread_mutex_lock(&l->lock);
	l->is_held = false;
	job->is_last = l->waiting == 0;
	calls = !job->is_last && !l->is_called;
	l->is_called |= calls;
	pthread_mutex_unlock(&l->lock);
	if (calls)
		pthread_cond_signal(&l->turn);
	return goes_on;
}
