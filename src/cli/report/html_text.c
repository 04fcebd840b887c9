/* SPDX-License-Identifier: ISC */
/* Writes texts, times and delays into a page. */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "cli/report/html.h"
#include "cli/term/when.h"

void
html_text(FILE *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0';
	    p++)
		if (strchr("<>&\"'", *p) != NULL)
			fprintf(out, "&#%d;", *p);
		else if (*p < 0x20 || *p > 0x7e)
			fprintf(out, "\\x%02X", *p);
		else
			putc(*p, out);
}

void
html_delay(FILE *out, int64_t seconds)
{
	if (seconds < 0)
		putc('-', out);
	else if (seconds == INT64_MAX)
		fprintf(out, "over %" PRId64 " s",
		    report_delay_to[REPORT_DELAYS - 2]);
	else
		fprintf(out, "%" PRId64 " s", seconds);
}

void
html_time(FILE *out, int64_t us)
{
	char when[WHEN_SIZE];

	if (us <= 0) {
		putc('-', out);
		return;
	}
	when_format(when, us / 1000000);
	fprintf(out, "<span class=k>%.5s %.5s</span>", when + 5, when + 11);
}
