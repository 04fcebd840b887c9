/* SPDX-License-Identifier: ISC */
/*
 * Posts an event of a replay until its end is known.
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
#include <string.h>

#include "base/fileops.h"
#include "cli/batch/replay.h"
#include "cli/host/stops.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"

#define TRIES_MAX 5		/* with 1, 2, 4 and 8 s between them */

bool
replay_wait(int64_t ms)
{
	int64_t end = fileops_clock_ms() + ms, left;

	while (stops_count() == 0 && (left = end - fileops_clock_ms()) > 0) {
		struct pollfd fd = { stops_fd(), POLLIN, 0 };

		poll(&fd, 1, left > 60000 ? 60000 : (int)left);
		stops_empty();
	}
	return stops_count() == 0;
}

static enum replay_end
refused(struct forward *f, const struct record_view *view,
    const struct post *post, struct err *err)
{
	size_t len = post->reply_len < 200 ? post->reply_len : 200;

	progress_clear();
	say("%s: refused (%ld): %.*s", view->id, post->status, (int)len,
	    post->reply);
	return forward_refused(f, err) ? REPLAY_FAILED : REPLAY_ERROR;
}

enum replay_end
replay_post(struct forward *f, const struct record_view *view,
    struct err *err)
{
	struct post post;

	for (int tries = 1;; tries++) {
		struct err why = ERR_INIT;
		enum forward_end end = forward_post(f, view, &post,
		    &why);

		if (end == FORWARD_ACCEPTED) {
			f->refused = 0;
			return REPLAY_DONE;
		}
		if (end == FORWARD_ERROR) {
			*err = why;
			return REPLAY_ERROR;
		}
		if (post.status != 0 && post.status != 429 &&
		    post.status < 500)
			return refused(f, view, &post, err);
		if (post.status != 0)
			err_set(&why, OUTCOME_TRY_AGAIN, "answered %ld",
			    post.status);
		if (tries < TRIES_MAX && replay_wait(INT64_C(500) << tries))
			continue;
		err_set(err, OUTCOME_TRY_AGAIN, "%s: not accepted: %s",
		    view->id, why.text);
		return REPLAY_LATER;
	}
}
