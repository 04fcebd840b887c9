/* SPDX-License-Identifier: ISC */
/*
 * Makes a program's input and environment from events, and says how it ended.
 */
#include <config.h>

#include <sys/wait.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/batch/drain_job.h"
#include "cli/host/program_env.h"

static bool
make_env(struct program_env *env, const struct drain_job *job,
    const struct drain_plan *plan)
{
	const struct drain_event *event = job->events;
	char time[CIVIL_SIZE];

	if (!program_env_init(env, plan->endpoint))
		return false;
	program_env_add(env, "HOOKCASK_ATTEMPT=%" PRId64, event->tries + 1);
	if (!plan->is_batch) {
		civil_format(time, event->view.time);
		program_env_add(env, "HOOKCASK_ID=%s", event->view.id);
		program_env_add(env, "HOOKCASK_TYPE=%s", event->view.type);
		program_env_add(env, "HOOKCASK_TIME=%s", time);
	}
	return true;
}

/* The exact bytes that were signed. */
static bool
make_body(struct drain_job *job, struct hookcask_span *input,
    struct err *err)
{
	const struct record_view *view = &job->events->view;

	if (view->base64.len > 0) {
		job->input = malloc(view->body_len + 3);
		if (job->input == NULL)
			return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	}
	return record_body(view, (unsigned char *)job->input, input) ||
	    err_set(err, OUTCOME_BAD_DATA, "%s: broken body", view->id);
}

static bool
make_lines(struct drain_job *job, struct hookcask_span *input,
    struct err *err)
{
	const struct drain_event *event;
	size_t len = 0;

	for (event = job->events; event != NULL; event = event->next)
		len += event->len + 1;
	job->input = malloc(len);
	if (job->input == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	input->data = job->input;
	input->len = 0;
	for (event = job->events; event != NULL; event = event->next) {
		memcpy(job->input + input->len, event->line, event->len);
		input->len += event->len;
		job->input[input->len++] = '\n';
	}
	return true;
}

bool
drain_job_start(struct drain_job *job, const struct drain_plan *plan,
    int64_t now_ms, struct err *err)
{
	struct hookcask_span input = { NULL, 0 };
	struct child_plan child = { .argv = plan->argv, .quiet = plan->json };
	struct program_env env;
	bool ok;

	job->warned = job->timed_out = job->dropped = false;
	free(job->input);
	job->input = NULL;
	job->kill_ms = plan->timeout_ms == 0 ? 0 : now_ms + plan->timeout_ms;
	job->forward = plan->forward;
	if (plan->forward != NULL) {
		child.call = drain_post;
		child.ctx = job;
		return child_start(&job->child, &child, err);
	}
	if (!(plan->is_batch ? make_lines(job, &input, err) :
	    make_body(job, &input, err)))
		return false;
	if (!make_env(&env, job, plan))
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	child.env = env.list;
	child.input = input.data;
	child.input_len = input.len;
	ok = child_start(&job->child, &child, err);
	program_env_wipe(&env);
	return ok;
}

void
drain_job_kill(struct drain_job *job, int64_t now_ms)
{
	child_signal(&job->child, job->warned ? SIGKILL : SIGTERM);
	job->kill_ms = job->warned ? 0 : now_ms + CHILD_GRACE_MS;
	job->warned = true;
}

enum job_result
drain_job_result(const struct drain_job *job, int status, char reason[24])
{
	if (job->dropped && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return JOB_DROPPED;
	if (job->timed_out) {
		strcpy(reason, "timeout");
		return JOB_FAILED;
	}
	if (job->failed_as != NULL) {
		snprintf(reason, 24, "%s", job->failed_as);
		return JOB_FAILED;
	}
	if (WIFSIGNALED(status)) {
		snprintf(reason, 24, "signal:%d", WTERMSIG(status));
		return JOB_FAILED;
	}
	if (WEXITSTATUS(status) == 0)
		return JOB_DONE;
	if (WEXITSTATUS(status) == EX_TEMPFAIL)
		return JOB_LATER;
	if (job->forward != NULL && WEXITSTATUS(status) == EX_CONFIG)
		return JOB_WRONG;
	if (job->forward != NULL)
		strcpy(reason, "refused");
	else
		snprintf(reason, 24, "exit:%d", WEXITSTATUS(status));
	return JOB_FAILED;
}

void
drain_job_wipe(struct drain_job *job)
{
	struct drain_event *event;

	while ((event = job->events) != NULL) {
		job->events = event->next;
		drain_event_free(event);
	}
	job->count = 0;
	free(job->input);
	job->input = NULL;
}
