/* SPDX-License-Identifier: ISC */
/*
 * Reads what gzip(1), zstd(1) or xz(1) packed as if it were plain.  A file that
 * is still being compressed has no end yet: that is an error, not its end.  An
 * error is reported only after everything before it was given; what comes from
 * a pipe is given as it arrives.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/reading/archive.h"
#include "cli/reading/unxz.h"
#include "cli/reading/unzstd.h"

#define BUFFER_SIZE	((size_t)128 << 10)
#define GZIP_ONLY	(MAX_WBITS + 16)	/* as inflateInit2() has it */

struct archive {
	int		 fd;
	bool		 known;	/* packing is known */
	const struct packing *packing;	/* NULL: plain */
	bool		 inside;	/* of a member, or a frame */
	bool		 pending;	/* more may come without more input */
	bool		 ended;		/* nothing follows */
	int		 broken;	/* errno: it cannot be read on */
	bool		 gzip;		/* z is open */
	z_stream	 z;
	struct unzstd	*zstd;		/* NULL: not open */
	struct unxz	 xz;
	int64_t		 at;		/* unpacked bytes that were given */
	int64_t		 skip_to;	/* the next that are wanted */
	size_t		 used, fill;	/* of in */
	unsigned char	 in[BUFFER_SIZE];
};

bool
archive_why(const struct packing *packing, int errnum, char why[128])
{
	if (errnum == ENOTSUP)
		snprintf(why, 128, "packed by %s, which %s; run \"%s\" on it",
		    packing->name, strcmp(packing->name, "xz") == 0 ?
		    "cannot be run here" : "hookcask cannot read",
		    packing->undo);
	else
		snprintf(why, 128, "what is compressed here is broken, or cut "
		    "off");
	return errnum == ENOTSUP || errnum == EILSEQ;
}

struct archive *
archive_open(int fd, const struct packing **packing)
{
	struct archive *a = calloc(1, sizeof(*a));
	unsigned char head[PACKING_HEAD];
	ssize_t n;

	if (a == NULL) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	a->fd = fd;
	n = pread(fd, head, sizeof(head), 0);
	*packing = packing_of(head, n < 0 ? 0 : (size_t)n);
	return a;
}

void
archive_close(struct archive *a)
{
	if (a == NULL)
		return;
	if (a->gzip)
		inflateEnd(&a->z);
	unzstd_close(a->zstd);
	unxz_close(&a->xz);
	close(a->fd);
	free(a);
}

const struct packing *
archive_packing(const struct archive *a)
{
	return a->packing;
}

