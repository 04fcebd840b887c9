/* SPDX-License-Identifier: ISC */
/*
 * Reads all connections with poll(2).  The thread that holds the role makes no
 * call that could wait for anything else: no lock of a store, no file, no line
 * for the operator.
 */
#include <config.h>

#include "responder/loop.h"

#include <unistd.h>

#include "base/fileops.h"

/* The most unused requests whose memory is kept. */
#define SPARES_MAX	LOOP_LEFT_MAX
/* All requests that are arriving may hold this many times what one may. */
#define CROWD_TIMES	32
/* What most requests fit in; the head of a longer one is served first. */
#define FIRST_READ	((size_t)16 << 10)
#define PAUSE_MS	100	/* when no connection can be accepted */
#define SAY_MS		60000
#define LEAVE_MS	1000	/* an idle server may be about to send */
#define WAIT_MAX_MS	3600000

static void
end(struct loop *l, struct connection *c)
{
	connection_free(c);
	atomic_fetch_sub(&l->open, 1);
}

static void
keep(struct loop *l, struct request *r)
{
	if (l->spares == SPARES_MAX) {
		request_free(r);
		return;
	}
	r->next = l->spare;
	l->spare = r;
	l->spares++;
}

static void
take_request(struct loop *l, struct connection *c)
{
	struct request *r = c->request;

	if (r == NULL)
		return;
	c->request = NULL;
	request_reset(r);
	keep(l, r);
}

static bool
give_request(struct loop *l, struct connection *c)
{
	struct request *r = l->spare;

	if (r != NULL) {
		l->spare = r->next;
		l->spares--;
	} else if ((r = request_new(l->options.room)) == NULL) {
		return false;
	}
	r->gateway.max_body = l->options.max_body(l->options.ctx);
	r->connection = c;
	c->request = r;
	return true;
}

/* Does what a step asks for. */
static void
go(struct loop *l, size_t at, enum connection_step step)
{
	struct connection *c = l->crowd.member[at];

	if (step == CONNECTION_STAYS)
		return;
	crowd_remove(&l->crowd, at);
	if (step == CONNECTION_OVER) {
		take_request(l, c);
		end(l, c);
		return;
	}
	c->state = CONNECTION_SERVED;
	c->request->next = NULL;
	*l->ready_last = c->request;
	l->ready_last = &c->request->next;
}

static void
read_one(struct loop *l, size_t at)
{
	struct connection *c = l->crowd.member[at];
	int64_t now_ms = fileops_clock_ms();
	enum connection_step step;

	if (c->state != CONNECTION_READS && !give_request(l, c)) {
		go(l, at, CONNECTION_OVER);
		return;
	}
	step = connection_read(c, l->in, c->state == CONNECTION_IDLE ?
	    FIRST_READ : sizeof(l->in));
	if (c->state == CONNECTION_IDLE && c->fcgi.id != 0)
		connection_begin(c, now_ms, now_ms +
		    (int64_t)l->options.timeout(l->options.ctx) * 1000);
	else if (c->state != CONNECTION_READS)
		take_request(l, c);
	go(l, at, step);
}

static void
say(struct loop *l, const char *words, int64_t now_ms)
{
	if (l->said_ms != 0 && now_ms - l->said_ms < SAY_MS)
		return;
	l->said_ms = now_ms;
	l->words = words;
}

/* False if there is no connection to sacrifice. */
static bool
make_room(struct loop *l, int64_t now_ms)
{
	size_t at = crowd_last(&l->crowd, now_ms);

	say(l, "too many connections: the longest idle or the slowest ones "
	    "are being closed; raise the limit of open files (ulimit -n), "
	    "or find out which clients send so slowly", now_ms);
	if (at == l->crowd.count)
		return false;
	go(l, at, connection_give_way(l->crowd.member[at],
	    "too many connections, and this request was the slowest"));
	return true;
}

void
loop_add(struct loop *l, int fd)
{
	struct connection *c = connection_new(fd, fileops_clock_ms(),
	    (int64_t)l->options.timeout(l->options.ctx) * 1000);

	if (c == NULL) {
		close(fd);
		return;
	}
	c->loop = l;
	atomic_fetch_add(&l->open, 1);
	crowd_add(&l->crowd, c);
	/* usually the whole request is there already */
	read_one(l, l->crowd.count - 1);
}

static void
leave(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	atomic_store(&l->is_leaving, true);
	pthread_cond_broadcast(&l->turn);
	pthread_mutex_unlock(&l->lock);
	l->crowd.pfd[CROWD_STOP].fd = l->crowd.pfd[CROWD_LISTEN].fd = -1;
	l->leave_ms = fileops_clock_ms() + LEAVE_MS;
}

/* One at a time: other processes may be listening on the same socket. */
static void
accept_one(struct loop *l)
{
	int64_t now_ms = fileops_clock_ms();
	int fd = LISTENER_SHORT;

	if (atomic_load(&l->open) < l->max)
		fd = listener_take(l->options.listener, &l->err);
	if (fd == LISTENER_SHORT) {
		if (make_room(l, now_ms) && atomic_load(&l->open) < l->max)
			fd = listener_take(l->options.listener, &l->err);
		if (fd == LISTENER_SHORT)
			l->pause_ms = now_ms + PAUSE_MS;
	}
	if (fd >= 0)
		loop_add(l, fd);
	else if (fd == LISTENER_FAILED)
		leave(l);
}

