/* SPDX-License-Identifier: ISC */
/*
 * Hands each event that dev receives on to a program under development.  The
 * secret is read each time, since it may be pasted in at any moment.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "cli/sender/forward.h"
#include "cli/setup/dev.h"
#include "cli/term/escape.h"
#include "event/record.h"

#define REPLY_SHOWN 200		/* bytes */

static bool
post(const char *url, const char *secret_file,
    const struct record_view *view, struct post *reply, struct err *why)
{
	struct secret_choice choice = { secret_file, NULL, NULL };
	struct forward f = { .url = NULL };
	bool answered = secrets_load(&f.secrets, &choice, why) &&
	    forward_open(&f, url, FORWARD_TIMEOUT, why);

	if (answered) {
		forward_post(&f, view, reply, why);
		answered = reply->status != 0;
	}
	forward_close(&f);
	return answered;
}

void
dev_forward(const char *url, const char *secret_file,
    struct hookcask_span record)
{
	struct err why = ERR_INIT;
	struct hookcask_span text;
	struct record_view view;
	struct post reply;

	if (!record_parse(&view, record.data, record.len))
		return;
	if (!post(url, secret_file, &view, &reply, &why)) {
		fprintf(stderr, "  -> %s: %s\n", view.id, why.text);
		return;
	}
	fprintf(stderr, "  -> %s: %ld in %" PRId64 " ms", view.id,
	    reply.status, reply.ms);
	text.data = reply.reply;
	text.len = reply.reply_len < REPLY_SHOWN ? reply.reply_len :
	    REPLY_SHOWN;
	if (reply.status > 299 && text.len > 0) {
		fputs(": ", stderr);
		put_escaped(stderr, text);
	}
	putc('\n', stderr);
}
