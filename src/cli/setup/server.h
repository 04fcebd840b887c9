/* SPDX-License-Identifier: ISC */
/* The commands that let a packaged web server run the responder. */
#ifndef CLI_SETUP_SERVER_H
#define CLI_SETUP_SERVER_H

#include "cli/setup/places.h"

struct server;

/* The server of that name; an error if this system has none. */
const struct server *server_find(const char *name, struct err *);
/* The next one that this system has, or after NULL the first; NULL: none. */
const struct server *server_next(const struct server *);
const char *server_name(const struct server *);
/* The user that its responder runs as. */
const char *server_user(const struct server *);
/* Where the operator's lines are. */
const char *server_log(const struct server *);

/*
 * Prints the commands that server_enable() and server_reload() would run.
 * With site, nginx gets a site of its own; without, an include line is printed
 * that the operator puts into one.
 */
void	server_print(const struct server *, const struct places *, bool site);
/*
 * Runs them, each printed first, up to the server's own test of its
 * configuration; if one fails, those that it ran are undone.
 */
bool	server_enable(const struct server *, const struct places *, bool site,
	    struct err *);
bool	server_reload(const struct server *, const struct places *,
	    struct err *);
/* A command of /bin/sh: did it end with 0? */
bool	server_run(const char *command);

#endif
