/* SPDX-License-Identifier: ISC */
/*
 * Duty: find records in files of any size and any content.  Takes no lock
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
#include "cli/host/owner.h"
#include "cli/reading/reading_store.h"
#include "cli/sender/secrets.h"
#include "cli/term/progress.h"

void
reader_skip(struct reader *r, const char *path, int64_t offset,
    const char *why)
{
	r->skipped++;
	if (r->skip != NULL)
		r->skip(r->ctx, path, offset, why);
	else
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
	    !filter_judge(r->filter, &reading->view, &wanted, err))
		return false;
	return !wanted || r->record(r->ctx, reading, err);
}

/* What may be a pipe, or is packed: read in order, never sought. */
static ssize_t
read_archive(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	(void)fd;
	(void)offset;
	return archive_read(ctx, buf, len);
}

static ssize_t
read_plain(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	ssize_t n;

	(void)ctx;
	do
		n = pread(fd, buf, len, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n;
}

bool
reader_open(struct reading_part *part, int fd, struct err *err)
{
	unsigned char magic[2] = { 0, 0 };
	struct stat st;
	bool packed;

	part->fd = -1;
	part->archive = NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    pread(fd, magic, sizeof(magic), 0) >= 0 &&
	    (magic[0] != 0x1F || magic[1] != 0x8B)) {
		part->fd = fd;
		return true;
	}
	part->archive = archive_open(fd, &packed);
	return part->archive != NULL || err_set(err, OUTCOME_NO_MEMORY,
	    "%s: no memory", part->path);
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

/* At an error: what is packed and broken ends here, and is no reason to. */
static bool
end_part(struct reader *r, const struct reading_part *part,
    const struct lines *lines, struct err *err)
{
	if (errno != EILSEQ)
		return err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
		    OUTCOME_IO_ERROR, errno, "%s", part->path);
	reader_skip(r, part->path, lines->at + (int64_t)lines->used,
	    "what is compressed here is broken, or cut off");
	return true;
}

static bool
seek(struct reading_part *part, struct err *err)
{
	return part->archive == NULL || part->from == 0 ||
	    archive_seek(part->archive, part->from) == 0 ||
	    err_sys(err, OUTCOME_IO_ERROR, errno, "%s", part->path);
}

static struct fileops
ops_of(const struct reading_part *part)
{
	struct fileops ops = { .ctx = part->archive,
		.read = part->archive != NULL ? read_archive : read_plain };

	return ops;
}

bool
reader_part(struct reader *r, struct reading_part *part, struct err *err)
{
	struct fileops ops = ops_of(part);
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
	struct fileops ops = ops_of(part);
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
reader_file(struct reader *r, const char *name, struct err *err)
{
	bool is_stdin = strcmp(name, "-") == 0, done;
	struct stat st;
	struct reading_part part = READING_PART(is_stdin ? "standard input" :
	    name);
	int fd;

	/* a copy: it will be closed */
	fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) :
	    open(name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", part.path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return err_sys(err, OUTCOME_NO_INPUT, EISDIR, "%s", part.path);
	}
	done = reader_open(&part, fd, err) && reader_part(r, &part, err);
	reader_close(&part);
	return done;
}

bool
reader_files(struct reader *r, char **names, int count, struct err *err)
{
	struct err why = ERR_INIT;

	if (count == 1)
		return reader_file(r, names[0], err);
	for (int i = 0; i < count; i++) {
		if (reader_file(r, names[i], &why))
			continue;
		if (why.kind != OUTCOME_NO_INPUT) {
			*err = why;
			return false;
		}
		say("%s", why.text);
		r->unread++;
		memset(&why, 0, sizeof(why));
	}
	return true;
}

bool
reader_endpoint(struct reader *r, const struct endpoint *e, struct err *err)
{
	const char *path = e->spool != NULL ? e->spool : e->log;
	const char *end = e->spool != NULL ? path + strlen(path) :
	    strrchr(path, '/');
	const char *id = r->filter == NULL ? NULL : r->filter->id;
	struct statedir names;
	bool done, found = false;
	struct stat st;

	/* the responder makes it with the first event */
	if (e->spool != NULL && stat(e->spool, &st) != 0 && errno == ENOENT)
		return true;
	if (!statedir_init(&names, &fileops_posix, e, path,
	    (size_t)(end - path), err) || !owner_assume(e, err))
		return false;
	done = id == NULL || lookup(r, e, &names, id, &found, err);
	/* then nothing that may be elsewhere is missed */
	if (found)
		r->unread = 0;
	if (done && !found)
		done = e->spool != NULL ? reader_spool(r, e, err) :
		    reader_log(r, e, &names, err);
	owner_resume();
	return done;
}

static bool
read_configured(struct reader *r, const struct reader_choice *choice,
    struct err *err)
{
	const struct endpoint *endpoint;
	struct config config;
	bool done;

	if (!endpoint_choose(&config, &endpoint, choice->config,
	    choice->endpoint, err))
		return false;
	done = reader_endpoint(r, endpoint, err);
	config_wipe(&config);
	return done;
}

static bool
read_chosen(struct reader *r, const struct reader_choice *choice,
    struct err *err)
{
	bool done;

	if (choice->file_count > 0 &&
	    (choice->config != NULL || choice->endpoint != NULL))
		return err_set(err, OUTCOME_USAGE,
		    "files and --config or --endpoint: which of them?");
	done = choice->file_count == 0 ? read_configured(r, choice, err) :
	    reader_files(r, choice->files, choice->file_count, err);
	progress_clear();
	return done;
}

bool
reader_run(struct reader *r, const struct reader_choice *from,
    const struct filter_choice *choice, struct err *err)
{
	struct filter filter;
	bool done;

	r->filter = &filter;
	done = filter_init(&filter, choice, err) && read_chosen(r, from, err);
	filter_wipe(&filter);
	r->filter = NULL;
	/* who reads what we print has left: no trouble */
	if (!done)
		return ferror(stdout) && err->kind == OUTCOME_STORED;
	return reader_complete(r, err);
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
