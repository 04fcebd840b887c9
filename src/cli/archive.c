/* SPDX-License-Identifier: ISC */
/*
 * Duty: read what gzip(1) has made as if it were still plain.  A file that is
 * being compressed has no end yet: that is told, not taken for its end.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/archive.h"

#define BUFFER_SIZE (128U << 10)

struct archive {
	gzFile	gz;
};

struct archive *
archive_open(int fd, bool *packed)
{
	struct archive *a = calloc(1, sizeof(*a));
	unsigned char magic[2];

	if (a != NULL)
		a->gz = gzdopen(fd, "rb");
	if (a == NULL || a->gz == NULL) {
		close(fd);
		free(a);
		errno = ENOMEM;
		return NULL;
	}
	*packed = pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	    magic[0] == 0x1F && magic[1] == 0x8B;
	gzbuffer(a->gz, BUFFER_SIZE);
	return a;
}

void
archive_close(struct archive *a)
{
	if (a == NULL)
		return;
	gzclose_r(a->gz);
	free(a);
}

/* errno of what failed last. */
static void
set_errno(struct archive *a)
{
	int saved = errno, code;

	gzerror(a->gz, &code);
	errno = code == Z_ERRNO ? saved : code == Z_MEM_ERROR ? ENOMEM :
	    EILSEQ;
}

ssize_t
archive_read(struct archive *a, void *buf, size_t len)
{
	int code, n;

	n = gzread(a->gz, buf, len < INT_MAX ? (unsigned)len : INT_MAX);
	if (n < 0) {
		set_errno(a);
		return -1;
	}
	if (n > 0)
		return n;
	/* cut short: gzread() gives what there is, then this and no more */
	gzerror(a->gz, &code);
	if (code == Z_OK || code == Z_STREAM_END)
		return 0;
	set_errno(a);
	return -1;
}

int
archive_seek(struct archive *a, int64_t offset)
{
	if (gzseek(a->gz, (z_off_t)offset, SEEK_SET) >= 0)
		return 0;
	set_errno(a);
	return -1;
}