/* Handles deadlines that have passed; returns the next one. */
static int64_t
end_late(struct loop *l, int64_t now_ms)
{
	int64_t next_ms = now_ms + WAIT_MAX_MS;

	for (size_t at = l->crowd.count; at-- > 0;) {
		struct connection *c = l->crowd.member[at];
		enum connection_step step = CONNECTION_STAYS;

		if (c->state == CONNECTION_IDLE && l->leave_ms != 0 &&
		    c->deadline_ms > l->leave_ms)
			c->deadline_ms = l->leave_ms;
		if (c->deadline_ms <= now_ms) {
			step = connection_late(c, now_ms);
			go(l, at, step);
		}
		if (step == CONNECTION_STAYS && c->deadline_ms < next_ms)
			next_ms = c->deadline_ms;
	}
	return next_ms;
}

static void
end_slowest(struct loop *l, int64_t now_ms)
{
	const size_t most = CROWD_TIMES * (FCGI_PARAMS_MAX +
	    l->options.max_body(l->options.ctx));

	while (crowd_bytes(&l->crowd) > most) {
		size_t at = crowd_slowest(&l->crowd, now_ms);

		go(l, at, connection_give_way(l->crowd.member[at],
		    "unfinished requests hold too much memory, and this one "
		    "was the slowest"));
	}
}

/* Takes back what threads have finished with. */
static void
take_returned(struct loop *l)
{
	struct connection *c;
	struct request *r;

	pthread_mutex_lock(&l->lock);
	l->is_asleep = false;
	c = l->returned;
	r = l->answered;
	l->returned = NULL;
	l->answered = NULL;
	pthread_mutex_unlock(&l->lock);
	while (c != NULL) {
		struct connection *next = c->next;

		crowd_add(&l->crowd, c);
		c = next;
	}
	while (r != NULL) {
		struct request *next = r->next;

		keep(l, r);
		r = next;
	}
}

/* False if there is work to do, or if all is over. */
static bool
fall_asleep(struct loop *l, bool *is_over)
{
	bool sleeps;

	pthread_mutex_lock(&l->lock);
	*is_over = atomic_load(&l->is_leaving) && atomic_load(&l->open) == 0;
	l->is_asleep = sleeps = !*is_over && l->returned == NULL;
	pthread_mutex_unlock(&l->lock);
	return sleeps;
}

static void
wait(struct loop *l, int64_t now_ms, int64_t until_ms)
{
	struct pollfd *pfd = l->crowd.pfd;
	char bytes[64];

	if (l->leave_ms == 0 && l->options.listener != NULL) {
		bool is_pause = now_ms < l->pause_ms;

		pfd[CROWD_LISTEN].fd = is_pause ? -1 : l->options.listener->fd;
		if (is_pause && l->pause_ms < until_ms)
			until_ms = l->pause_ms;
	}
	if (poll(pfd, CROWD_FIXED + l->crowd.count,
	    until_ms > now_ms ? (int)(until_ms - now_ms) : 0) < 0) {
		/* no memory for poll(2): try every connection, then again */
		poll(NULL, 0, PAUSE_MS);
		for (size_t i = 0; i < CROWD_FIXED + l->crowd.count; i++)
			pfd[i].revents = POLLIN;
		pfd[CROWD_STOP].revents = 0;
	}
	if (pfd[CROWD_WAKE].revents != 0 &&
	    read(l->wake[0], bytes, sizeof(bytes)) < 0)
		return;
}

static void
look(struct loop *l)
{
	const struct pollfd *pfd = l->crowd.pfd;
	bool is_told = pfd[CROWD_STOP].revents != 0;
	bool has_come = pfd[CROWD_LISTEN].fd >= 0 &&
	    pfd[CROWD_LISTEN].revents != 0;

	for (size_t at = l->crowd.count; at-- > 0;)
		if (pfd[CROWD_FIXED + at].revents != 0)
			read_one(l, at);
	if (is_told)
		leave(l);
	else if (has_come)
		accept_one(l);
}

static bool
has_job(struct loop *l, struct loop_job *job)
{
	job->request = l->ready;
	job->words = l->words;
	l->words = NULL;
	if (l->ready != NULL) {
		l->ready = l->ready->next;
		if (l->ready == NULL)
			l->ready_last = &l->ready;
	}
	return job->request != NULL || job->words != NULL;
}

bool
loop_read(struct loop *l, struct loop_job *job)
{
	bool is_over = false;

	while (!is_over && !has_job(l, job)) {
		int64_t now_ms, until_ms;

		take_returned(l);
		now_ms = fileops_clock_ms();
		until_ms = end_late(l, now_ms);
		end_slowest(l, now_ms);
		if (l->ready == NULL && fall_asleep(l, &is_over)) {
			wait(l, now_ms, until_ms);
			look(l);
		}
	}
	return !is_over;
}
