/* SPDX-License-Identifier: ISC */
/* Where the configuration of a user without a system of his own is. */
#ifndef CLI_HOST_HOME_H
#define CLI_HOST_HOME_H

/*
 * hookcask/hookcask.conf in the home directory of the effective user,
 * malloc'd; NULL for root, without such a directory, and without memory.  HOME
 * counts only for a user that the system does not know: sudo and su may leave
 * another user's there.
 */
char	*home_config(void);

#endif
