/* SPDX-License-Identifier: ISC */
/*
 * Runs a command when events were set aside.  A file keeps the time when it ran
 * last, so that a drain that cron starts each minute does not send a mail each
 * minute.  The file is not synced: after power loss people may hear twice.
 */
#include <config.h>

#include <sys/wait.h>

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileops.h"
#include "cli/batch/drain_notice.h"
#include "cli/host/program_env.h"
#include "cli/host/stops.h"
#include "cli/term/say.h"

#define COMMAND_MS	60000		/* it is ended then */

static void
name_file(const struct drain_notice *n, char name[64])
{
	snprintf(name, 64, "drain-%s.told", n->plan->where->consumer);
}

static int64_t
read_told(const struct drain_notice *n)
{
	const struct state_where *where = n->plan->where;
	char name[64], text[24] = "";
	int fd;

	name_file(n, name);
	fd = where->ops->open(where->ops->ctx, where->dir, name, O_RDONLY, 0);
	if (fd == -1)
		return 0;
	if (where->ops->read(where->ops->ctx, fd, text, sizeof(text) - 1, 0) <
	    0)
		text[0] = '\0';
	where->ops->close(where->ops->ctx, fd);
	return strtoll(text, NULL, 10);
}

/* If it cannot be written, only people hear more often. */
static void
write_told(const struct drain_notice *n)
{
	const struct state_where *where = n->plan->where;
	char name[64], text[24];
	struct iovec iov = { text, 0 };
	int fd;

	name_file(n, name);
	iov.iov_len = (size_t)snprintf(text, sizeof(text), "%" PRId64 "\n",
	    n->told_ms);
	fd = where->ops->open(where->ops->ctx, where->dir, name,
	    O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || !fileops_write_all(where->ops, fd, &iov, 1, 0))
		say("warning: %s/%s cannot be written: --on-set-aside may "
		    "run too often", where->dir_path, name);
	if (fd != -1)
		where->ops->close(where->ops->ctx, fd);
}

static int64_t
now_ms(const struct drain_notice *n)
{
	const struct fileops *ops = n->plan->where->ops;

	return ops->now_us(ops->ctx) / 1000;
}

void
drain_notice_init(struct drain_notice *n, const struct drain_plan *plan,
    const struct consumer_state *state)
{
	memset(n, 0, sizeof(*n));
	n->plan = plan;
	n->state = state;
	n->seen_end = -1;
	if (plan->on_set_aside == NULL)
		return;
	n->told_ms = read_told(n);
	/* a clock that was set back must not silence it */
	if (n->told_ms > now_ms(n))
		n->told_ms = 0;
}

static void
count(struct drain_notice *n)
{
	if (n->seen_end == n->state->journal.end)
		return;
	n->seen_end = n->state->journal.end;
	n->pending = 0;
	for (size_t i = 0; i < n->state->entry_count; i++)
		if (n->state->entries[i].failed &&
		    n->state->entries[i].tried_ms > n->told_ms)
			n->pending++;
}

void
drain_notice_add(struct drain_notice *n, const struct drain_event *event,
    const char *reason)
{
	size_t room = sizeof(n->list) - n->list_len;
	int len = snprintf(n->list + n->list_len, room, "  %s  %s  %s\n",
	    event->view.id, event->view.type, reason);

	/* what does not fit is in the number */
	if ((size_t)len < room)
		n->list_len += (size_t)len;
	else
		n->list[n->list_len] = '\0';
}

static void
start(struct drain_notice *n)
{
	char *argv[] = { (char *)(uintptr_t)"/bin/sh",
		(char *)(uintptr_t)"-c",
		(char *)(uintptr_t)n->plan->on_set_aside, NULL };
	struct child_plan plan = { .argv = argv, .input = n->input,
		.quiet = true };
	struct program_env env;
	struct err why = ERR_INIT;

	plan.input_len = (size_t)snprintf(n->input, sizeof(n->input),
	    "%" PRId64 " event%s of endpoint %s %s set aside:\n%.*s"
	    "\"hookcask failed --endpoint %s\" lists what is set aside.\n",
	    n->pending, n->pending == 1 ? "" : "s", n->plan->endpoint,
	    n->pending == 1 ? "was" : "were", (int)n->list_len, n->list,
	    n->plan->endpoint);
	if (!program_env_init(&env, n->plan->endpoint))
		return;
	program_env_add(&env, "HOOKCASK_SET_ASIDE=%" PRId64, n->pending);
	plan.env = env.list;
	n->told_ms = now_ms(n);
	write_told(n);
	if (!child_start(&n->child, &plan, &why))
		say("--on-set-aside: %s", why.text);
	n->pending = 0;
	n->list_len = 0;
	n->kill_ms = fileops_clock_ms() + COMMAND_MS;
	program_env_wipe(&env);
}

bool
drain_notice_step(struct drain_notice *n)
{
	int status;

	if (n->plan->on_set_aside == NULL)
		return false;
	if (n->child.pid != 0) {
		if (fileops_clock_ms() >= n->kill_ms || stops_count() > 1)
			child_signal(&n->child, SIGKILL);
		if (child_reap(&n->child, true, &status) && status != 0)
			say("--on-set-aside: its command failed; it will run "
			    "again for the next event that is set aside");
	}
	count(n);
	if (n->child.pid == 0 && n->pending > 0 &&
	    now_ms(n) >= n->told_ms + n->plan->notice_ms)
		start(n);
	return n->child.pid != 0;
}
