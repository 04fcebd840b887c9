/* SPDX-License-Identifier: ISC */
/*
 * Posts one event of a drain, in a process of its own: jobs, time limits and
 * signals work as for programs, and what it prints is kept likewise.
 */
#include <config.h>

#include <stdio.h>
#include <sysexits.h>

#include "base/span.h"
#include "cli/batch/drain_job.h"
#include "cli/term/escape.h"

#define REPLY_SHOWN 200		/* bytes */

static void
tell(const struct post *post, const struct err *why)
{
	struct hookcask_span reply = { post->reply, post->reply_len };

	if (reply.len > REPLY_SHOWN)
		reply.len = REPLY_SHOWN;
	if (post->status == 0) {
		fprintf(stderr, "%s\n", why->text);
		return;
	}
	fprintf(stderr, "answered %ld%s", post->status,
	    post->location[0] != '\0' ? ", a redirect to " :
	    reply.len > 0 ? ": " : "");
	if (post->location[0] != '\0')
		reply = span_text(post->location);
	put_escaped(stderr, reply);
	putc('\n', stderr);
}

int
drain_post(void *ctx)
{
	const struct drain_job *job = ctx;
	struct err why = ERR_INIT;
	struct post post;
	enum forward_end end = forward_post(job->forward, &job->events->view,
	    &post, &why);

	if (end != FORWARD_ACCEPTED)
		tell(&post, &why);
	switch (end) {
	case FORWARD_ACCEPTED:
		return EX_OK;
	case FORWARD_LATER:
		return EX_TEMPFAIL;
	case FORWARD_REFUSED:
		return EX_DATAERR;
	case FORWARD_ERROR:
		if (why.kind == OUTCOME_BAD_DATA)
			return EX_DATAERR;
		break;
	case FORWARD_WRONG:
		break;
	}
	return EX_CONFIG;
}
