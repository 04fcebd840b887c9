/* SPDX-License-Identifier: ISC */
/* Messages to the tool's user, on standard error. */
#ifndef CLI_TERM_SAY_H
#define CLI_TERM_SAY_H

/* "hookcask: " and the text, escaped, without secrets. */
void	say(const char *fmt, ...)
	    __attribute__((__format__(__printf__, 1, 2)));

#endif
