/* SPDX-License-Identifier: ISC */
/*
 * Writes the operator's lines.  It never waits for the lock of another process,
 * waits a moment at most for whoever reads standard error (diag_writer.c), and
 * reports no error to its caller.  It writes no byte outside 0x20..0x7E but
 * the line feed at the end, because lines hold header values of strangers.
 */
#include <config.h>

#include "base/diag.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/diag_writer.h"
#include "base/span.h"

#define DIAG_FILE_MAX	((off_t)1 << 20)
#define DIAG_PREFIX	"hookcask: "
/* Kept free at the end of a line: "...", a closing quote, NUL. */
#define DIAG_RESERVE	5

static struct {
	pthread_mutex_t	 lock;
	char		*path;		/* NULL: no file */
	char		*rolled;	/* path with ".1" */
	int		 fd;
	bool		 complained;
} diag = { PTHREAD_MUTEX_INITIALIZER, NULL, NULL, -1, false };

/* Appends all n bytes or, if they do not fit, ends the line with "...". */
static void
line_put(struct diag_line *line, const char *s, size_t n)
{
	if (line->cut)
		return;
	if (line->len + n > sizeof(line->text) - DIAG_RESERVE) {
		line->cut = true;
		s = "...";
		n = 3;
	}
	memcpy(line->text + line->len, s, n);
	line->len += n;
	line->text[line->len] = '\0';
}

/* A value can be read back: its quotes and backslashes are escaped, too. */
static void
line_escape(struct diag_line *line, struct hookcask_span s, bool is_value)
{
	const unsigned char *p = s.data;
	char unit[5];

	for (size_t i = 0; i < s.len && !line->cut; i++) {
		if (p[i] < 0x20 || p[i] > 0x7e) {
			snprintf(unit, sizeof(unit), "\\x%02x", p[i]);
			line_put(line, unit, 4);
		} else if (is_value && (p[i] == '"' || p[i] == '\\')) {
			unit[0] = '\\';
			unit[1] = (char)p[i];
			line_put(line, unit, 2);
		} else {
			unit[0] = (char)p[i];
			line_put(line, unit, 1);
		}
	}
}

static bool
needs_quotes(struct hookcask_span s)
{
	return s.len == 0 || memchr(s.data, ' ', s.len) != NULL ||
	    memchr(s.data, '=', s.len) != NULL ||
	    memchr(s.data, '"', s.len) != NULL;
}

void
diag_add(struct diag_line *line, const char *key, struct hookcask_span value)
{
	bool quoted = needs_quotes(value);

	if (line->cut)
		return;
	if (line->len > 0)
		line_put(line, " ", 1);
	line_put(line, key, strlen(key));
	line_put(line, quoted ? "=\"" : "=", quoted ? 2 : 1);
	if (line->cut)
		return;
	line_escape(line, value, true);
	if (quoted) {
		/* there is room: the reserve holds it */
		line->text[line->len++] = '"';
		line->text[line->len] = '\0';
	}
}

void
diag_text(struct diag_line *line, const char *key, const char *value)
{
	diag_add(line, key, span_text(value));
}

void
diag_number(struct diag_line *line, const char *key, int64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%" PRId64, value);
	diag_text(line, key, buf);
}

static void
file_close(void)
{
	if (diag.fd != -1)
		close(diag.fd);
	diag.fd = -1;
}

/* Another process may have rolled the file, or an operator removed it. */
static bool
file_is_current(struct stat *st)
{
	struct stat named;

	return fstat(diag.fd, st) == 0 && lstat(diag.path, &named) == 0 &&
	    st->st_dev == named.st_dev && st->st_ino == named.st_ino;
}

static bool
file_open(struct stat *st)
{
	/* O_NONBLOCK: a FIFO in its place must not hang the responder */
	diag.fd = open(diag.path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
	if (diag.fd == -1)
		return false;
	if (fstat(diag.fd, st) == 0 && S_ISREG(st->st_mode))
		return true;
	file_close();
	errno = EINVAL;
	return false;
}

/*
 * If several processes find the file full, one renames it, under the file's
 * lock and only while the path still names it.  A process that does not get
 * the lock at once keeps writing to the file.
 */
static void
file_roll(struct stat *st)
{
	if (flock(diag.fd, LOCK_EX | LOCK_NB) == -1)
		return;
	if (file_is_current(st))
		(void)rename(diag.path, diag.rolled);
	/* the lock ends with the descriptor */
	file_close();
	(void)file_open(st);
}

/* Opens or rolls the file for a line of len bytes; diag.fd is -1 on error. */
static void
file_ready(size_t len)
{
	struct stat st;
	char why[160];

	if (diag.fd != -1 && !file_is_current(&st))
		file_close();
	if (diag.fd == -1 && !file_open(&st)) {
		if (!diag.complained) {
			snprintf(why, sizeof(why), DIAG_PREFIX
			    "warning: the file that diag names cannot be "
			    "opened (error %d); check its directory\n",
			    errno);
			diag_writer_put(why, strlen(why));
		}
		diag.complained = true;
		return;
	}
	if (st.st_size > 0 && st.st_size + (off_t)len > DIAG_FILE_MAX)
		file_roll(&st);
}

void
diag_open(const char *path)
{
	diag_close();
	if (path == NULL)
		return;
	pthread_mutex_lock(&diag.lock);
	diag.path = strdup(path);
	diag.rolled = malloc(strlen(path) + 3);
	if (diag.path != NULL && diag.rolled != NULL) {
		snprintf(diag.rolled, strlen(path) + 3, "%s.1", path);
		file_ready(0);
	} else {
		free(diag.path);
		free(diag.rolled);
		diag.path = diag.rolled = NULL;
	}
	pthread_mutex_unlock(&diag.lock);
}

void
diag_close(void)
{
	pthread_mutex_lock(&diag.lock);
	file_close();
	free(diag.path);
	free(diag.rolled);
	diag.path = diag.rolled = NULL;
	diag.complained = false;
	pthread_mutex_unlock(&diag.lock);
}

void
diag_send(struct diag_line *line)
{
	char buf[CIVIL_SIZE + sizeof(DIAG_PREFIX) + sizeof(line->text) + 2];
	size_t head, len;
	int saved = errno;

	civil_format(buf, (int64_t)time(NULL));
	head = strlen(buf);
	buf[head++] = ' ';
	len = head;
	memcpy(buf + len, DIAG_PREFIX, sizeof(DIAG_PREFIX) - 1);
	len += sizeof(DIAG_PREFIX) - 1;
	memcpy(buf + len, line->text, line->len);
	len += line->len;
	buf[len++] = '\n';

	diag_writer_put(buf + head, len - head);
	pthread_mutex_lock(&diag.lock);
	if (diag.path != NULL) {
		file_ready(len);
		if (diag.fd != -1)
			diag_writer_write(diag.fd, buf, len);
	}
	pthread_mutex_unlock(&diag.lock);
	errno = saved;
}

void
diag_say(const char *level, const char *text)
{
	struct diag_line line = DIAG_LINE_INIT;

	line_escape(&line, span_text(level), false);
	line_put(&line, ": ", 2);
	line_escape(&line, span_text(text), false);
	diag_send(&line);
}
