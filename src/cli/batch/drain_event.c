/* SPDX-License-Identifier: ISC */
/* Makes events from records, filters and frees them. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/batch/drain.h"
#include "event/stored_body.h"

struct drain_event *
drain_event_make(const char *line, size_t len)
{
	struct drain_event *event = calloc(1, sizeof(*event));

	if (event != NULL)
		event->line = malloc(len + 1);
	if (event == NULL || event->line == NULL) {
		free(event);
		return NULL;
	}
	memcpy(event->line, line, len);
	event->line[len] = '\0';
	event->len = len;
	if (!record_parse(&event->view, event->line, event->len))
		abort(); /* it was one when it was read */
	return event;
}

void
drain_event_free(struct drain_event *event)
{
	if (event == NULL)
		return;
	free(event->line);
	free(event->name);
	free(event);
}

/* A body that cannot be examined (no memory, no JSON) may be wanted. */
static bool
fulfils(const struct drain_place *place, const struct record_view *view)
{
	struct hookcask_span body;
	struct json_scan scan;
	bool is = true;

	return place->where == NULL || place->where->count == 0 ||
	    !stored_body_read(place->body, view, &body, NULL) ||
	    !json_scan(&scan, body.data, body.len, JSON_DEPTH_MAX) ||
	    !where_match(place->where, body, &is, NULL) || is;
}

bool
drain_wants(const struct drain_place *place, const struct record_view *view)
{
	/* an unknown type may be any: only a known one is skipped */
	if ((globs_match(place->types, view->type) ||
	    strcmp(view->type, EVENT_TYPE_NONE) == 0) && fulfils(place, view))
		return true;
	++*place->others;
	return false;
}
