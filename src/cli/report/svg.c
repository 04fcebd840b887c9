/* SPDX-License-Identifier: ISC */
/*
 * Draws bars and spans as SVG, in integers.  A drawing is stretched to its
 * place, so text is never part of it.
 */
#include <config.h>

#include <inttypes.h>

#include "cli/report/html.h"

#define WIDE	10		/* units of a bar, with the room beside it */
#define HIGH	1000
#define LENGTH	1000		/* of all spans */

static void
begin(FILE *out, const char *class, uint64_t width, int height,
    const char *title, const char *desc)
{
	fprintf(out, "<svg class=%s viewBox=\"0 0 %" PRIu64 " %d\" "
	    "preserveAspectRatio=none role=img>\n<title>", class, width,
	    height);
	html_text(out, title);
	fputs("</title><desc>", out);
	html_text(out, desc);
	fputs("</desc>\n", out);
}

static uint64_t
height_of(const struct svg_bars *b, size_t bar)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < b->parts; i++)
		sum += b->value(b->ctx, bar, i);
	return sum;
}

static void
put_rect(FILE *out, const char *class, uint64_t x, uint64_t y,
    uint64_t width, uint64_t height)
{
	fprintf(out, "<rect class=%s x=%" PRIu64 " y=%" PRIu64 " width=%"
	    PRIu64 " height=%" PRIu64 " />", class, x, y, width, height);
}

uint64_t
svg_bars(FILE *out, const struct svg_bars *b)
{
	uint64_t most = 0, y;

	for (size_t i = 0; i < b->count; i++)
		if (height_of(b, i) > most)
			most = height_of(b, i);
	begin(out, "full", b->count * WIDE, HIGH, b->title, b->desc);
	put_rect(out, "grid", 0, HIGH / 2, b->count * WIDE, 4);
	for (size_t i = 0; i < b->count; i++) {
		fputs("<g><title>", out);
		b->label(out, b->ctx, i);
		fputs("</title>", out);
		y = HIGH;
		if (b->shaded != NULL && b->shaded(b->ctx, i))
			put_rect(out, "grid", i * WIDE, 0, WIDE, HIGH);
		for (size_t j = 0; j < b->parts; j++) {
			uint64_t value = b->value(b->ctx, i, j);
			/* a small value must be visible */
			uint64_t high = value == 0 ? 0 :
			    value > most / 100 ? value * (HIGH - 60) / most :
			    10;

			y -= high;
			if (high > 0)
				put_rect(out, b->classes[j], i * WIDE + 1, y,
				    WIDE - 2, high);
		}
		if (y == HIGH)
			put_rect(out, "none", i * WIDE, 0, WIDE, HIGH);
		fputs("</g>\n", out);
	}
	fputs("</svg>\n", out);
	return most;
}

void
svg_spans(FILE *out, const char *title, const char *desc, int64_t length,
    const struct svg_span *list, size_t count)
{
	begin(out, "low", LENGTH, 10, title, desc);
	put_rect(out, "grid", 0, 4, LENGTH, 2);
	for (size_t i = 0; i < count; i++) {
		int64_t from = list[i].from < 0 ? 0 : list[i].from;
		int64_t to = list[i].to == 0 ? length : list[i].to;
		uint64_t x = (uint64_t)(from * LENGTH / length);
		uint64_t end = (uint64_t)(to * LENGTH / length);

		put_rect(out, list[i].class, x, 0, end > x + 3 ? end - x : 3,
		    10);
	}
	fputs("</svg>\n", out);
}
