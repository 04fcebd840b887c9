/* SPDX-License-Identifier: ISC */
/*
 * Keeps one program running and speaks with it, as hookcask-stay(7) says.
 * Decides nothing about events: what was not answered is not its business.
 *
 *   found                                the connection
 *   another first line                   is over: no program for this
 *   a line that is no answer, or longer  is over
 *   than ENGINE_LINE_MAX
 *   the program has ended, or closed     is over, after the answers that it
 *   its input or output                  had written; half a line is none
 */
#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/fileops.h"
#include "base/span.h"
#include "cli/engine/engine_pipe.h"
#include "cli/host/child.h"
#include "cli/host/program_env.h"
#include "cli/host/stops.h"

#define PENDING_MAX	((size_t)256 << 10)	/* not yet taken by the pipe */
#define SHOWN_MAX	60			/* of a line that is none */
#define END_MS		1000			/* from a closed pipe on */

struct engine_pipe {
	char *const		*argv;
	const char		*endpoint;
	int64_t			 end_ms;
	struct child		 child;
	bool			 greeted;
	bool			 ended;		/* reaped; status */
	int64_t			 shut_ms;	/* 0, or it must have ended */
	int			 status;
	char			*out;		/* from out_at on: not taken */
	size_t			 out_at, out_len, out_size;
	char			*in;		/* answers, from in_at on */
	size_t			 in_at, in_len;
};

/* Writes what the pipe takes now. */
static void
push(struct engine_pipe *p)
{
	while (p->child.in != -1 && p->out_at < p->out_len) {
		ssize_t n = write(p->child.in, p->out + p->out_at,
		    p->out_len - p->out_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			child_close(&p->child.in);
			return;
		}
		p->out_at += (size_t)n;
	}
}

static bool
add(struct engine_pipe *p, struct hookcask_span text)
{
	size_t size = p->out_size;
	char *out;

	if (p->out_at > 0)
		memmove(p->out, p->out + p->out_at, p->out_len - p->out_at);
	p->out_len -= p->out_at;
	p->out_at = 0;
	while (size - p->out_len < text.len)
		size *= 2;
	if (size > p->out_size) {
		out = realloc(p->out, size);
		if (out == NULL)
			return false;
		p->out = out;
		p->out_size = size;
	}
	memcpy(p->out + p->out_len, text.data, text.len);
	p->out_len += text.len;
	return true;
}

/* The line and its LF, or none of it. */
static bool
add_line(struct engine_pipe *p, struct hookcask_span line)
{
	size_t before = p->out_len - p->out_at;

	if (add(p, line) && add(p, span_text("\n")))
		return true;
	p->out_len = p->out_at + before;
	return false;
}

static bool
greet(struct engine_pipe *p, const struct state_mark *marks, size_t count)
{
	char line[STATE_TOKEN_MAX + CIVIL_SIZE + 64], time[CIVIL_SIZE];
	bool ok;

	snprintf(line, sizeof(line), ENGINE_HELLO " %s", p->endpoint);
	ok = add_line(p, span_text(line));
	for (size_t i = 0; ok && i < count; i++) {
		civil_format(time, marks[i].at_ms / 1000);
		snprintf(line, sizeof(line), "checkpoint %s %s",
		    marks[i].token, time);
		ok = add_line(p, span_text(line));
	}
	return ok && add_line(p, span_text(""));
}

static bool
connect_pipe(void *ctx, const struct state_mark *marks, size_t count,
    struct err *err)
{
	struct engine_pipe *p = ctx;
	struct child_plan child = { .argv = p->argv, .talks = true };
	struct program_env env;
	bool ok;

	p->greeted = p->ended = false;
	p->shut_ms = 0;
	p->out_at = p->out_len = p->in_at = p->in_len = 0;
	if (!greet(p, marks, count) ||
	    !program_env_init(&env, p->endpoint))
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	child.env = env.list;
	ok = child_start(&p->child, &child, err);
	program_env_wipe(&env);
	if (ok)
		push(p);
	return ok;
}

static bool
put(void *ctx, struct hookcask_span line)
{
	struct engine_pipe *p = ctx;

	if (p->out_len - p->out_at >= PENDING_MAX)
		push(p);
	return p->out_len - p->out_at < PENDING_MAX && add_line(p, line);
}

static void
flush(void *ctx)
{
	struct engine_pipe *p = ctx;

	/* without memory its reader waits for our time limit */
	add_line(p, span_text(""));
	push(p);
}

static const char *
name(const struct engine_pipe *p)
{
	return p->argv[0];
}

/* How a program has ended by itself. */
static int
ended(const struct engine_pipe *p, struct err *err)
{
	int code = WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 0;

	if (WIFSIGNALED(p->status))
		err_set(err, OUTCOME_TRY_AGAIN, "%s was ended by signal %d",
		    name(p), WTERMSIG(p->status));
	else if (code == 0)
		err_set(err, OUTCOME_STORED, "%s has ended", name(p));
	else
		err_set(err, OUTCOME_TRY_AGAIN, "%s has ended with exit "
		    "status %d%s", name(p), code, code == EX_TEMPFAIL ?
		    " (later)" : "");
	return -1;
}

static int
nonsense(const struct engine_pipe *p, struct hookcask_span line,
    struct err *err)
{
	err_set(err, OUTCOME_TRY_AGAIN, "%s answered \"%.*s\"%s, which is "
	    "%s of hookcask-stay(7)", name(p),
	    (int)(line.len < SHOWN_MAX ? line.len : SHOWN_MAX),
	    (const char *)line.data, line.len < SHOWN_MAX ? "" : "...",
	    p->greeted ? "no answer" : "not \"" ENGINE_HELLO "\"");
	return -1;
}

