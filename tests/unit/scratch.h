/* SPDX-License-Identifier: ISC */
/* Scratch directories, files and events for the unit tests. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include "event/event.h"

/* A fresh directory, removed when the process ends. */
const char *scratch_dir(void);
/* Removes a file or a whole directory below dir. */
void	scratch_remove(const char *dir, const char *name);
void	scratch_write(const char *dir, const char *name, const char *text);
/* Returns the length read, at most size. */
size_t	scratch_read(const char *path, char *buf, size_t size);
/* Files in a directory below dir, hidden ones left out. */
int	scratch_count(const char *dir, const char *name);
/* An event as intake makes it; body must be writable. */
void	scratch_event(struct event *, const char *id, char *body,
	    int64_t time);

#endif
