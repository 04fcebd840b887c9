/* SPDX-License-Identifier: ISC */
/* Directories that web servers usually show to everybody. */
#ifndef CLI_HOST_WEB_ROOT_H
#define CLI_HOST_WEB_ROOT_H

/*
 * By its name, the one that a real path is in: static; NULL if in none.  A
 * directory ends with a slash.
 */
const char *web_root_usual(const char *path);

#endif
