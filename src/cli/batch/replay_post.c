/* SPDX-License-Identifier: ISC */
/*
 * Does what the sender would do if asked for an event again: the same id, the
 * present time, a new signature.
 *
 *   answer                       means
 *   2xx                          accepted, or known by its id already
 *   429, 5xx, none at all        tried again, with growing delays; then all
 *                                stops
 *   anything else                refused: reported, the others go on; ten in a
 *                                row: not the event's fault, all stops
 */
#include <config.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fileops.h"
#include "cli/batch/replay.h"
#include "cli/sender/message.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"

#define TRIES_MAX 5		/* with 1, 2, 4 and 8 s between them */
#define REFUSED_MAX 10

bool
replay_wait(int64_t ms)
{
	int64_t end = fileops_clock_ms() + ms, left;

	while (drain_stops() == 0 && (left = end - fileops_clock_ms()) > 0) {
		struct pollfd fd = { drain_signal_fd(), POLLIN, 0 };

		poll(&fd, 1, left > 60000 ? 60000 : (int)left);
		drain_signal_empty();
	}
	return drain_stops() == 0;
}

static bool
read_body(struct replay_posting *p, const struct record_view *view,
    struct hookcask_span *body, struct err *err)
{
	/* decoding rounds up to whole groups of three */
	if (view->base64.len > 0 && view->body_len + 3 > p->size) {
		free(p->buf);
		p->size = view->body_len + 3;
		p->buf = malloc(p->size);
		if (p->buf == NULL) {
			p->size = 0;
			return err_set(err, OUTCOME_NO_MEMORY, "no memory");
		}
	}
	return record_body(view, p->buf, body) ||
	    err_set(err, OUTCOME_BAD_DATA, "%s: broken body", view->id);
}

/* The time is signed, so each try has a signature of its own. */
static bool
post_once(struct replay_posting *p, const struct record_view *view,
    struct post *post, struct err *err)
{
	char headers[MESSAGE_HEADERS][MESSAGE_HEADER_SIZE];
	struct message m;

	memset(&m, 0, sizeof(m));
	m.timestamp = time(NULL);
	m.webhook = p->webhook;
	if (!message_name(&m, view->id, err) ||
	    !message_sign(&m, &p->secrets, post->body, err))
		return false;
	post->headers[0] = "Content-Type: application/json";
	for (int i = 0; i < MESSAGE_HEADERS; i++) {
		message_header(&m, i, headers[i]);
		post->headers[i + 1] = headers[i];
	}
	post->headers[MESSAGE_HEADERS + 1] = NULL;
	return poster_send(p->poster, post, err);
}

static enum replay_end
refused(struct replay_posting *p, const struct record_view *view,
    const struct post *post, struct err *err)
{
	size_t len = post->reply_len < 200 ? post->reply_len : 200;

	progress_clear();
	say("%s: refused (%ld): %.*s", view->id, post->status, (int)len,
	    post->reply);
	if (++p->refused < REFUSED_MAX)
		return REPLAY_FAILED;
	err_set(err, OUTCOME_BAD_DATA, "%d events were refused in a row: are "
	    "the URL and the secret right? hookcask probe tells more",
	    REFUSED_MAX);
	return REPLAY_ERROR;
}

enum replay_end
replay_post(struct replay_posting *p, const struct record_view *view,
    struct err *err)
{
	struct post post;

	memset(&post, 0, sizeof(post));
	if (!read_body(p, view, &post.body, err))
		return REPLAY_ERROR;
	for (int tries = 1;; tries++) {
		struct err why = ERR_INIT;
		bool replied = post_once(p, view, &post, &why);

		if (replied && post.status >= 200 && post.status <= 299) {
			p->refused = 0;
			return REPLAY_DONE;
		}
		if (replied && post.status != 429 && post.status < 500)
			return refused(p, view, &post, err);
		if (!replied && why.kind != OUTCOME_UNAVAILABLE) {
			*err = why;
			return REPLAY_ERROR;
		}
		if (replied)
			err_set(&why, OUTCOME_TRY_AGAIN, "answered %ld",
			    post.status);
		if (tries < TRIES_MAX && replay_wait(INT64_C(500) << tries))
			continue;
		err_set(err, OUTCOME_TRY_AGAIN, "%s: not accepted: %s",
		    view->id, why.text);
		return REPLAY_LATER;
	}
}

void
replay_posting_wipe(struct replay_posting *p)
{
	poster_close(p->poster);
	p->poster = NULL;
	secrets_wipe(&p->secrets);
	free(p->buf);
	p->buf = NULL;
	p->size = 0;
}
