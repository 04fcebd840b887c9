/* SPDX-License-Identifier: ISC */
/*
 * Finds the files of a log, whatever rotation did to their names and places.
 * Each is known by its first line: in the log's directory, in those below it,
 * and in the olddir that the endpoint names.
 *
 *   found                                taken for
 *   the mark's inode                     the current file, if anything is
 *                                        indexed in it; always the newest
 *   a file of the log (log_look.c)       one of them
 *   two with the same first line         one, or said (log_twins.c)
 *   another inode, first line known      renamed, compressed, restored
 *   the same inode, another first line   a new file (copytruncate)
 *
 * A file that is renamed or packed meanwhile may be listed under neither name:
 * all names are listed once more, until they are the same.
 *
 * Ordered by the time of the first record, since numbers in names go either
 * way and times of files are lost by compression.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/reading/log_files.h"
#include "cli/reading/log_look.h"
#include "cli/reading/log_twins.h"

#define LOOKS	8	/* until the names stay the same */
#define LOOK_MS	20

static bool
add(struct log_files *files, const struct log_file *f)
{
	size_t size = files->size == 0 ? 16 : files->size * 2;
	struct log_file *list;

	if (files->count == files->size) {
		list = realloc(files->list, size * sizeof(*list));
		if (list == NULL)
			return false;
		files->list = list;
		files->size = size;
	}
	files->list[files->count++] = *f;
	return true;
}

static int
by_age(const void *left, const void *right)
{
	const struct log_file *a = left, *b = right;

	if (a->current != b->current)
		return a->current ? 1 : -1;
	if (a->first_us != b->first_us)
		return a->first_us < b->first_us ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* One directory of those that are looked at. */
struct place {
	const char	*name;		/* "": the log's own */
	const char	*unsound;	/* why it cannot be trusted */
	bool		 below;		/* look at its directories, too */
	int		 fd;
};

struct finding {
	struct log_files	*files;		/* NULL: names only */
	const struct log_dir	*dir;
	const struct mark	*mark;
	uint64_t		 names;		/* of all that may count */
	bool			 gone;		/* one that was listed */
};

static bool find_in(struct finding *, const struct place *, struct err *);

static bool
fail(const struct log_dir *dir, const char *name, struct err *err)
{
	return err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
	    OUTCOME_IO_ERROR, errno, "%s%s%s", name[0] == '/' ? "" :
	    dir->path, name[0] == '/' || name[0] == '\0' ? "" : "/", name);
}

/*
 * Looks into another directory.  One that cannot be opened is passed over,
 * as lost+found is, but not the one that the operator has named.
 */
static bool
find_below(struct finding *f, const char *name, bool named,
    struct err *err)
{
	struct place below = { .name = name };
	char why[128];
	struct stat st;
	bool ok;

	below.fd = openat(f->dir->fd, name, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | (named ? 0 : O_NOFOLLOW));
	if (below.fd == -1 && log_look_is_shortage(errno))
		return fail(f->dir, name, err);
	if (below.fd == -1 && named && f->files != NULL)
		log_look_problem(f->files, f->dir, name, errno == ENOENT ?
		    "the olddir of the log is not there" : strerror(errno),
		    false);
	if (below.fd == -1)
		return true;
	if (fstat(below.fd, &st) == 0)
		below.unsound = log_look_unsound(f->dir, &st, why);
	ok = find_in(f, &below, err);
	close(below.fd);
	return ok;
}

/* If it comes or goes, is the log looked at again? */
static bool
may_count(const struct log_dir *dir, const char *name)
{
	return dir->every || log_name_is_like(dir->pattern, name);
}

static bool
look_at(struct finding *f, const struct place *place, const char *name,
    struct err *err)
{
	struct log_file file;

	switch (log_look(&file, f->files, f->dir, f->mark, name,
	    place->unsound)) {
	case LOG_LOOK_GONE:
		f->gone = f->gone || may_count(f->dir, name);
		return true;
	case LOG_LOOK_NOT:
		return true;
	case LOG_LOOK_SHORTAGE:
		return fail(f->dir, name, err);
	case LOG_LOOK_OURS:
		break;
	}
	return add(f->files, &file) || err_set(err, OUTCOME_NO_MEMORY,
	    "%s: no memory", f->dir->path);
}

static bool
find_one(struct finding *f, const struct place *place,
    const struct dirent *entry, struct err *err)
{
	char name[LOG_FILE_NAME];
	struct stat st;
	int len;

	if (entry->d_name[0] == '.')
		return true;
	len = snprintf(name, sizeof(name), "%s%s%s", place->name,
	    place->name[0] == '\0' ? "" : "/", entry->d_name);
	if (len >= (int)sizeof(name)) {
		if (f->files != NULL)
			log_look_problem(f->files, f->dir, place->name,
			    "its names are too long to be read", false);
		return true;
	}
	if (place->below && (entry->d_type == DT_DIR ||
	    (entry->d_type == DT_UNKNOWN && fstatat(f->dir->fd, name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))))
		return find_below(f, name, false, err);
	if (may_count(f->dir, entry->d_name))
		f->names += log_line_hash(name, (size_t)len) + entry->d_ino;
	return f->files == NULL || look_at(f, place, name, err);
}

static bool
find_in(struct finding *f, const struct place *place, struct err *err)
{
	struct dirent *entry;
	DIR *d = NULL;
	bool ok = true;
	/* a second open: a duplicate would share the place in the listing */
	int fd = openat(place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1)
		d = fdopendir(fd);
	if (d == NULL) {
		fail(f->dir, place->name, err);
		if (fd != -1)
			close(fd);
		return false;
	}
	while (ok && (errno = 0, entry = readdir(d)) != NULL)
		ok = find_one(f, place, entry, err);
	if (ok && errno != 0)
		ok = fail(f->dir, place->name, err);
	closedir(d);
	return ok;
}

static bool
find_all(struct finding *f, struct err *err)
{
	const struct place home = { "", NULL, true, f->dir->fd };

	return find_in(f, &home, err) && (f->dir->olddir == NULL ||
	    find_below(f, f->dir->olddir, true, err));
}

bool
log_files_find(struct log_files *files, const struct log_dir *dir,
    const struct mark *mark, struct err *err)
{
	for (int i = 0;; i++) {
		struct finding f = { .files = files, .dir = dir, .mark = mark };
		struct finding again = { .dir = dir };

		files->count = files->unreadable = files->broken = 0;
		if (!find_all(&f, err) || !find_all(&again, err))
			return false;
		if (!f.gone && f.names == again.names)
			break;
		if (i == LOOKS)
			return err_set(err, OUTCOME_STORE_ERROR, "%s: files "
			    "were renamed or made while the log was read; try "
			    "again", dir->path);
		poll(NULL, 0, LOOK_MS);
	}
	if (dir->every)
		return true;
	if (!log_twins_unite(files, dir, err))
		return false;
	if (files->count > 0)
		qsort(files->list, files->count, sizeof(*files->list), by_age);
	return true;
}

void
log_files_wipe(struct log_files *files)
{
	free(files->list);
	memset(files, 0, sizeof(*files));
}
