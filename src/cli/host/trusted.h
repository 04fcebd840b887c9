/* SPDX-License-Identifier: ISC */
/* Can somebody else than root change what a path leads to? */
#ifndef CLI_HOST_TRUSTED_H
#define CLI_HOST_TRUSTED_H

#include <stdbool.h>

/*
 * True if every part of the absolute path that exists, symbolic links and
 * what they lead to included, is in a directory where only root can make,
 * rename or remove it.  A part that does not exist is nobody's: true.
 */
bool	trusted_path(const char *path);

#endif
