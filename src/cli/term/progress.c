/* SPDX-License-Identifier: ISC */
/* Shows progress on a terminal, after the first second. */
#include <config.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fileops.h"
#include "base/span.h"
#include "cli/term/escape.h"
#include "cli/term/progress.h"

#define FIRST_MS 1000
#define EVERY_MS 500
#define PROGRESS_SIZE 512	/* bytes of a line; more is cut off */

static int is_terminal = -1;
static bool shown;
static int64_t next_ms;

void
progress_show(const char *fmt, ...)
{
	int64_t now = fileops_clock_ms();
	char text[PROGRESS_SIZE];
	va_list ap;

	if (is_terminal == -1) {
		is_terminal = isatty(STDERR_FILENO);
		next_ms = now + FIRST_MS;
	}
	if (!is_terminal || now < next_ms)
		return;
	next_ms = now + EVERY_MS;
	progress_clear();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_escaped(stderr, span_text(text));
	fflush(stderr);
	shown = true;
}

void
progress_clear(void)
{
	if (!shown)
		return;
	/* back to the first column, and erase the line */
	fputs("\r\033[K", stderr);
	fflush(stderr);
	shown = false;
}
