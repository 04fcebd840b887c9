/* SPDX-License-Identifier: ISC */
/* Takes paths apart by their text; asks no file system. */
#include <config.h>

#include <string.h>

#include "base/path.h"

char *
path_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? strdup(path) :
	    strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

bool
path_is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	return strncmp(path, root, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}
