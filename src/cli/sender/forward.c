/* SPDX-License-Identifier: ISC */
/*
 * Does what the sender would do if asked for an event again: the same id, the
 * present time, a new signature.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/sender/forward.h"
#include "cli/sender/message.h"

#define REFUSED_MAX 10

bool
forward_open(struct forward *f, const char *url, int64_t timeout,
    struct err *err)
{
	f->url = url;
	return poster_open(&f->poster, url, timeout, err);
}

static bool
read_body(struct forward *f, const struct record_view *view,
    struct hookcask_span *body, struct err *err)
{
	/* decoding rounds up to whole groups of three */
	if (view->base64.len > 0 && view->body_len + 3 > f->size) {
		free(f->buf);
		f->size = view->body_len + 3;
		f->buf = malloc(f->size);
		if (f->buf == NULL) {
			f->size = 0;
			return err_set(err, OUTCOME_NO_MEMORY, "no memory");
		}
	}
	return record_body(view, f->buf, body) ||
	    err_set(err, OUTCOME_BAD_DATA, "%s: broken body", view->id);
}

static bool
sign_and_send(struct forward *f, const struct record_view *view,
    struct post *post, struct err *err)
{
	char headers[MESSAGE_HEADERS][MESSAGE_HEADER_SIZE];
	struct message m;

	memset(&m, 0, sizeof(m));
	m.timestamp = time(NULL);
	m.webhook = f->webhook;
	if (!message_name(&m, view->id, err) ||
	    !message_sign(&m, &f->secrets, post->body, err))
		return false;
	post->headers[0] = "Content-Type: application/json";
	for (int i = 0; i < MESSAGE_HEADERS; i++) {
		message_header(&m, i, headers[i]);
		post->headers[i + 1] = headers[i];
	}
	post->headers[MESSAGE_HEADERS + 1] = NULL;
	return poster_send(f->poster, post, err);
}

static enum forward_end
judge_reply(long status)
{
	if (status >= 200 && status <= 299)
		return FORWARD_ACCEPTED;
	if (status == 429 || (status >= 502 && status <= 504))
		return FORWARD_LATER;
	if ((status >= 300 && status <= 399) || status == 401 ||
	    (status >= 403 && status <= 405) || status == 410)
		return FORWARD_WRONG;
	return FORWARD_REFUSED;
}

enum forward_end
forward_post(struct forward *f, const struct record_view *view,
    struct post *post, struct err *err)
{
	struct err why = ERR_INIT;

	memset(post, 0, sizeof(*post));
	if (!read_body(f, view, &post->body, err))
		return FORWARD_ERROR;
	if (sign_and_send(f, view, post, &why))
		return judge_reply(post->status);
	*err = why;
	if (why.kind != OUTCOME_UNAVAILABLE)
		return FORWARD_ERROR;
	return post->trouble == POST_NO_TRUST ? FORWARD_WRONG :
	    post->trouble == POST_TOO_SLOW ? FORWARD_REFUSED : FORWARD_LATER;
}

bool
forward_refused(struct forward *f, struct err *err)
{
	return ++f->refused < REFUSED_MAX || err_set(err, OUTCOME_BAD_DATA,
	    "%d events were refused in a row: are the URL and the secret "
	    "right? \"hookcask probe\" tells more", REFUSED_MAX);
}

void
forward_close(struct forward *f)
{
	poster_close(f->poster);
	f->poster = NULL;
	secrets_wipe(&f->secrets);
	free(f->buf);
	f->buf = NULL;
	f->size = 0;
}
