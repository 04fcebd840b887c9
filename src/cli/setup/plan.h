/* SPDX-License-Identifier: ISC */
/* Where "init" will put the parts of one endpoint. */
#ifndef CLI_SETUP_PLAN_H
#define CLI_SETUP_PLAN_H

#include <sys/types.h>

#include "base/err.h"

/* What the options say; NULL where one was not given. */
struct plan_choice {
	const char	*config;
	const char	*name;
	const char	*log;
	const char	*spool;
	const char	*secret_file;
	const char	*path;		/* of the URL */
	const char	*user;
};

/* Paths are absolute and owned; exactly one of log and spool is set. */
struct plan {
	const char	*name;
	const char	*path;		/* or NULL: any */
	const char	*user;		/* or NULL */
	char		*config;
	char		*secret_file;
	char		*log;
	char		*spool;
	bool		 standard;	/* config is in the default place */
	unsigned	 uid, gid;	/* of user, or FILE_KEEP_OWNER */
};

/*
 * Fills in what was not given.  For root the configuration is in sysconfdir,
 * and the rest in localstatedir/lib/hookcask, or hookcask-USER for another
 * user than hookcask.  For anybody else all is beside the configuration, in
 * ~/hookcask.  The secret goes beside a named log; with a named spool it goes
 * beside a named configuration.
 */
bool	plan_make(struct plan *, const struct plan_choice *, struct err *);
void	plan_wipe(struct plan *);
/* May an endpoint have this name?  It is from --name. */
bool	plan_check_name(const char *name, struct err *);
/* The directory that the store needs; owned by the caller. */
char	*plan_directory(const struct plan *);
/* The configuration file's text; owned by the caller, NULL: no memory. */
char	*plan_text(const struct plan *);

#endif