static ssize_t
read_fd(const struct archive *a, void *buf, size_t len)
{
	ssize_t n;

	do
		n = read(a->fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Gets this many bytes into the buffer.  1; 0: there are fewer; -1: errno. */
static int
fetch(struct archive *a, size_t want)
{
	ssize_t n;

	if (a->fill - a->used >= want)
		return 1;
	memmove(a->in, a->in + a->used, a->fill - a->used);
	a->fill -= a->used;
	a->used = 0;
	while (a->fill < want) {
		n = read_fd(a, a->in + a->fill, BUFFER_SIZE - a->fill);
		if (n <= 0)
			return (int)n;
		a->fill += (size_t)n;
	}
	return 1;
}

static ssize_t
read_plain(struct archive *a, void *buf, size_t len)
{
	size_t have = a->fill - a->used;

	if (have == 0)
		return read_fd(a, buf, len);
	if (have > len)
		have = len;
	memcpy(buf, a->in + a->used, have);
	a->used += have;
	return (ssize_t)have;
}

/* Opens what unpacks it; 0, or errno. */
static int
open_packing(struct archive *a)
{
	const char *name = a->packing->name;

	if (strcmp(name, "xz") == 0)
		return unxz_open(&a->xz, a->fd) ? 0 : errno;
	if (strcmp(name, "gzip") == 0) {
		a->gzip = a->gzip || inflateInit2(&a->z, GZIP_ONLY) == Z_OK;
		return a->gzip ? 0 : ENOMEM;
	}
	if (strcmp(name, "zstd") != 0 || !unzstd_is_there())
		return ENOTSUP;
	if (a->zstd == NULL)
		a->zstd = unzstd_open();
	return a->zstd != NULL ? 0 : ENOMEM;
}

/* Finds by what it is packed; false: errno. */
static bool
find_packing(struct archive *a)
{
	if (fetch(a, PACKING_HEAD) < 0)
		return false;
	a->packing = packing_of(a->in + a->used, a->fill - a->used);
	a->known = true;
	a->broken = a->packing == NULL ? 0 : open_packing(a);
	return true;
}

/* A member begins, or this is the end: 1, 0, -1. */
static int
begin_member(struct archive *a)
{
	int rc = fetch(a, a->zstd != NULL ? 1 : 2);

	if (rc < 0)
		return rc;
	/* gzip(1) ignores what follows the last member and is none */
	if (rc == 0 || (a->zstd == NULL && (a->in[a->used] != 0x1F ||
	    a->in[a->used + 1] != 0x8B))) {
		a->ended = true;
		return 0;
	}
	if (a->zstd != NULL)
		unzstd_reset(a->zstd);
	else
		inflateReset(&a->z);
	a->inside = true;
	return 1;
}

/* One step of unpacking; the bytes that it gave. */
static size_t
inflate_some(struct archive *a, void *buf, size_t len)
{
	size_t given;
	int rc;

	a->z.next_in = a->in + a->used;
	a->z.avail_in = (unsigned)(a->fill - a->used);
	a->z.next_out = buf;
	a->z.avail_out = len < INT_MAX ? (unsigned)len : INT_MAX;
	given = a->z.avail_out;
	rc = inflate(&a->z, Z_NO_FLUSH);
	given -= a->z.avail_out;
	a->used = a->fill - a->z.avail_in;
	if (rc == Z_STREAM_END)
		a->inside = false;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		a->broken = rc == Z_MEM_ERROR ? ENOMEM : EILSEQ;
	return given;
}

static size_t
unzstd_here(struct archive *a, void *buf, size_t len)
{
	struct unzstd_step s = { .in = a->in + a->used,
		.in_len = a->fill - a->used, .out = buf, .out_len = len };

	a->broken = unzstd_some(a->zstd, &s);
	a->used += s.used;
	a->inside = !s.ended;
	a->pending = a->inside && s.given == len;
	return s.given;
}

static ssize_t
read_unxz(struct archive *a, void *buf, size_t len)
{
	ssize_t n = unxz_read(&a->xz, buf, len);

	a->ended = n == 0;
	a->broken = n < 0 ? errno : 0;
	return n;
}

static ssize_t
read_packed(struct archive *a, void *buf, size_t len)
{
	size_t given;
	int rc;

	while (!a->ended && a->broken == 0) {
		if (a->xz.pid != 0)
			return read_unxz(a, buf, len);
		rc = a->pending ? 1 : a->inside ? fetch(a, 1) :
		    begin_member(a);
		if (rc < 0)
			return -1;
		if (rc == 0 && a->inside)
			a->broken = EILSEQ;	/* cut off */
		if (rc == 0)
			continue;
		given = a->zstd != NULL ? unzstd_here(a, buf, len) :
		    inflate_some(a, buf, len);
		if (given > 0)
			return (ssize_t)given;
	}
	errno = a->broken;
	return a->ended ? 0 : -1;
}

static ssize_t
read_some(struct archive *a, void *buf, size_t len)
{
	ssize_t n;

	if (!a->known && !find_packing(a))
		return -1;
	n = a->packing != NULL ? read_packed(a, buf, len) :
	    read_plain(a, buf, len);
	if (n > 0)
		a->at += n;
	return n;
}

ssize_t
archive_read(struct archive *a, void *buf, size_t len)
{
	char passed[16 << 10];
	ssize_t n;

	while (a->at < a->skip_to) {
		size_t want = a->skip_to - a->at < (int64_t)sizeof(passed) ?
		    (size_t)(a->skip_to - a->at) : sizeof(passed);

		n = read_some(a, passed, want);
		if (n <= 0)
			return n;
	}
	return read_some(a, buf, len);
}

static ssize_t
read_in_order(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	(void)fd;
	(void)offset;
	return archive_read(ctx, buf, len);
}

struct fileops
archive_fileops(struct archive *a)
{
	struct fileops ops = fileops_posix;

	ops.ctx = a;
	ops.read = read_in_order;
	return ops;
}

int
archive_seek(struct archive *a, int64_t offset)
{
	if (offset < a->at) {
		unxz_close(&a->xz);
		if (lseek(a->fd, 0, SEEK_SET) == -1)
			return -1;
		a->at = 0;
		a->used = a->fill = 0;
		a->known = a->inside = a->pending = a->ended = false;
		a->broken = 0;
	}
	a->skip_to = offset;
	return 0;
}
