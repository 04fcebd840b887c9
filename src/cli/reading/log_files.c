/* SPDX-License-Identifier: ISC */
/*
 * Find the files of a log, whatever rotation did to their names.
 *
 *   found in the directory               taken for
 *   the mark's inode                     the current file, if anything is
 *                                        indexed in it; always the newest
 *   first line is a record of ours       a file of the log, by that line
 *   two with the same first line         one file: a copy, or compression
 *                                        at work; the plain one is read
 *   another inode, first line known      renamed, compressed, restored
 *   the same inode, another first line   a new file (copytruncate)
 *   no whole first line, empty           nothing yet
 *   another name, not a regular file     not of the log
 *   another first line, and a name that  beside the log: a check sum, a lock,
 *   rotation does not make               an editor's copy
 *
 * Ordered by the time of the first record, since numbers in names go either
 * way and times of files are lost by compression.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/civil.h"
#include "cli/reading/archive.h"
#include "cli/reading/log_files.h"
#include "cli/term/say.h"
#include "lib/mac.h"
#include "store/log.h"

bool
log_file_is_named(const char *pattern, const char *name)
{
	const char *dot = strrchr(pattern, '.');
	size_t len = strcspn(pattern, "%");

	/* logrotate's "extension" puts number or date before the suffix */
	if (dot != NULL && dot > pattern && (size_t)(dot - pattern) < len)
		len = (size_t)(dot - pattern);
	return name[0] != '.' && strncmp(name, pattern, len) == 0;
}

static uint64_t
hash_of(const char *text, size_t len)
{
	struct hookcask_span span = { text, len };
	unsigned char hash[HKC_SHA256_SIZE];
	uint64_t first = 0;

	hkc_sha256(&span, 1, hash);
	for (int i = 0; i < 8; i++)
		first = first << 8 | hash[i];
	return first;
}

uint64_t
log_line_hash(const char *line, size_t len)
{
	return hash_of(line, len < LOG_HASHED ? len : LOG_HASHED);
}

bool
log_file_judge(struct log_file *f, const char *endpoint, const char *head,
    size_t len)
{
	static const char start[] = "{\"specversion\":\"1.0\",\"id\":\"";
	static const char received[] = "\",\"received\":\"";
	const char *lf, *at;
	char source[64];

	if (len > LOG_HEAD_SIZE)
		len = LOG_HEAD_SIZE;
	lf = memchr(head, '\n', len);
	if (lf == NULL && len < LOG_HEAD_SIZE)
		return false;
	if (lf != NULL)
		len = (size_t)(lf - head);
	if (len < sizeof(start) - 1 ||
	    memcmp(head, start, sizeof(start) - 1) != 0)
		return false;
	/* a quote in an id is escaped: this cannot stand inside one */
	snprintf(source, sizeof(source), "\",\"source\":\"%s\",", endpoint);
	at = memmem(head, len, source, strlen(source));
	if (at == NULL)
		return false;
	at = memmem(at, len - (size_t)(at - head), received,
	    sizeof(received) - 1);
	if (at == NULL ||
	    len - (size_t)(at - head) < sizeof(received) - 1 + 27 ||
	    !civil_parse(at + sizeof(received) - 1, 27, &f->first_us))
		return false;
	f->id = hash_of(head, len);
	return true;
}

/* Not one that is being written, or that only shares some letters. */
static bool
is_strange(const struct log_dir *dir, const struct log_file *f,
    const char *head, size_t len)
{
	if (f->current || !log_name_is_rotated(dir->pattern, f->name))
		return false;
	if (f->packed)
		return dir->every || (int64_t)time(NULL) * 1000000 -
		    f->mtime_us >= LOG_YOUNG_US;
	return len == LOG_HEAD_SIZE || memchr(head, '\n', len) != NULL;
}

/* Not silently: it may be one of the log, given to another user. */
static bool
pass_over(const struct log_dir *dir, struct log_file *f, int errnum)
{
	/* gone just now; a link; compressed, and its end is still to come */
	if (errnum == ENOENT || (!dir->every && (errnum == ELOOP ||
	    errnum == EILSEQ)))
		return false;
	f->unreadable = log_name_is_rotated(dir->pattern, f->name) ||
	    (dir->every && log_file_is_named(dir->pattern, f->name));
	say("%s/%s: %s; %swhat it holds is left out until it can be read",
	    dir->path, f->name, strerror(errnum), f->unreadable ? "" :
	    "if it belongs to the log, ");
	return false;
}

/* Is it our own want, which says nothing about the file? */
static bool
is_want(int errnum)
{
	return errnum == ENOMEM || errnum == EMFILE || errnum == ENFILE;
}

/*
 * Reads its head; false if it is no file of the log, or cannot be read, in
 * which case errno tells of a want.
 */
