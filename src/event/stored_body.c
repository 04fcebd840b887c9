/* SPDX-License-Identifier: ISC */
/* Returns the signed bytes of a record, with one buffer for many. */
#include <config.h>

#include <stdlib.h>

#include "event/stored_body.h"

/* Decoding rounds up to whole groups of three. */
static bool
make_room(struct stored_body *b, size_t len, struct err *err)
{
	if (len + 3 <= b->size)
		return true;
	free(b->buf);
	b->size = len + 3;
	b->buf = malloc(b->size);
	if (b->buf != NULL)
		return true;
	b->size = 0;
	return err_set(err, OUTCOME_NO_MEMORY,
	    "no memory for a body of %zu bytes", len);
}

bool
stored_body_read(struct stored_body *b, const struct record_view *view,
    struct hookcask_span *span, struct err *err)
{
	if (view->base64.len > 0 && !make_room(b, view->body_len, err))
		return false;
	return record_body(view, b->buf, span) ||
	    err_set(err, OUTCOME_BAD_DATA, "%s: broken body", view->id);
}

void
stored_body_wipe(struct stored_body *b)
{
	free(b->buf);
	b->buf = NULL;
	b->size = 0;
}
