/* SPDX-License-Identifier: ISC */
/*
 * Recognises a file of a log whose first line was edited, by the last record
 * of it that was handed over.  Files of one log follow each other in time, so
 * only one whose time overlaps with a known file's is read.
 *
 *   found                                taken for
 *   all known files end before it        a new file
 *   the last record of a known one       that one, edited
 *   none, and a known one that has gone  lost: which of its events were handed
 *   ends within its time                 over, nobody can tell
 *   none, and those are there            a new file
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "cli/reading/log_known.h"
#include "cli/reading/log_place.h"

bool
log_known_is_there(const struct log_files *files, uint64_t id)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->list[i].id == id)
			return true;
	return false;
}

bool
log_known_is_all(struct index *index, const struct state_file *f)
{
	bool known, follows;

	return index != NULL && f->last.len > 0 &&
	    index_follows(index, f->last.id, &known, &follows, NULL) ==
	    INDEX_OK && known && !follows;
}

static bool
overlaps(const struct state_file *known, const struct log_file *f)
{
	return known->last.len > 0 && known->id != f->id &&
	    known->last.received_us >= f->first_us;
}

/* The last of its records that is the last one of a known file. */
static bool
search(struct part *part, const struct log_file *f,
    const struct consumer_state *s, const struct state_file **was,
    struct state_file *at, int64_t *newest_us)
{
	struct record_view view;
	struct line line;
	int rc;

	if (!part_begin(part, 0))
		return false;
	while ((rc = part_record(part, &line, &view)) > 0) {
		if (view.received_us > *newest_us)
			*newest_us = view.received_us;
		for (size_t i = 0; i < s->file_count; i++) {
			const struct state_file *k = &s->files[i];

			if (k->last.received_us != view.received_us ||
			    !overlaps(k, f) ||
			    strcmp(k->last.id, view.id) != 0)
				continue;
			*was = k;
			log_place_last(&at->last, &line, &view);
			at->place = at->last.at + at->last.len;
		}
	}
	/* a packed one that is torn ends where it is */
	return rc == 0 || errno == EILSEQ;
}

enum log_known_as
log_known_find(struct part *part, const struct log_file *f,
    const struct log_known *known, const struct state_file **was,
    struct state_file *at, struct err *err)
{
	const struct consumer_state *s = known->state;
	int64_t newest_us = INT64_MIN;
	bool any = false;

	*was = NULL;
	for (size_t i = 0; i < s->file_count && !any; i++)
		any = overlaps(&s->files[i], f);
	if (!any)
		return LOG_KNOWN_NOT;
	if (!search(part, f, s, was, at, &newest_us)) {
		err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
		    OUTCOME_IO_ERROR, errno, "%s", part->path);
		return LOG_KNOWN_ERROR;
	}
	if (*was != NULL)
		return LOG_KNOWN_BY_LAST;
	for (size_t i = 0; i < s->file_count; i++) {
		const struct state_file *k = &s->files[i];

		/* requests that overlap are stored in any order */
		if (!overlaps(k, f) || k->last.received_us <
		    f->first_us + LOG_PLACE_SLACK_US ||
		    k->last.received_us > newest_us ||
		    log_known_is_there(known->files, k->id))
			continue;
		*was = k;
		return LOG_KNOWN_LOST;
	}
	return LOG_KNOWN_NOT;
}
