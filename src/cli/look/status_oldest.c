/* SPDX-License-Identifier: ISC */
/* Finds when the oldest event arrived that a consumer has not finished. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/consumer/standing.h"
#include "cli/look/status_oldest.h"
#include "cli/reading/spool_dirs.h"

void
oldest_in_part(struct status_consumer *c, struct part *part,
    const struct consumer_state *s, const struct state_file *at)
{
	struct record_view view;
	struct line line;
	int64_t tries;

	if (c->oldest_us != 0 || !part_begin(part, at->place))
		return;
	while (c->oldest_us == 0 && lines_next(&part->lines, &line) > 0)
		if (line.whole && standing_of(s, at->id, line.offset,
		    &tries) == STANDING_OPEN &&
		    record_parse(&view, line.text, line.len))
			c->oldest_us = view.received_us;
}

/* The state keeps the record itself: its file may have gone. */
static int64_t
received(struct consumer_state *s, const struct state_entry *entry)
{
	struct err why = ERR_INIT;
	char *text = state_text(s, entry, &why);
	struct record_view view;
	int64_t us = 0;

	if (text != NULL && record_parse(&view, text, strlen(text)))
		us = view.received_us;
	free(text);
	return us;
}

/* Entries are in the order in which they were first handed over. */
void
oldest_of_entries(struct status_consumer *c, struct consumer_state *s)
{
	int64_t waiting = 0;

	for (size_t i = 0; i < s->entry_count; i++) {
		int64_t *us = s->entries[i].failed ? &c->failed_us : &waiting;

		if (*us == 0)
			*us = received(s, &s->entries[i]);
		if (waiting != 0 && c->failed_us != 0)
			break;
	}
	if (waiting != 0 && (c->oldest_us == 0 || waiting < c->oldest_us))
		c->oldest_us = waiting;
}

int64_t
oldest_of_names(const struct spool_names *names)
{
	return names->count == 0 ? 0 : spool_name_us(names->list[0]);
}
