/* SPDX-License-Identifier: ISC */
/*
 * A file that may be compressed.  Any bytes come to an end; the input that
 * gzip(1) has packed comes out again, also from the middle, and is not taken
 * for whole when its end is missing.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/reading/archive.h"
#include "fuzz.h"
#include "vectors.h"

#define OUT_MAX	((size_t)256 << 10)

static unsigned char out[OUT_MAX], packed[OUT_MAX];

/* What there is from an offset on, up to OUT_MAX; -1 as archive_read(). */
static ssize_t
read_from(const char *path, int64_t offset, bool *is_packed)
{
	const struct packing *packing;
	struct archive *a = archive_open(open(path, O_RDONLY | O_CLOEXEC),
	    &packing);
	size_t len = 0;
	ssize_t n = 0;

	FUZZ_HOLDS(a != NULL);
	*is_packed = packing != NULL;
	if (offset > 0 && archive_seek(a, offset) != 0)
		n = -1;
	while (n >= 0 && len < OUT_MAX &&
	    (n = archive_read(a, out + len, OUT_MAX - len)) > 0)
		len += (size_t)n;
	FUZZ_HOLDS(n >= 0 || errno == EILSEQ || errno == ENOTSUP);
	archive_close(a);
	return n < 0 ? -1 : (ssize_t)len;
}

static size_t
pack(const uint8_t *data, size_t len)
{
	z_stream z;

	memset(&z, 0, sizeof(z));
	FUZZ_HOLDS(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)data;
	z.avail_in = (unsigned)len;
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	FUZZ_HOLDS(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static void
run(const uint8_t *data, size_t len)
{
	size_t packed_len, middle = len / 2;
	const char *path;
	bool is_packed;
	ssize_t n;

	if (len > OUT_MAX / 2)
		return;
	path = fuzz_file("archive", data, len);
	n = read_from(path, 0, &is_packed);
	if (!is_packed)
		FUZZ_HOLDS(n == (ssize_t)len && memcmp(out, data, len) == 0);

	packed_len = pack(data, len);
	path = fuzz_file("archive", packed, packed_len);
	FUZZ_HOLDS(read_from(path, 0, &is_packed) == (ssize_t)len);
	FUZZ_HOLDS(is_packed && memcmp(out, data, len) == 0);
	FUZZ_HOLDS(read_from(path, (int64_t)middle, &is_packed) ==
	    (ssize_t)(len - middle));
	FUZZ_HOLDS(memcmp(out, data + middle, len - middle) == 0);
	/* cut anywhere after its head */
	path = fuzz_file("archive", packed, packed_len - 1 - len % 8);
	FUZZ_HOLDS(read_from(path, 0, &is_packed) == -1);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	struct hookcask_span body = vector_get(v, "body", 0);
	size_t len = 0, packed_len;

	if (body.len == 0 || body.len > 4096)
		return 0;
	packed_len = pack(body.data, body.len);
	fuzz_put(buf, size, &len, (struct hookcask_span){ packed,
	    packed_len });
	return len;
}

const struct fuzz_driver fuzz_archive = { "archive", run, seed, NULL, 500 };
