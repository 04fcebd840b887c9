/* SPDX-License-Identifier: ISC */
/*
 * Does what the sender would do if asked for an event again: the same id, the
 * present time, a new signature.
 */
#include <config.h>

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
sign_and_send(struct forward *f, const struct record_view *view,
    struct post *post, struct err *err)
{
	struct message_headers headers;
	struct message m;

	memset(&m, 0, sizeof(m));
	m.timestamp = time(NULL);
	m.webhook = f->webhook;
	if (!message_name(&m, view->id, err) ||
	    !message_sign(&m, &f->secrets, post->body, err))
		return false;
	message_headers(&m, &headers, post->headers);
	return poster_send(f->poster, post, err);
}

static enum forward_end
end_of(long status)
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
	if (!stored_body_read(&f->body, view, &post->body, err))
		return FORWARD_ERROR;
	if (sign_and_send(f, view, post, &why))
		return end_of(post->status);
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
	    "right? \"hookcask probe\" checks them", REFUSED_MAX);
}

void
forward_close(struct forward *f)
{
	poster_close(f->poster);
	f->poster = NULL;
	secrets_wipe(&f->secrets);
	stored_body_wipe(&f->body);
}
