/* SPDX-License-Identifier: ISC */
/*
 * Reads a log into its index: first the ids of the files that only the tool
 * reads, then, through the store itself, those that the responder also reads.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli/keep/rebuild.h"
#include "cli/reading/log_files.h"
#include "cli/reading/reader.h"
#include "store/statedir.h"

static bool
put(void *ctx, const struct reading *r, struct err *err)
{
	return admin_adding_put(ctx, &r->view, err);
}

static bool
add_file(struct reader *r, const struct log_dir *dir,
    const struct log_file *f, struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	int fd = log_file_open(dir, f);

	log_file_path(path, dir, f);
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s: try again",
		    path);
	return reader_fd(r, &part, fd, err);
}

static bool
add_hidden(const struct admin *a, const struct log_dir *dir,
    const struct log_files *files, struct reader *r, struct err *err)
{
	struct admin_adding *adding = NULL;
	bool ok = true;

	for (size_t i = 0; ok && i < files->count; i++) {
		if (!files->list[i].hidden)
			continue;
		ok = adding != NULL || admin_adding_open(&adding, a, err);
		r->ctx = adding;
		ok = ok && add_file(r, dir, &files->list[i], err);
	}
	return admin_adding_end(adding, ok, err);
}

/* *left: files that cannot be read, or not to their end. */
static bool
read_hidden(const struct admin *a, uint64_t *left, struct err *err)
{
	struct reader reader = { .record = put };
	struct log_files files = { .list = NULL };
	struct log_dir dir = { .fd = -1 };
	const struct mark none = { 0 };
	struct statedir names;
	bool ok;

	ok = statedir_init(&names, &fileops_posix, a->endpoint, err) &&
	    log_dir_open(&dir, a->endpoint, names.home, names.path, err) &&
	    log_files_find(&files, &dir, &none, err) &&
	    add_hidden(a, &dir, &files, &reader, err);
	*left = files.unreadable + files.broken + reader.broken;
	log_files_wipe(&files);
	log_dir_close(&dir);
	return ok;
}

bool
rebuild(const struct admin *a, struct admin_count *count, struct err *err)
{
	struct admin admin = *a;
	uint64_t left = 0;

	memset(count, 0, sizeof(*count));
	if (a->endpoint->log != NULL && !read_hidden(a, &left, err))
		return false;
	admin.options.added = left == 0;
	if (!admin_rebuild(&admin, count, err))
		return false;
	return left == 0 || err_set(err, OUTCOME_BAD_DATA, "%" PRIu64
	    " file%s of the log cannot be read: the index knows nothing of "
	    "what follows there", left, left == 1 ? "" : "s");
}
