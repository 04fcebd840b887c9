/* SPDX-License-Identifier: ISC */
/* What several drivers need. */
#include <config.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "fuzz.h"

static char directory[256];
static pid_t maker;

static int speaking = -1;	/* the real standard error while hushed */

void
fuzz_hush(void)
{
	static int nowhere = -1;

	if (nowhere < 0)
		nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (speaking < 0)
		speaking = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (nowhere < 0 || speaking < 0 || dup2(nowhere, STDERR_FILENO) < 0)
		abort();
}

void
fuzz_speak(void)
{
	if (speaking >= 0 && dup2(speaking, STDERR_FILENO) < 0)
		abort();
}

_Noreturn void
fuzz_fail(const char *file, int line, const char *what)
{
	fuzz_speak();
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

void *
fuzz_copy(const void *data, size_t len)
{
	void *copy = malloc(len == 0 ? 1 : len);

	FUZZ_HOLDS(copy != NULL);
	if (len != 0)
		memcpy(copy, data, len);
	return copy;
}

struct hookcask_span
fuzz_cut(struct hookcask_span *rest, char c)
{
	const char *text = rest->data;
	const char *at = rest->len == 0 ? NULL : memchr(text, c, rest->len);
	struct hookcask_span first = *rest;

	if (at == NULL) {
		rest->len = 0;
		return first;
	}
	first.len = (size_t)(at - text);
	rest->data = at + 1;
	rest->len -= first.len + 1;
	return first;
}

void
fuzz_put(uint8_t *buf, size_t size, size_t *len, struct hookcask_span s)
{
	if (s.len == 0 || s.len > size - *len)
		return;
	memcpy(buf + *len, s.data, s.len);
	*len += s.len;
}

void
fuzz_put_text(uint8_t *buf, size_t size, size_t *len, const char *text)
{
	fuzz_put(buf, size, len, span_text(text));
}

size_t
fuzz_own(const char *const *texts, size_t n, uint8_t *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i <= n; i++)
		if (texts[i] == NULL)
			return 0;
	fuzz_put_text(buf, size, &len, texts[n]);
	return len;
}

static int
remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static void
clean_up(void)
{
	if (maker == getpid())
		nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
fuzz_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	if (directory[0] != '\0')
		return directory;
	/* most of what is done there is syncing */
	if (tmp == NULL)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(directory, sizeof(directory), "%s/hookcask.XXXXXX", tmp);
	FUZZ_HOLDS(mkdtemp(directory) != NULL);
	maker = getpid();
	atexit(clean_up);
	return directory;
}

void
fuzz_home(char path[512], const char *name)
{
	snprintf(path, 512, "%s/%s", fuzz_dir(), name);
	FUZZ_HOLDS(mkdir(path, 0700) == 0);
}

const char *
fuzz_file(const char *name, const void *data, size_t len)
{
	static char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fuzz_dir(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	FUZZ_HOLDS(fd >= 0);
	FUZZ_HOLDS(len == 0 || write(fd, data, len) == (ssize_t)len);
	close(fd);
	return path;
}
