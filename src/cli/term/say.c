/* SPDX-License-Identifier: ISC */
/*
 * Prints messages: escaped, because they may hold what strangers chose, and
 * without secrets.
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "cli/term/escape.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"

/* A secret pasted in the wrong place is still a secret. */
static void
hide_secrets(char *text)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/=";

	for (char *p = text; (p = strstr(p, "whsec_")) != NULL;) {
		size_t len = strspn(p += 6, base64);

		if (len < 3)
			continue;
		memcpy(p, "...", 3);
		memmove(p + 3, p + len, strlen(p + len) + 1);
	}
}

void
say(const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hide_secrets(text);
	fflush(stdout);
	progress_clear();
	fputs("hookcask: ", stderr);
	put_escaped(stderr, span_text(text));
	putc('\n', stderr);
}
