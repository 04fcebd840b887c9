/* SPDX-License-Identifier: ISC */
/*
 * Finds records in files of any size and any content.  Takes no lock
 * and changes nothing; shows nothing of a line that is not a record.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/span.h"
#include "cli/host/endpoint.h"
#include "cli/host/owner.h"
#include "base/fileops.h"
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

bool
reader_open(struct reading_part *part, int fd, struct err *err)
{
	const struct packing *packing;
	char head[PACKING_HEAD];
	struct stat st;
	ssize_t n;

	part->fd = -1;
	part->archive = NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (n = pread(fd, head, sizeof(head), 0)) >= 0 &&
	    packing_of(head, (size_t)n) == NULL) {
		part->fd = fd;
		return true;
	}
	part->archive = archive_open(fd, &packing);
	return part->archive != NULL || err_set(err, OUTCOME_NO_MEMORY,
	    "%s: no memory", part->path);
}

bool
reader_fill(struct reading_part *part, void *buf, size_t len, int64_t offset,
    size_t *got)
{
	char *to = buf;
	ssize_t n = 1;

	*got = 0;
	while (*got < len && n > 0) {
		n = part->archive != NULL ?
		    archive_read(part->archive, to + *got, len - *got) :
		    fileops_posix.read(fileops_posix.ctx, part->fd,
		    to + *got, len - *got, offset + (int64_t)*got);
		if (n > 0)
			*got += (size_t)n;
	}
	return n >= 0;
}

void
reader_close(struct reading_part *part)
{
	archive_close(part->archive);
	part->archive = NULL;
	if (part->fd != -1)
		close(part->fd);
	part->fd = -1;
}

/* A line that is no record; a long one comes in pieces: say it once. */
static void
skip_line(struct reader *r, const struct reading_part *part,
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
end_part(struct reader *r, const struct reading_part *part,
    const struct lines *lines, struct err *err)
{
	char why[128];

	if (part->archive == NULL ||
	    !archive_why(archive_packing(part->archive), errno, why))
		return err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
		    OUTCOME_IO_ERROR, errno, "%s", part->path);
	r->broken++;
	reader_skip(r, part->path, lines->at + (int64_t)lines->used, why);
	return true;
}

static bool
seek(struct reading_part *part, struct err *err)
{
	return part->archive == NULL || part->from == 0 ||
	    archive_seek(part->archive, part->from) == 0 ||
	    err_sys(err, OUTCOME_IO_ERROR, errno, "%s", part->path);
}

bool
reader_part(struct reader *r, struct reading_part *part, struct err *err)
{
	struct fileops ops = part->archive != NULL ?
	    archive_fileops(part->archive) : fileops_posix;
	struct reading reading = { .path = part->path,
		.file_id = part->file_id };
	int64_t skipped_to = -1;
	struct lines lines;
	struct line line;
	bool done = true;
	int rc;

	if (!seek(part, err))
		return false;
	lines_init(&lines, &ops, part->fd, part->from, part->to);
	while (done && (rc = lines_next(&lines, &line)) > 0) {
		if (!line.whole ||
		    !record_parse(&reading.view, line.text, line.len)) {
			skip_line(r, part, &line, &skipped_to);
			continue;
		}
		reading.line = span_make(line.text, line.len);
		reading.offset = line.offset;
		done = reader_give(r, &reading, err);
	}
	if (done && rc < 0)
		done = end_part(r, part, &lines, err);
	lines_wipe(&lines);
	return done;
}

bool
reader_at(struct reader *r, struct reading_part *part, const char *id,
    bool *found, struct err *err)
{
	struct reading reading = { .path = part->path,
		.file_id = part->file_id, .offset = part->from };
	struct fileops ops = part->archive != NULL ?
	    archive_fileops(part->archive) : fileops_posix;
	struct lines lines;
	struct line line;
	bool done = true;

	*found = false;
	/* a packed file that is broken, or shorter: it is not in there */
	if (part->archive != NULL &&
	    archive_seek(part->archive, part->from) != 0)
		return true;
	lines_init(&lines, &ops, part->fd, part->from, part->to);
	if (lines_next(&lines, &line) > 0 && line.whole &&
	    record_parse(&reading.view, line.text, line.len) &&
	    strcmp(reading.view.id, id) == 0) {
		*found = true;
		reading.line = span_make(line.text, line.len);
		done = reader_give(r, &reading, err);
	}
	lines_wipe(&lines);
	return done;
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
