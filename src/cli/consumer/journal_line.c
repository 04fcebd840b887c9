/* SPDX-License-Identifier: ISC */
/* Makes lines that show whether they are complete. */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/consumer/journal.h"

/* FNV-1a: it detects torn lines and zeros; nobody would forge a line. */
static uint32_t
sum_of(const char *text, size_t len)
{
	uint32_t sum = 2166136261U;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)text[i]) * 16777619U;
	return sum;
}

bool
line_is_sound(const char *text, size_t len)
{
	char sum[LINE_SUM_LEN + 1];

	if (len < LINE_SUM_LEN)
		return false;
	snprintf(sum, sizeof(sum), "%08" PRIx32 " ",
	    sum_of(text + LINE_SUM_LEN, len - LINE_SUM_LEN));
	return memcmp(text, sum, LINE_SUM_LEN) == 0;
}

static bool
make_room(struct lines_out *out, size_t more)
{
	size_t size = out->size == 0 ? 4096 : out->size;
	char *data;

	while (size - out->len < more)
		size *= 2;
	if (size == out->size)
		return true;
	data = realloc(out->data, size);
	if (data == NULL) {
		out->lost = true;
		return false;
	}
	out->data = data;
	out->size = size;
	return true;
}

void
line_begin(struct lines_out *out)
{
	out->start = out->len;
	if (make_room(out, LINE_SUM_LEN))
		out->len += LINE_SUM_LEN;
}

void
line_add_span(struct lines_out *out, struct hookcask_span s)
{
	if (out->lost || s.len == 0 || !make_room(out, s.len))
		return;
	memcpy(out->data + out->len, s.data, s.len);
	out->len += s.len;
}

void
line_add(struct lines_out *out, const char *fmt, ...)
{
	struct hookcask_span s;
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s.data = text;
	s.len = n < 0 ? 0 : (size_t)n;
	line_add_span(out, s);
}

void
line_end(struct lines_out *out)
{
	char sum[LINE_SUM_LEN + 1];

	if (out->lost || !make_room(out, 1))
		return;
	snprintf(sum, sizeof(sum), "%08" PRIx32 " ",
	    sum_of(out->data + out->start + LINE_SUM_LEN,
	    out->len - out->start - LINE_SUM_LEN));
	memcpy(out->data + out->start, sum, LINE_SUM_LEN);
	out->data[out->len++] = '\n';
}

void
lines_out_wipe(struct lines_out *out)
{
	free(out->data);
	memset(out, 0, sizeof(*out));
}
