/* SPDX-License-Identifier: ISC */
/* Finds the home directory of whoever runs this. */
#include <config.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/home.h"

#define NAME	"/hookcask/hookcask.conf"

char *
home_config(void)
{
	const struct passwd *user;
	const char *home;
	size_t size;
	char *path;

	if (geteuid() == 0)
		return NULL;
	user = getpwuid(geteuid());
	/* a static program may know no user of a directory service */
	home = user != NULL ? user->pw_dir : getenv("HOME");
	if (home == NULL || home[0] != '/')
		return NULL;
	size = strlen(home) + sizeof(NAME);
	path = malloc(size);
	if (path != NULL)
		snprintf(path, size, "%s" NAME, home);
	return path;
}
