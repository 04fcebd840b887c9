/* SPDX-License-Identifier: ISC */
/* Knows from which byte a log must be read after a crash. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/batch/log_window.h"

bool
log_window_init(struct log_window *w)
{
	memset(w, 0, sizeof(*w));
	w->items = calloc(LOG_WINDOW_MAX, sizeof(*w->items));
	return w->items != NULL;
}

void
log_window_wipe(struct log_window *w)
{
	free(w->items);
	memset(w, 0, sizeof(*w));
}

static struct window_item *
item(const struct log_window *w, size_t i)
{
	return &w->items[(w->first + i) % LOG_WINDOW_MAX];
}

bool
log_window_is_full(const struct log_window *w)
{
	/* one is left for the end of a file */
	return w->count + 1 >= LOG_WINDOW_MAX;
}

void
log_window_add(struct log_window *w, const struct window_item *added)
{
	struct window_item *newest;

	if (w->count > 0 && added->done && !added->last) {
		newest = item(w, w->count - 1);
		/* events that nobody wants use no slot */
		if (newest->done && !newest->last &&
		    newest->origin.file == added->origin.file &&
		    newest->end == added->origin.offset) {
			newest->end = added->end;
			newest->file.last = added->file.last;
			return;
		}
	}
	*item(w, w->count++) = *added;
}

bool
log_window_reach(const struct log_window *w, uint64_t file,
    struct state_file *reached)
{
	for (size_t i = w->count; i-- > 0;) {
		const struct window_item *it = item(w, i);

		if (it->origin.file != file)
			continue;
		reached->done = it->last;
		reached->place = it->last ? it->file.place : it->end;
		reached->last = it->file.last;
		return true;
	}
	return false;
}

void
log_window_drop(struct log_window *w)
{
	w->count = 0;
	w->moved = false;
}

static void
tell_place(struct log_window *w, struct consumer_state *state)
{
	if (w->moved)
		state_place(state, &w->file);
	w->moved = false;
}

/* Removes finished events at the old end. */
static void
move(struct log_window *w, struct consumer_state *state)
{
	const struct window_item *oldest;

	for (; w->count > 0 && item(w, 0)->done; w->count--) {
		oldest = item(w, 0);
		if (w->moved && w->file.id != oldest->origin.file)
			tell_place(w, state);
		if (oldest->last) {
			w->moved = false;
			w->file = oldest->file;
			state_file_done(state, &oldest->file);
		} else {
			w->moved = true;
			w->file = oldest->file;
			w->file.id = oldest->origin.file;
			w->file.place = oldest->end;
		}
		w->first = (w->first + 1) % LOG_WINDOW_MAX;
	}
}

void
log_window_finish(struct log_window *w, struct consumer_state *state,
    struct state_passed origin)
{
	for (size_t i = 0; i < w->count; i++) {
		struct window_item *it = item(w, i);

		if (it->origin.file != origin.file || it->last ||
		    it->origin.offset != origin.offset)
			continue;
		it->done = true;
		if (i > 0)
			state_pass(state, origin);
		break;
	}
	move(w, state);
}

void
log_window_tell(struct log_window *w, struct consumer_state *state)
{
	move(w, state);
	tell_place(w, state);
}
