/* SPDX-License-Identifier: ISC */
/*
 * The operator's lines: words like key=value, bytes outside 0x20..0x7E
 * escaped, to stderr and to the file that "diag" names (0600, rolled at 1 MiB).
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>

#include "hookcask.h"

/* One line under construction; starts as DIAG_LINE_INIT. */
struct diag_line {
	size_t	len;
	bool	cut;			/* longer lines are cut with "..." */
	char	text[2048];
};
#define DIAG_LINE_INIT { 0, false, "" }

/* NULL: stderr alone.  Warns once if the file cannot be opened, and retries. */
void	diag_open(const char *path);
void	diag_close(void);
/* Appends key=value; quotes the value if it is empty, holds blanks, = or ". */
void	diag_add(struct diag_line *, const char *key, struct hookcask_span);
void	diag_text(struct diag_line *, const char *key, const char *value);
void	diag_number(struct diag_line *, const char *key, int64_t value);
/*
 * Writes "hookcask: " and the line, with LF, in one write(2) to each place;
 * the file's line begins with the time.  Errors are ignored.  Thread-safe.
 */
void	diag_send(struct diag_line *);
/* One line "hookcask: LEVEL: TEXT": level "error", "warning" or "note". */
void	diag_say(const char *level, const char *text);

#endif
