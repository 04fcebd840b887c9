/* SPDX-License-Identifier: ISC */
/* Fits what is printed to a terminal; without one it changes nothing. */
#include <config.h>

#include <sys/ioctl.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "cli/term/escape.h"
#include "cli/term/screen.h"

size_t
screen_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

size_t
screen_print(struct hookcask_span s, size_t width)
{
	const unsigned char *p = s.data;
	size_t used = 0, wide;

	for (size_t i = 0; i < s.len; i++, used += wide) {
		wide = p[i] >= 0x20 && p[i] <= 0x7E && p[i] != '\\' ? 1 : 4;
		if (width > 0 && used + wide > width)
			break;
		print_escaped(span_make(p + i, 1));
	}
	return used;
}

static bool
has_colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

const char *
screen_tint(enum tint tint)
{
	static const char *const codes[] = {
		[TINT_GOOD] = "\033[32m", [TINT_WARN] = "\033[33m",
		[TINT_BAD] = "\033[31m", [TINT_HEAD] = "\033[1m",
		[TINT_END] = "\033[0m",
	};
	static int wanted = -1;

	if (wanted == -1)
		wanted = has_colours();
	return wanted ? codes[tint] : "";
}

void
screen_endpoint(const char *name, bool several)
{
	static bool follows;

	if (!several)
		return;
	printf("%s%s%s%s\n", follows ? "\n" : "", screen_tint(TINT_HEAD),
	    name, screen_tint(TINT_END));
	follows = true;
}