/* A line that is whole, without its LF.  1, 0: none, -1: too long. */
static int
next_line(struct engine_pipe *p, struct hookcask_span *line)
{
	const char *from = p->in + p->in_at;
	size_t len = p->in_len - p->in_at;
	const char *lf = memchr(from, '\n', len);

	*line = span_make(from, lf == NULL ? len : (size_t)(lf - from));
	if (lf == NULL)
		return len == ENGINE_LINE_MAX ? -1 : 0;
	p->in_at += line->len + 1;
	return 1;
}

/* More of its output.  False: none now, or never again. */
static bool
fill(struct engine_pipe *p)
{
	ssize_t n;

	if (p->child.out == -1)
		return false;
	memmove(p->in, p->in + p->in_at, p->in_len - p->in_at);
	p->in_len -= p->in_at;
	p->in_at = 0;
	do
		n = read(p->child.out, p->in + p->in_len,
		    ENGINE_LINE_MAX - p->in_len);
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		child_close(&p->child.out);
	if (n > 0)
		p->in_len += (size_t)n;
	return n > 0;
}

static bool
hears(struct engine_pipe *p)
{
	struct pollfd in = { p->child.in, 0, 0 };

	if (in.fd != -1 && poll(&in, 1, 0) > 0)
		child_close(&p->child.in);
	return p->child.in != -1;
}

static int
answer(void *ctx, struct engine_answer *a, struct err *err)
{
	struct engine_pipe *p = ctx;
	struct hookcask_span line;
	int rc;

	child_listen(&p->child);
	push(p);
	for (;;) {
		rc = next_line(p, &line);
		if (rc < 0)
			return nonsense(p, line, err);
		if (rc > 0 && p->greeted)
			return engine_answer_parse(a, line.data, line.len) ?
			    1 : nonsense(p, line, err);
		if (rc > 0) {
			if (!span_is(line, ENGINE_HELLO))
				return nonsense(p, line, err);
			p->greeted = true;
			continue;
		}
		if (fill(p))
			continue;
		if (p->ended)
			return ended(p, err);
		/* all that it had written may be read after its end */
		p->ended = child_reap(&p->child, true, &p->status);
		if (p->ended)
			continue;
		if (p->child.out != -1 && hears(p))
			return 0;
		/* as a rule its end follows */
		if (p->shut_ms == 0)
			p->shut_ms = fileops_clock_ms() + END_MS;
		if (fileops_clock_ms() < p->shut_ms)
			return 0;
		err_set(err, OUTCOME_TRY_AGAIN, "%s has closed its standard "
		    "%s and does not end", name(p), p->child.in == -1 ?
		    "input" : "output");
		return -1;
	}
}

static int
fds(void *ctx, struct pollfd found[ENGINE_FDS])
{
	struct engine_pipe *p = ctx;

	/* that it closes its input is always reported */
	found[0].fd = p->child.in;
	found[0].events = p->out_at < p->out_len ? POLLOUT : 0;
	found[1].fd = p->child.out;
	found[1].events = POLLIN;
	found[2].fd = p->child.err;
	found[2].events = POLLIN;
	return ENGINE_FDS;
}

/* Reads on, so that a program which still writes can end. */
static void
wait_for_end(struct engine_pipe *p, int64_t ms, bool hurry)
{
	int64_t left, until = fileops_clock_ms() + ms;
	struct pollfd each[ENGINE_FDS + 1];

	each[0].fd = stops_fd();
	each[0].events = POLLIN;
	while (!p->ended && (left = until - fileops_clock_ms()) > 0 &&
	    (hurry || stops_count() < 2)) {
		fds(p, each + 1);
		poll(each, ENGINE_FDS + 1, left > 1000 ? 1000 : (int)left);
		stops_empty();
		child_listen(&p->child);
		while (fill(p))
			p->in_at = p->in_len;
		p->ended = child_reap(&p->child, true, &p->status);
	}
}

static void
close_pipe(void *ctx, bool hurry)
{
	struct engine_pipe *p = ctx;

	/* its sign to end */
	child_close(&p->child.in);
	p->out_at = p->out_len;
	p->in_at = p->in_len;
	if (!hurry)
		wait_for_end(p, p->end_ms, false);
	if (!p->ended) {
		child_signal(&p->child, SIGTERM);
		wait_for_end(p, CHILD_GRACE_MS, true);
	}
	while (!p->ended) {
		child_signal(&p->child, SIGKILL);
		wait_for_end(p, CHILD_GRACE_MS, true);
	}
	child_close(&p->child.out);
}

struct engine_pipe *
engine_pipe_make(struct engine *engine, char *const *argv,
    const char *endpoint, int64_t end_ms)
{
	struct engine_pipe *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->argv = argv;
	p->endpoint = endpoint;
	p->end_ms = end_ms;
	p->child.in = p->child.out = p->child.err = -1;
	p->out_size = PENDING_MAX;
	p->out = malloc(p->out_size);
	p->in = malloc(ENGINE_LINE_MAX);
	if (p->out == NULL || p->in == NULL) {
		engine_pipe_free(p);
		return NULL;
	}
	engine->connect = connect_pipe;
	engine->put = put;
	engine->flush = flush;
	engine->answer = answer;
	engine->fds = fds;
	engine->close = close_pipe;
	engine->ctx = p;
	return p;
}

void
engine_pipe_free(struct engine_pipe *p)
{
	if (p == NULL)
		return;
	free(p->out);
	free(p->in);
	free(p);
}
