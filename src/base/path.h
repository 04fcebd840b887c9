/* SPDX-License-Identifier: ISC */
/* What can be learned from the text of a path alone. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>

/* The directory of an absolute path, malloc'd; NULL without memory. */
char	*path_directory(const char *path);
/* Is it root or below it?  Trailing slashes of root do not count. */
bool	path_is_below(const char *path, const char *root);

#endif