static bool
look_inside(const struct log_dir *dir, struct log_file *f, int64_t limit)
{
	char head[LOG_HEAD_SIZE];
	struct archive *a;
	size_t len = 0;
	ssize_t n = 1;
	int fd, error = 0;

	fd = openat(dir->fd, f->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC |
	    (dir->every ? 0 : O_NOFOLLOW));
	if (fd == -1)
		return is_want(errno) ? false : pass_over(dir, f, errno);
	a = archive_open(fd, &f->packed);
	while (a != NULL && len < sizeof(head) && n > 0) {
		n = archive_read(a, head + len, sizeof(head) - len);
		if (n > 0)
			len += (size_t)n;
	}
	if (a == NULL || n < 0)
		error = errno;
	archive_close(a);
	errno = error;
	if (is_want(error))
		return false;
	if (error != 0 && error != EILSEQ)
		return pass_over(dir, f, error);
	/* nobody appends to it: it has got the number of one that is gone */
	if (f->packed)
		f->current = false;
	if (f->current && (int64_t)len > limit)
		len = (size_t)limit;
	if (log_file_judge(f, dir->endpoint, head, len))
		return true;
	if (dir->strange != NULL && is_strange(dir, f, head, len))
		dir->strange(dir->ctx, f->name);
	return false;
}

static int64_t
mtime_us(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000 +
	    st->st_mtim.tv_nsec / 1000;
}

/* errno is 0 before it, and tells of a want when it returns false. */
static bool
examine(const struct log_dir *dir, const struct mark *mark, const char *name,
    struct log_file *f)
{
	struct stat st;

	memset(f, 0, sizeof(*f));
	if (name[0] == '.' || strlen(name) > INDEX_NAME_MAX ||
	    (!dir->every && !log_file_is_named(dir->pattern, name)))
		return false;
	strcpy(f->name, name);
	if (fstatat(dir->fd, name, &st, dir->every ? 0 :
	    AT_SYMLINK_NOFOLLOW) != 0) {
		/* not gone, but a link to what is not there */
		if (errno == ENOENT && fstatat(dir->fd, name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			errno = ENOLINK;
		return is_want(errno) ? false : pass_over(dir, f, errno);
	}
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	f->inode = st.st_ino;
	f->size = st.st_size;
	f->mtime_us = mtime_us(&st);
	f->current = st.st_ino == mark->inode;
	if (!f->current && dir->is_done != NULL && dir->is_done(dir->ctx, f))
		return false;
	return look_inside(dir, f, mark->offset);
}

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

/* The same files side by side, the one to be read first. */
static int
by_id(const void *left, const void *right)
{
	const struct log_file *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->current != b->current)
		return a->current ? -1 : 1;
	if (a->packed != b->packed)
		return a->packed ? 1 : -1;
	/* of two copies the longer one holds more */
	return a->size > b->size ? -1 : a->size < b->size ? 1 :
	    strcmp(a->name, b->name);
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

static void
sort(struct log_files *files)
{
	size_t kept = 0;

	if (files->count == 0)
		return;
	qsort(files->list, files->count, sizeof(*files->list), by_id);
	for (size_t i = 1; i < files->count; i++)
		if (files->list[i].id != files->list[kept].id)
			files->list[++kept] = files->list[i];
	files->count = kept + 1;
	qsort(files->list, files->count, sizeof(*files->list), by_age);
}

bool
log_files_find(struct log_files *files, const struct log_dir *dir,
    const struct mark *mark, struct err *err)
{
	struct dirent *entry;
	struct log_file f;
	DIR *d = NULL;
	int fd;

	files->count = files->unreadable = 0;
	/* opened anew: a duplicate would share the place in the listing */
	fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
		d = fdopendir(fd);
	if (d == NULL) {
		err_sys(err, OUTCOME_NO_INPUT, errno, "%s", dir->path);
		if (fd != -1)
			close(fd);
		return false;
	}
	while ((errno = 0, entry = readdir(d)) != NULL) {
		bool ours = examine(dir, mark, entry->d_name, &f);

		if (!ours && is_want(errno))
			break;
		files->unreadable += f.unreadable;
		if (!ours)
			continue;
		if (!add(files, &f)) {
			closedir(d);
			return err_set(err, OUTCOME_NO_MEMORY,
			    "%s: no memory", dir->path);
		}
	}
	if (errno != 0) {
		err_sys(err, errno == ENOMEM ? OUTCOME_NO_MEMORY :
		    OUTCOME_IO_ERROR, errno, "%s", dir->path);
		closedir(d);
		return false;
	}
	closedir(d);
	if (!dir->every)
		sort(files);
	return true;
}

void
log_files_wipe(struct log_files *files)
{
	free(files->list);
	memset(files, 0, sizeof(*files));
}
