/* SPDX-License-Identifier: ISC */
/*
 * Finds records in files of any size and any content.  Takes no lock
 * and changes nothing; shows nothing of a line that is not a record.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "cli/reading/reader.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"

void
reader_skip(struct reader *r, const char *path, int64_t offset,
    const char *why)
{
	r->skipped++;
	if (r->skip != NULL)
		r->skip(r->ctx, path, offset, why);
	else if (!r->quiet)
		say("%s: at byte %" PRId64 ": %s; left out", path, offset,
		    why);
}

bool
reader_give(struct reader *r, const struct reading *reading, struct err *err)
{
	bool wanted = true;

	if (++r->seen % 1024 == 0)
		progress_show("%s: %" PRIu64 " records read", reading->path,
		    r->seen);
	if (r->filter != NULL &&
	    !filter_match(r->filter, &reading->view, &wanted, err))
		return false;
	return !wanted || r->record(r->ctx, reading, err);
}

/* A line that is no record; a long one comes in pieces: say it once. */
static void
skip_line(struct reader *r, const struct part *part,
    const struct line *line, int64_t *skipped_to)
{
	bool cut = line->len < LINE_MAX_BYTES;

	if (line->whole)
		reader_skip(r, part->path, line->offset, "not a record");
	else if (line->offset != *skipped_to && !(part->growing && cut))
		reader_skip(r, part->path, line->offset, cut ?
		    "a line that does not end" :
		    "a line too long for a record");
	*skipped_to = line->offset + (int64_t)line->len;
}

/*
 * On a read error: a damaged compressed file ends this part but does not stop
 * the run.
 */
static bool
end_part(struct reader *r, const struct part *part, struct err *err)
{
	char why[128];

	if (part->archive == NULL ||
	    !archive_why(archive_packing(part->archive), errno, why))
		return err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
		    OUTCOME_IO_ERROR, errno, "%s", part->path);
	r->broken++;
	reader_skip(r, part->path, part->lines.at + (int64_t)part->lines.used,
	    why);
	return true;
}

bool
reader_part(struct reader *r, struct part *part, struct err *err)
{
	struct reading reading = { .path = part->path,
		.file_id = part->file_id };
	int64_t skipped_to = -1;
	struct line line;
	bool done = true;
	int rc;

	if (!part_begin(part, part->from))
		return err_sys(err, OUTCOME_IO_ERROR, errno, "%s", part->path);
	while (done && (rc = lines_next(&part->lines, &line)) > 0) {
		if (!line.whole ||
		    !record_parse(&reading.view, line.text, line.len)) {
			skip_line(r, part, &line, &skipped_to);
			continue;
		}
		reading.line = span_make(line.text, line.len);
		reading.offset = line.offset;
		done = reader_give(r, &reading, err);
	}
	return done && (rc == 0 || end_part(r, part, err));
}

bool
reader_fd(struct reader *r, struct part *part, int fd, struct err *err)
{
	bool done = part_open(part, fd, err) && reader_part(r, part, err);

	part_close(part);
	return done;
}

bool
reader_at(struct reader *r, struct part *part, const char *id,
    bool *found, struct err *err)
{
	struct reading reading = { .path = part->path,
		.file_id = part->file_id, .offset = part->from };
	struct line line;

	*found = false;
	/* a packed file that is broken, or shorter: it is not in there */
	if (!part_begin(part, part->from) ||
	    lines_next(&part->lines, &line) <= 0 || !line.whole ||
	    !record_parse(&reading.view, line.text, line.len) ||
	    strcmp(reading.view.id, id) != 0)
		return true;
	*found = true;
	reading.line = span_make(line.text, line.len);
	return reader_give(r, &reading, err);
}

bool
reader_complete(const struct reader *r, struct err *err)
{
	if (r->unread > 0)
		return err_set(err, OUTCOME_NO_INPUT,
		    "%" PRIu64 " file%s could not be read",
		    r->unread, r->unread == 1 ? "" : "s");
	return r->skipped == 0 || err_set(err, OUTCOME_BAD_DATA,
	    "%" PRIu64 " line%s left out", r->skipped,
	    r->skipped == 1 ? "" : "s");
}
