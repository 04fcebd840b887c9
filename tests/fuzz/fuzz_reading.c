/* SPDX-License-Identifier: ISC */
/*
 * What "hookcask cat" and "verify" read: each line is a record or is said to
 * be none, and nothing of it stays unsaid.
 */
#include <config.h>

#include <string.h>

#include "base/lines.h"
#include "base/span.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading.h"
#include "fuzz.h"

struct seen {
	struct hookcask_span	 rest;		/* of the input */
	uint64_t		 records;
};

/* The next line that is a record is the one that was given. */
static bool
record(void *ctx, const struct reading *reading, struct err *err)
{
	struct seen *seen = ctx;
	struct record_view view;
	struct hookcask_span line;

	(void)err;
	do {
		FUZZ_HOLDS(seen->rest.len > 0);
		line = fuzz_cut(&seen->rest, '\n');
	} while (!record_parse(&view, line.data, line.len));
	FUZZ_HOLDS(span_same(line, reading->line));
	FUZZ_HOLDS(strcmp(view.id, reading->view.id) == 0);
	seen->records++;
	return true;
}

static void
run(const uint8_t *data, size_t len)
{
	struct seen seen = { span_make(data, len), 0 };
	struct reader reader = { .record = record, .ctx = &seen };
	struct err err = ERR_INIT;
	uint64_t lines = 0;
	const char *path;
	bool ok;

	/* what is packed is another driver's */
	if (len >= 2 && data[0] == 0x1F && data[1] == 0x8B)
		return;
	for (size_t i = 0; i < len; i++)
		lines += data[i] == '\n' || i + 1 == len;
	path = fuzz_file("reading", data, len);
	fuzz_hush();
	ok = reader_file(&reader, path, &err);
	fuzz_speak();
	FUZZ_HOLDS(ok);
	FUZZ_HOLDS(seen.records + reader.skipped == lines);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	static const char noise[] = "\n{\"specversion\":\"1.0\"}\n\0\0\n";
	size_t len = fuzz_record.seed(v, buf, size);

	if (len > 0)
		fuzz_put(buf, size, &len, span_make(noise, sizeof(noise) - 1));
	return len;
}

const struct fuzz_driver fuzz_reading = { "reading", run, seed, NULL, 3000 };
