/* SPDX-License-Identifier: ISC */
/* Can anybody but root and one user change what a path leads to? */
#ifndef CLI_HOST_TRUSTED_H
#define CLI_HOST_TRUSTED_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * True if each existing part of the path, with symbolic links and
 * their targets, is in a directory where only root or uid can make, rename
 * or remove it.  Parts that do not exist do not matter.
 */
bool	trusted_path(const char *path, uid_t uid);

#endif
