/* SPDX-License-Identifier: ISC */
/*
 * Looks at one file beside a log: is it of the log, and can it be read?
 *
 *   found                                taken for
 *   first line is a record of ours       a file of the log, by that line
 *   the same after a few lines of other  a file of the log, by that line
 *   programs, and it shares the log's
 *   name
 *   the same, and it does not            said, counted: a copy, or a file of
 *                                        the log from when its name differed
 *   the same, and another user's, or     said, counted: who wrote it?
 *   others may write to it
 *   no whole first line, empty           nothing yet
 *   another first line, and a name that  said, counted: its first line was
 *   rotation makes                       damaged
 *   packed by what we cannot read, or    said, counted, unless what it is made
 *   torn, and it shares the log's name   from is beside it
 *   a link that rotation may have named  said, counted, if it leads away
 *   anything else                        beside the log: a check sum, a lock
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/civil.h"
#include "cli/reading/archive.h"
#include "cli/reading/log_look.h"
#include "cli/term/say.h"
#include "lib/mac.h"
#include "store/log.h"

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

/* Is this line, with what follows it, a record of the endpoint? */
static bool
is_record(struct log_file *f, const char *endpoint, const char *head,
    size_t len)
{
	static const char start[] = "{\"specversion\":\"1.0\",\"id\":\"";
	static const char received[] = "\",\"received\":\"";
	const char *lf, *at;
	char source[64];

	if (len > LOG_LINE_HASHED)
		len = LOG_LINE_HASHED;
	lf = memchr(head, '\n', len);
	if (lf == NULL && len < LOG_LINE_HASHED)
		return false;
	if (lf != NULL)
		len = (size_t)(lf - head);
	if (len < sizeof(start) - 1 ||
	    memcmp(head, start, sizeof(start) - 1) != 0)
		return false;
	/* a quote in an id is escaped: this cannot be inside one */
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

bool
log_file_match(struct log_file *f, const char *endpoint, const char *head,
    size_t len, size_t foreign)
{
	const char *lf;
	size_t at = 0;

	do {
		if (is_record(f, endpoint, head + at, len - at))
			return true;
		lf = memchr(head + at, '\n', len - at);
		at = lf == NULL ? len : (size_t)(lf - head) + 1;
	} while (at < len && at < foreign);
	return false;
}

bool
log_look_is_shortage(int errnum)
{
	return errnum == ENOMEM || errnum == EMFILE || errnum == ENFILE;
}

void
log_look_problem(struct log_files *files, const struct log_dir *dir,
    const char *name, const char *why, bool broken)
{
	char path[PATH_MAX];

	if (broken)
		files->broken++;
	else
		files->unreadable++;
	snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" :
	    dir->path, name[0] == '/' ? "" : "/", name);
	if (dir->problem != NULL)
		dir->problem(dir->ctx, path, why, broken);
	else
		say("%s: %s; left out", path, why);
}

const char *
log_look_unsound(const struct log_dir *dir, const struct stat *st,
    char why[128])
{
	if (st->st_uid != dir->owner && st->st_uid != 0)
		snprintf(why, 128, "belongs to user %ld, neither to root nor "
		    "to the store's owner %ld; chown it", (long)st->st_uid,
		    (long)dir->owner);
	else if ((st->st_mode & 0022) != 0)
		snprintf(why, 128, "others may write to it (mode %04o); chmod "
		    "go-w it", (unsigned)st->st_mode & 07777);
	else
		return NULL;
	return why;
}

static const char *
base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash == NULL ? name : slash + 1;
}

/* Is what a compressor makes it from beside it? */
static bool
is_in_the_making(const struct log_dir *dir, const char *name)
{
	const char *dot = strrchr(base_of(name), '.');
	char source[LOG_FILE_NAME];
	struct stat st;

	if (dot == NULL)
		return false;
	snprintf(source, sizeof(source), "%.*s", (int)(dot - name), name);
	return fstatat(dir->fd, source, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
}

/* Not silently: it may be one of the log, given to another user. */
static void
pass_over(struct log_files *files, const struct log_dir *dir,
    const char *name, int errnum)
{
	const char *base = base_of(name);
	char why[128];

	if (!log_name_is_like(dir->pattern, base))
		return;
	snprintf(why, sizeof(why), "%s; what it holds is left out until it "
	    "can be read", strerror(errnum));
	if (dir->every || log_name_is_rotated(dir->pattern, base))
		log_look_problem(files, dir, name, why, false);
	else
		say("%s/%s: %s; if it belongs to the log, what it holds is "
		    "left out until it can be read", dir->path, name,
		    strerror(errnum));
}

/* A link beside the log to what is beside it leads to nothing new. */
static void
pass_over_link(struct log_files *files, const struct log_dir *dir,
    const char *name)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(dir->fd, name, to, sizeof(to));

	if (log_name_is_rotated(dir->pattern, base_of(name)) && n > 0 &&
	    memchr(to, '/', (size_t)n) != NULL)
		log_look_problem(files, dir, name, "a symbolic link, which is "
		    "not followed; put the file itself there, or remove the "
		    "link and name the file's directory as olddir", false);
}

