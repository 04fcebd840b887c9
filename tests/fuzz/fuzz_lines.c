/* SPDX-License-Identifier: ISC */
/*
 * Cutting a file into lines: put together again they are the file, wherever
 * it is entered and however little a read(2) brings.
 */
#include <config.h>

#include <string.h>

#include "base/lines.h"
#include "base/span.h"
#include "fuzz.h"
#include "vectors.h"

struct source {
	const uint8_t	*data;
	size_t		 len;
	size_t		 step;		/* bytes of one read, at most */
};

static ssize_t
read_source(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	const struct source *s = ctx;
	size_t n;

	(void)fd;
	FUZZ_HOLDS(offset >= 0 && (size_t)offset <= s->len);
	n = s->len - (size_t)offset;
	if (n > len)
		n = len;
	if (n > s->step)
		n = s->step;
	if (n > 0)
		memcpy(buf, s->data + offset, n);
	return (ssize_t)n;
}

static void
walk(struct source *s, size_t from, size_t to)
{
	const struct fileops ops = { .ctx = s, .read = read_source };
	struct lines lines;
	struct line line;
	size_t at = from;
	int rc;

	lines_init(&lines, &ops, -1, (int64_t)from, (int64_t)to);
	while ((rc = lines_next(&lines, &line)) > 0) {
		FUZZ_HOLDS(line.offset == (int64_t)at);
		FUZZ_HOLDS(line.len <= to - at);
		FUZZ_HOLDS(memcmp(line.text, s->data + at, line.len) == 0);
		FUZZ_HOLDS(memchr(line.text, '\n', line.len) == NULL);
		at += line.len;
		if (line.whole)
			FUZZ_HOLDS(at < to && s->data[at++] == '\n');
		else
			FUZZ_HOLDS(at == to);
	}
	FUZZ_HOLDS(rc == 0 && at == to);
	lines_wipe(&lines);
}

static void
run(const uint8_t *data, size_t len)
{
	struct source s = { data, len, len + 1 };

	if (len == 0)
		return;
	walk(&s, 0, len);
	s.step = 1 + data[0] % 7;
	walk(&s, 0, len);
	walk(&s, data[0] % len, len - data[len - 1] % (len - data[0] % len));
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	size_t len = 0;

	fuzz_put_text(buf, size, &len, vector_text(v, "svix-id"));
	fuzz_put_text(buf, size, &len, "\n\n");
	fuzz_put(buf, size, &len, vector_get(v, "body", 0));
	fuzz_put_text(buf, size, &len, "\n");
	return len < 4096 ? len : 0;
}

const struct fuzz_driver fuzz_lines = { "lines", run, seed, NULL, 10000 };
