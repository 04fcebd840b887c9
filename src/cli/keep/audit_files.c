/* SPDX-License-Identifier: ISC */
/*
 * Finds rotated files of a log that are compressed and cannot be read at all.
 * Readers of records skip such a file, since it may be unfinished; then its
 * source is still beside it.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/keep/audit.h"
#include "cli/reading/archive.h"
#include "cli/reading/log_files.h"

/* Is there a first line in it? */
static bool
is_readable(int dir, const char *name)
{
	int fd = openat(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char head[LOG_HEAD_SIZE];
	struct archive *a;
	size_t len = 0;
	ssize_t n = 1;
	bool packed;

	/* gone meanwhile, or nothing to check */
	if (fd == -1 || (a = archive_open(fd, &packed)) == NULL)
		return true;
	while (len < sizeof(head) && n > 0) {
		n = archive_read(a, head + len, sizeof(head) - len);
		if (n > 0)
			len += (size_t)n;
	}
	archive_close(a);
	return !packed || len == sizeof(head) ||
	    memchr(head, '\n', len) != NULL;
}

static bool
is_in_the_making(int dir, const char *name)
{
	size_t len = strlen(name);
	char source[INDEX_NAME_MAX + 1];
	struct stat st;

	if (len < 4 || len > INDEX_NAME_MAX ||
	    strcmp(name + len - 3, ".gz") != 0)
		return false;
	snprintf(source, sizeof(source), "%.*s", (int)len - 3, name);
	return fstatat(dir, source, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
audit_files(struct audit *a, const char *home, const char *pattern,
    struct err *err)
{
	struct dirent *entry;
	DIR *d = opendir(home);
	char path[PATH_MAX];
	struct stat st;
	int fd;

	if (d == NULL)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", home);
	fd = dirfd(d);
	while ((entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;

		if (!log_file_is_named(pattern, name) ||
		    fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode) || st.st_size == 0 ||
		    is_readable(fd, name) || is_in_the_making(fd, name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", home, name);
		audit_skip(a, path, 0,
		    "the compressed data is broken or cut off");
	}
	closedir(d);
	return true;
}
