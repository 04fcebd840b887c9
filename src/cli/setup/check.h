/* SPDX-License-Identifier: ISC */
/* Checks whether an endpoint is as the responder needs it; changes nothing. */
#ifndef CLI_SETUP_CHECK_H
#define CLI_SETUP_CHECK_H

#include <sys/stat.h>

#include <stdio.h>

#include "base/fileops.h"
#include "config/configuration.h"

#define CHECK_LOGROTATE	"/etc/logrotate.conf"

/* What was asked for, and what was found so far. */
struct check {
	bool		 json;
	const char	*config;	/* the file, or NULL */
	const char	*logrotate;	/* its configuration file, or NULL */
	const char	*web;		/* a server's directory; NULL: usual */
	const struct endpoint *endpoint; /* the one being checked, or NULL */
	unsigned	 faults, warnings;
};

/*
 * check_report.c.  A fact goes to standard output under its name; warnings and
 * faults are counted and go through say(), after the place of the endpoint.
 * With json all are objects on standard output.
 */
void	check_heading(struct check *);
void	check_fact(struct check *, const char *name, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 3, 4)));
void	check_warn(struct check *, const char *name, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 3, 4)));
/* False, for the caller to return. */
bool	check_fail(struct check *, const char *name, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 3, 4)));

/* check.c: this system, and an endpoint with all its parts. */
void	check_clock(struct check *);
void	check_processes(struct check *);
void	check_sandbox(struct check *, const struct config *);
void	check_endpoint(struct check *, const struct endpoint *);

/*
 * check_reach.c: may the present user read path?  If not, names the directory
 * or file that prevents it.  A path that does not exist is skipped.
 */
bool	check_reach(struct check *, const char *name, const char *path);
/* check_space.c: what kind of file system, and how full? */
void	check_space(struct check *, const char *dir);
/* check_state.c: the index and the counters in a state directory. */
void	check_state(struct check *, const char *dir, const struct stat *home);
/*
 * check_rotate.c: does logrotate damage the log, or not rotate it at all?
 * pattern is its name in the configuration.
 */
void	check_rotate(struct check *, const char *log, const char *pattern);
/* check_web.c: would a web server show these files to everybody? */
void	check_web(struct check *);

/* config_print.c: the configuration with all defaults; it loads again. */
void	config_print(FILE *, const struct config *);
/* "auto", "off" or "strict". */
const char *config_sandbox(const struct config *);

#endif
