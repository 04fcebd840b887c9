/* SPDX-License-Identifier: ISC */
/*
 * Finds one record by its id through the index, which knows the file and the
 * byte.  The record is checked, because the file may have been renamed,
 * compressed, restored or removed since.
 */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <string.h>

#include "cli/reading/lookup.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading_log.h"
#include "cli/reading/reading_spool.h"
#include "cli/reading/spool_dirs.h"
#include "cli/term/say.h"
#include "index/index.h"

struct wanted {
	const char	*id;
	struct index_row row;
	char		 file[INDEX_NAME_MAX + 1];	/* log: its name then */
	uint64_t	 inode;
};

/*
 * Asks the index.  If it is missing or cannot be read, the record must be
 * searched for.
 */
static void
ask(struct wanted *w, const char *dir, bool *known)
{
	struct err why = ERR_INIT;
	struct index *index;
	char path[PATH_MAX];
	struct stat st;

	*known = false;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, INDEX_FILE) >=
	    sizeof(path) || stat(path, &st) != 0 || st.st_size == 0)
		return;
	if (index_open_read(&index, dir, &why) != INDEX_OK ||
	    index_find(index, w->id, known, &w->row, &why) != INDEX_OK ||
	    (*known && w->row.name[0] == '\0' && index_file_name(index,
	    w->row.file_number, w->file, &w->inode, &why) != INDEX_OK)) {
		say("note: %s; all records are searched", why.text);
		*known = false;
	}
	index_close(index);
}

/* The likeliest first: that inode, then plain, then compressed files. */
static int
rank(const struct wanted *w, const struct log_file *f)
{
	if (f->inode == w->inode && !f->packed)
		return 0;
	if (f->first_us > w->row.time * 1000000 + READING_SLACK_US)
		return 3;	/* it begins too late */
	return f->packed ? 2 : 1;
}

static bool
try_file(struct log_reading *l, size_t at, const struct wanted *w,
    bool *found, struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	bool done;

	if (!log_reading_file(l, &at, path, &part, err))
		return false;
	part.from = w->row.offset;
	done = reader_at(l->reader, &part, w->id, found, err);
	part_close(&part);
	return done;
}

static bool
look_in_log(struct reader *r, const struct endpoint *e,
    const struct statedir *names, const struct wanted *w, bool *found,
    struct err *err)
{
	struct log_reading l;
	bool done = true;

	if (!log_reading_open(&l, r, e, names, err))
		return false;
	/* if equally likely, the youngest first */
	for (int round = 0; round < 3; round++)
		for (size_t i = l.files.count; done && !*found && i-- > 0;)
			if (rank(w, &l.files.list[i]) == round)
				done = try_file(&l, i, w, found, err);
	log_reading_close(&l);
	return done;
}

static bool
look_in_spool(struct reader *r, const struct endpoint *e,
    struct wanted *w, bool *found, struct err *err)
{
	struct spool_found f = { w->row.name, SPOOL_NEW };
	struct spool_reading s;
	bool empty, done;
	uint64_t seen = r->seen;

	memset(&s, 0, sizeof(s));
	if (!spool_dirs_open(&s.dirs, &fileops_posix, e->spool, false, &empty,
	    err))
		return false;
	done = empty || spool_reading_event(&s, r, &f, err);
	*found = r->seen != seen;
	spool_dirs_close(&s.dirs);
	return done;
}

bool
lookup(struct reader *r, const struct endpoint *e,
    const struct statedir *names, const char *id, bool *found,
    struct err *err)
{
	struct wanted w = { .id = id };

	*found = false;
	ask(&w, names->path, &r->known);
	if (!r->known)
		return true;
	return e->spool != NULL ? look_in_spool(r, e, &w, found, err) :
	    look_in_log(r, e, names, &w, found, err);
}
