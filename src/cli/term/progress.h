/* SPDX-License-Identifier: ISC */
/* One line of progress on a terminal; nothing anywhere else. */
#ifndef CLI_TERM_PROGRESS_H
#define CLI_TERM_PROGRESS_H

/* Shows it, but at most twice a second. */
void	progress_show(const char *fmt, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
/* Erases the line; call it before anything else is printed there. */
void	progress_clear(void);

#endif
