/* SPDX-License-Identifier: ISC */
/*
 * Duty: find records in files of any size and any content.  Takes no lock
 * and changes nothing; shows nothing of a line that is not a record.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/reading.h"
#include "core/lines.h"
#include "core/log.h"
#include "core/span.h"

/* The lines of a file that may be a pipe: read in order, never sought. */
static ssize_t
read_stream(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	ssize_t n;

	(void)ctx;
	(void)offset;
	do
		n = read(fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n;
}

static void
skip(struct reader *r, const char *name, int64_t offset, const char *why)
{
	say("%s: at byte %" PRId64 ": %s; left out", name, offset, why);
	r->skipped++;
}

/*
 * growing: the responder may be writing its last line right now, which is
 * nobody's mistake.
 */
static bool
read_lines(struct reader *r, int fd, const char *name, bool growing,
    struct err *err)
{
	const struct fileops ops = { .read = read_stream };
	int64_t skipped_to = -1;
	struct reading reading;
	struct lines lines;
	struct line line;
	int rc;

	lines_init(&lines, &ops, fd, 0, INT64_MAX);
	while ((rc = lines_next(&lines, &line)) > 0) {
		if (!line.whole) {
			/* a long line comes in pieces: say it once */
			if (line.offset != skipped_to &&
			    !(growing && line.len < LINE_MAX_BYTES))
				skip(r, name, line.offset,
				    line.len < LINE_MAX_BYTES ?
				    "a line that does not end" :
				    "a line too long for a record");
			skipped_to = line.offset + (int64_t)line.len;
			continue;
		}
		if (!record_parse(&reading.view, line.text, line.len)) {
			skip(r, name, line.offset, "not a record");
			continue;
		}
		reading.line = span_make(line.text, line.len);
		if (!r->record(r->ctx, &reading, err))
			break;
	}
	lines_wipe(&lines);
	if (rc < 0)
		err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
		    OUTCOME_IO_ERROR, errno, "%s", name);
	return rc == 0;
}

bool
reader_file(struct reader *r, const char *name, struct err *err)
{
	bool done;
	int fd;

	if (strcmp(name, "-") == 0)
		return read_lines(r, STDIN_FILENO, "standard input", false,
		    err);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", name);
	done = read_lines(r, fd, name, false, err);
	close(fd);
	return done;
}

/* The current file; none yet is an empty log. */
static bool
read_log(struct reader *r, const char *log, struct err *err)
{
	const char *slash = strrchr(log, '/');
	size_t dir_len = slash == NULL ? 0 : (size_t)(slash - log) + 1;
	char path[PATH_MAX], name[INDEX_NAME_MAX + 1];
	bool done;
	int fd;

	if (!log_name(name, log + dir_len, time(NULL)) ||
	    (size_t)snprintf(path, sizeof(path), "%.*s%s", (int)dir_len, log,
	    name) >= sizeof(path))
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "%s: not the name of a log", log);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 && errno == ENOENT)
		return true;
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	done = read_lines(r, fd, path, true, err);
	close(fd);
	return done;
}

static int
is_event_name(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 &&
	    strcmp(entry->d_name + len - 5, ".json") == 0;
}

/* Names begin with the time: sorted by name is sorted by arrival. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
read_spool_file(struct reader *r, const char *dir, const char *name,
    struct err *err)
{
	char path[PATH_MAX];
	bool done;
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return err_set(err, OUTCOME_NO_INPUT, "%s: path too long",
		    dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 && errno == ENOENT)
		return true;	/* its consumer was quicker */
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	done = read_lines(r, fd, path, false, err);
	close(fd);
	return done;
}

static bool
read_spool(struct reader *r, const char *spool, struct err *err)
{
	struct dirent **entries = NULL;
	char dir[PATH_MAX];
	bool done = true;
	int count;

	if ((size_t)snprintf(dir, sizeof(dir), "%s/new", spool) >=
	    sizeof(dir))
		return err_set(err, OUTCOME_NO_INPUT, "%s: path too long",
		    spool);
	count = scandir(dir, &entries, is_event_name, by_name);
	if (count < 0)
		return errno == ENOENT ||
		    err_sys(err, OUTCOME_NO_INPUT, errno, "%s", dir);
	for (int i = 0; i < count; i++) {
		if (done)
			done = read_spool_file(r, dir, entries[i]->d_name,
			    err);
		free(entries[i]);
	}
	free(entries);
	return done;
}

bool
reader_endpoint(struct reader *r, const struct endpoint *endpoint,
    struct err *err)
{
	return endpoint->log != NULL ? read_log(r, endpoint->log, err) :
	    read_spool(r, endpoint->spool, err);
}
