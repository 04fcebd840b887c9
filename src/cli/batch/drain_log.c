/* SPDX-License-Identifier: ISC */
/*
 * Finds the events of a log, each of them once as long as nobody is killed.
 * Changes nothing of the log; all it knows is in the consumer's state.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/batch/drain_log.h"
#include "cli/reading/log_place.h"
#include "cli/term/say.h"

/* Was it finished before the place of its file went past it? */
static bool
is_passed(const struct drain_log *l, int64_t offset)
{
	const struct consumer_state *s = l->place.state;
	uint64_t file = l->file.id;

	if (offset >= l->passed_to)
		return false;
	for (size_t i = 0; i < s->passed_count; i++)
		if (s->passed[i].file == file &&
		    s->passed[i].offset == offset)
			return true;
	for (size_t i = 0; i < s->entry_count; i++)
		if (s->entries[i].origin.file == file &&
		    s->entries[i].origin.offset == offset)
			return true;
	return false;
}

/* Reports a line that is no record once, even if it comes in pieces. */
static void
skip(struct drain_log *l, const struct line *line)
{
	if (!l->torn && l->skipped == 0)
		++*l->place.broken;
	if (!l->torn && l->skipped++ < SKIPPED_SAID)
		say("%s: at byte %" PRId64 ": %s; left out", l->path,
		    line->offset, line->whole ? "not a record" :
		    "a line that does not end, or too long for a record");
	l->torn = !line->whole;
}

static int
read_next(struct drain_log *l, struct drain_event **result, struct err *err)
{
	struct window_item item = { .origin.file = 0 };
	struct drain_event *event;
	struct record_view view;
	struct line line;
	int rc;

	while ((rc = drain_log_line(l, &line, err)) > 0) {
		item.origin.file = l->file.id;
		item.origin.offset = line.offset;
		item.end = line.offset + (int64_t)line.len + line.whole;
		item.done = true;
		if (!line.whole || !record_parse(&view, line.text, line.len)) {
			skip(l, &line);
		} else {
			l->torn = false;
			log_place_last(&l->last, &line, &view);
			item.done = is_passed(l, line.offset) ||
			    !drain_wants(&l->place, &view);
		}
		item.file.last = l->last;
		if (item.done) {
			log_window_add(&l->window, &item);
			continue;
		}
		event = drain_event_make(line.text, line.len);
		if (event == NULL) {
			err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
			    l->path);
			return -1;
		}
		event->origin = item.origin;
		log_window_add(&l->window, &item);
		*result = event;
		return 1;
	}
	return rc;
}

static int
next(void *ctx, struct drain_event **result, struct err *err)
{
	int rc;

	do
		rc = read_next(ctx, result, err);
	while (rc == 0 && drain_log_settle(ctx, err));
	return err->kind != OUTCOME_STORED ? -1 : rc;
}

static bool
load(void *ctx, const struct state_entry *entry, struct drain_event **result,
    struct err *err)
{
	struct drain_log *l = ctx;
	struct drain_event *event;

	*result = NULL;
	event = calloc(1, sizeof(*event));
	if (event == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
		    l->dir.path);
	event->line = state_text(l->place.state, entry, err);
	event->len = entry->text_len;
	event->seq = entry->seq;
	event->tries = entry->tries;
	if (event->line == NULL ||
	    !record_parse(&event->view, event->line, event->len)) {
		drain_event_free(event);
		return err_set(err, OUTCOME_BAD_DATA, "%s: entry %" PRIu64
		    " is not a record", l->place.state->journal.path,
		    entry->seq);
	}
	*result = event;
	return true;
}

static bool
done(void *ctx, struct drain_event *event, struct err *err)
{
	struct drain_log *l = ctx;

	(void)err;
	if (event->seq != 0)
		state_drop(l->place.state, event->seq);
	else
		log_window_finish(&l->window, l->place.state, event->origin);
	return true;
}

static bool
failed(void *ctx, struct drain_event *event, struct state_try *try,
    struct err *err)
{
	struct drain_log *l = ctx;
	bool is_new = event->seq == 0;

	(void)err;
	if (is_new)
		event->seq = state_keep(l->place.state, event->origin,
		    span_make(event->line, event->len));
	try->seq = event->seq;
	state_try(l->place.state, try);
	/* only now may the place go past it */
	if (is_new)
		log_window_finish(&l->window, l->place.state, event->origin);
	return true;
}

static void
tell(void *ctx)
{
	struct drain_log *l = ctx;

	log_window_tell(&l->window, l->place.state);
}

static bool
spot(void *ctx, struct state_file *at)
{
	const struct drain_log *l = ctx;

	*at = l->window.file;
	return at->id != 0;
}

static bool
sync_nothing(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return true;
}

static void
close_log(void *ctx)
{
	struct drain_log *l = ctx;

	drain_log_close_file(l);
	marker_close(&l->marker);
	log_files_wipe(&l->files);
	log_window_wipe(&l->window);
	log_dir_close(&l->dir);
	free(l);
}

/* A file that was found finished, and has not changed since. */
static bool
is_done(void *ctx, struct log_file *f)
{
	const struct drain_log *l = ctx;
	const struct consumer_state *s = l->place.state;

	for (size_t i = 0; i < s->file_count; i++)
		if (log_place_is_done(&s->files[i], f)) {
			f->id = s->files[i].id;
			return true;
		}
	return false;
}

bool
drain_log_open(struct drain_source *source, const struct drain_place *place,
    struct err *err)
{
	struct drain_log *l = calloc(1, sizeof(*l));

	if (l == NULL || !log_window_init(&l->window)) {
		free(l);
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	}
	l->place = *place;
	l->part = (struct part)PART(l->path);
	l->marker.dir = place->state_dir;
	l->dir.is_done = is_done;
	l->dir.ctx = l;
	if (!log_dir_open(&l->dir, place->endpoint, place->home,
	    place->state_dir, err)) {
		close_log(l);
		return false;
	}
	source->next = next;
	source->load = load;
	source->done = done;
	source->failed = failed;
	source->tell = tell;
	source->sync = sync_nothing;
	source->spot = spot;
	source->back = drain_log_back;
	source->rereads = true;
	source->close = close_log;
	source->ctx = l;
	return true;
}
