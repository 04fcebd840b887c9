/* SPDX-License-Identifier: ISC */
/* Lines for standard error, whose reader may be stuck. */
#ifndef BASE_DIAG_WRITER_H
#define BASE_DIAG_WRITER_H

#include <stdbool.h>
#include <stddef.h>

/* Longer lines are cut to this. */
#define DIAG_WRITER_LINE_MAX	2112

/* From now on a thread writes; it starts with the first line. */
void	diag_writer_enable(void);
/*
 * Writes a line, LF included, in one write(2).  Waits until it is written: at
 * most a second without a thread; with one a tenth of a second, and not at all
 * while the reader stays stuck.  Lines that then find no room are lost and
 * counted; their number is reported when there is room again.  Thread-safe.
 */
void	diag_writer_put(const char *line, size_t len);
/* Writes in one write(2); errors are ignored. */
void	diag_writer_write(int fd, const char *line, size_t len);

#endif
