/* SPDX-License-Identifier: ISC */
/* Reads the bodies that the store kept besides the first one of their id. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reading/reading_other.h"
#include "store/other_body.h"

static int
is_one(const struct dirent *d)
{
	return other_body_is_named(d->d_name);
}

/* Their names; the caller frees each name and the list.  -1 with errno. */
static int
find(const char *dir, const char *id, struct dirent ***names)
{
	int count = scandir(dir, names, is_one, alphasort), kept = 0;
	char digits[OTHER_BODY_ID_SIZE];

	if (id == NULL || count < 0)
		return count;
	other_body_id(digits, id);
	for (int i = 0; i < count; i++) {
		if (memcmp((*names)[i]->d_name, digits, sizeof(digits) - 1) ==
		    0)
			(*names)[kept++] = (*names)[i];
		else
			free((*names)[i]);
	}
	return kept;
}

static bool
read_one(struct reader *r, const char *dir, const char *name, struct err *err)
{
	char path[PATH_MAX + 64];
	struct part part = PART(path);
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return err_set(err, OUTCOME_IO_ERROR, "%s: too long", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	/* the operator may remove one while we read */
	if (fd == -1)
		return errno == ENOENT ||
		    err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	return reader_fd(r, &part, fd, err);
}

bool
reader_other_bodies(struct reader *r, const struct statedir *names,
    struct err *err)
{
	const char *id = r->filter == NULL ? NULL : r->filter->id;
	struct dirent **list = NULL;
	char dir[PATH_MAX + sizeof(OTHER_BODY_DIR)];
	bool ok = true;
	int count;

	snprintf(dir, sizeof(dir), "%s/" OTHER_BODY_DIR, names->path);
	count = find(dir, id, &list);
	if (count < 0)
		return errno == ENOENT ||
		    err_sys(err, OUTCOME_NO_INPUT, errno, "%s", dir);
	for (int i = 0; i < count; i++) {
		ok = ok && read_one(r, dir, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return ok;
}

size_t
other_bodies_count(const char *state_path, const char *id)
{
	struct dirent **list = NULL;
	char dir[PATH_MAX + sizeof(OTHER_BODY_DIR)];
	int count;

	snprintf(dir, sizeof(dir), "%s/" OTHER_BODY_DIR, state_path);
	count = find(dir, id, &list);
	for (int i = 0; i < count; i++)
		free(list[i]);
	free(list);
	return count < 0 ? 0 : (size_t)count;
}
