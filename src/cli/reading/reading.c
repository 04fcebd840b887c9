/* SPDX-License-Identifier: ISC */
/*
 * Reads the records for a verb: of files, of standard input, or all that an
 * endpoint has stored.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/endpoint.h"
#include "cli/host/owner.h"
#include "cli/reading/lookup.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading.h"
#include "cli/reading/reading_log.h"
#include "cli/reading/reading_other.h"
#include "cli/reading/reading_spool.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"

bool
reader_file(struct reader *r, const char *name, struct err *err)
{
	bool is_stdin = strcmp(name, "-") == 0;
	struct stat st;
	struct part part = PART(is_stdin ? "standard input" :
	    name);
	int fd;

	/* a duplicate, since the reader closes it */
	fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) :
	    open(name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", part.path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return err_sys(err, OUTCOME_NO_INPUT, EISDIR, "%s", part.path);
	}
	return reader_fd(r, &part, fd, err);
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
	const char *id = r->filter == NULL ? NULL : r->filter->id;
	struct statedir names;
	bool done, found = false;
	struct stat st;

	/* the responder makes the directory with the first event */
	if (e->spool != NULL && stat(e->spool, &st) != 0 && errno == ENOENT)
		return true;
	if (!statedir_init(&names, &fileops_posix, e, err) ||
	    !owner_assume(e, err))
		return false;
	if (r->other_bodies) {
		done = reader_other_bodies(r, &names, err);
		owner_resume();
		return done;
	}
	done = id == NULL || lookup(r, e, &names, id, &found, err);
	/* then no other file matters */
	if (found)
		r->unread = 0;
	if (done && !found)
		done = e->spool != NULL ? reader_spool(r, e, err) :
		    reader_log(r, e, &names, err);
	owner_resume();
	return done;
}

struct reading_each {
	struct reader			*reader;
	const struct reader_choice	*choice;
};

static bool
read_one(void *ctx, const struct endpoint *e, bool several, struct err *err)
{
	const struct reading_each *each = ctx;

	each->choice->begin(each->reader->ctx, e->name, several);
	return reader_endpoint(each->reader, e, err);
}

static bool
read_configured(struct reader *r, const struct reader_choice *choice,
    struct err *err)
{
	struct reading_each each = { r, choice };
	const struct endpoint_call call = { read_one, &each };
	const struct endpoint *endpoint;
	struct config config;
	bool done;

	if (choice->begin != NULL)
		return endpoint_each(choice->config, choice->endpoint, &call,
		    err);
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
		    "give either files or --config and --endpoint");
	if (choice->file_count > 0 && r->other_bodies)
		return err_set(err, OUTCOME_USAGE,
		    "--other-body reads an endpoint's; name no files");
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
	/* the reader closed the pipe: not an error */
	if (!done)
		return ferror(stdout) && err->kind == OUTCOME_STORED;
	return reader_complete(r, err);
}
