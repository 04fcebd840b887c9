/* SPDX-License-Identifier: ISC */
/* Makes events from records, filters and frees them. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/batch/drain.h"

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

bool
drain_wants(const struct drain_place *place, const char *type)
{
	/* an unknown type may be any: only a known one is skipped */
	if (globs_match(place->types, type) ||
	    strcmp(type, EVENT_TYPE_NONE) == 0)
		return true;
	++*place->others;
	return false;
}