/* The first bytes of what is unpacked; false: errno.  Takes fd over. */
static bool
read_head(int fd, const struct packing **packing, char *head, size_t *len)
{
	struct archive *a;
	int error = 0;
	ssize_t n = pread(fd, head, LOG_HEAD_SIZE, 0);

	*len = n < 0 ? 0 : (size_t)n;
	*packing = packing_of(head, *len);
	if (n < 0 || *packing == NULL) {
		error = errno;
		close(fd);
		errno = error;
		return n >= 0;
	}
	*len = 0;
	a = archive_open(fd, packing);
	if (a == NULL)
		return false;
	while (*len < LOG_HEAD_SIZE && n > 0) {
		n = archive_read(a, head + *len, LOG_HEAD_SIZE - *len);
		if (n > 0)
			*len += (size_t)n;
	}
	if (n < 0)
		error = errno;
	archive_close(a);
	errno = error;
	return n >= 0;
}

/* It is packed, and cannot be read up to its first line. */
static void
pass_over_packed(struct log_files *files, const struct log_dir *dir,
    const char *name, const struct packing *packing, int errnum)
{
	char why[128];

	if (!dir->every && !log_name_is_like(dir->pattern, base_of(name)))
		return;
	archive_why(packing, errnum, why);
	log_look_problem(files, dir, name, why, true);
}

/* Reads its head, once more if it may have been completed meanwhile. */
static enum log_look
look_inside(struct log_file *f, struct log_files *files,
    const struct log_dir *dir, int64_t limit)
{
	const struct packing *packing = NULL;
	char head[LOG_HEAD_SIZE];
	size_t len = 0, foreign;
	bool done = false;
	int fd, error = 0;

	/* in any other file records are a copy that somebody has made */
	foreign = dir->every || log_name_is_like(dir->pattern,
	    base_of(f->name)) ? LOG_FOREIGN_MAX : 0;

	for (int i = 0; i < 2 && !done; i++) {
		fd = openat(dir->fd, f->name, O_RDONLY | O_NONBLOCK |
		    O_CLOEXEC | (dir->every ? 0 : O_NOFOLLOW));
		done = fd != -1 && read_head(fd, &packing, head, &len);
		error = errno;
		if (!done && log_look_is_shortage(error))
			return LOG_LOOK_SHORTAGE;
		if (fd == -1 && error == ENOENT)
			return LOG_LOOK_GONE;
		if (!done && (fd == -1 || packing == NULL)) {
			pass_over(files, dir, f->name, error);
			return LOG_LOOK_NOT;
		}
		f->packed = packing != NULL;
		/* nobody appends to it: that number is used again */
		if (f->packed)
			f->current = false;
		if (f->current && (int64_t)len > limit)
			len = (size_t)limit;
		if (log_file_match(f, dir->endpoint, head, len, foreign))
			return LOG_LOOK_OURS;
		if (f->packed && is_in_the_making(dir, f->name))
			return LOG_LOOK_NOT;
	}
	if (!done)
		pass_over_packed(files, dir, f->name, packing, error);
	else if (len > 0 && (f->packed || len == LOG_HEAD_SIZE ||
	    memchr(head, '\n', len) != NULL) &&
	    log_name_is_rotated(dir->pattern, base_of(f->name)))
		log_look_problem(files, dir, f->name, "the file does not "
		    "begin with a record of this endpoint", true);
	else if (foreign == 0 && log_file_match(f, dir->endpoint, head, len,
	    LOG_FOREIGN_MAX))
		log_look_problem(files, dir, f->name, "lines of others precede "
		    "its records; if it is a file of the log, remove those "
		    "lines, else move it away", true);
	return LOG_LOOK_NOT;
}

enum log_look
log_look(struct log_file *f, struct log_files *files,
    const struct log_dir *dir, const struct mark *mark, const char *name,
    const char *unsound)
{
	enum log_look how;
	char why[128];
	struct stat st;

	memset(f, 0, sizeof(*f));
	strcpy(f->name, name);
	if (fstatat(dir->fd, name, &st, dir->every ? 0 :
	    AT_SYMLINK_NOFOLLOW) != 0) {
		/* not gone, but a link to what is not there */
		if (errno == ENOENT && fstatat(dir->fd, name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			errno = ENOLINK;
		if (log_look_is_shortage(errno))
			return LOG_LOOK_SHORTAGE;
		if (errno == ENOENT)
			return LOG_LOOK_GONE;
		pass_over(files, dir, name, errno);
		return LOG_LOOK_NOT;
	}
	if (S_ISLNK(st.st_mode))
		pass_over_link(files, dir, name);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return LOG_LOOK_NOT;
	f->dev = st.st_dev;
	f->inode = st.st_ino;
	f->size = st.st_size;
	f->mtime_us = (int64_t)st.st_mtim.tv_sec * 1000000 +
	    st.st_mtim.tv_nsec / 1000;
	f->current = st.st_ino == mark->inode && st.st_dev == dir->dev;
	f->done = !f->current && dir->is_done != NULL &&
	    dir->is_done(dir->ctx, f);
	if (f->done)
		return LOG_LOOK_OURS;
	how = look_inside(f, files, dir, mark->offset);
	f->hidden = f->packed || st.st_nlink != 1 ||
	    st.st_uid != dir->owner || strchr(name, '/') != NULL;
	/* whether the current one is sound, the responder checks */
	if (how != LOG_LOOK_OURS || dir->every || f->current)
		return how;
	if (unsound == NULL)
		unsound = log_look_unsound(dir, &st, why);
	if (unsound == NULL)
		return LOG_LOOK_OURS;
	log_look_problem(files, dir, name, unsound, false);
	return LOG_LOOK_NOT;
}
