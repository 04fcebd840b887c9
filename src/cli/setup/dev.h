/* SPDX-License-Identifier: ISC */
/*
 * An endpoint that exists while a command runs, for work on one machine.
 *
 * No .c: what the files of dev share.
 */
#ifndef CLI_SETUP_DEV_H
#define CLI_SETUP_DEV_H

#include "base/fileops.h"
#include "cli/host/child.h"

/* What the options say; NULL where one was not given. */
struct dev_choice {
	const char	*name;		/* of the endpoint */
	const char	*dir;
	const char	*secret_file;
	const char	*responder;
	const char	*lighttpd;
	int64_t		 port;		/* 0: a free one */
};

/* Its directory: DIR/NAME.secret, hookcask.conf, store/, run/, ... */
struct dev_place {
	char	dir[PATH_MAX];		/* "" until it is there */
	bool	temporary;		/* removed at the end */
	char	responder[PATH_MAX];
	char	secret[PATH_MAX];
	char	config[PATH_MAX];
	char	log[PATH_MAX];
	char	diag[PATH_MAX];
};

/*
 * dev_place.c.  Makes it; root becomes an unprivileged user then.  wipe is
 * legal on a zeroed one and after a failure.
 */
bool	dev_place_make(struct dev_place *, const struct dev_choice *,
	    struct err *);
void	dev_place_wipe(struct dev_place *);
/* Writes a file there, and replaces one of that name. */
bool	dev_place_write(const struct dev_place *, const char *name,
	    const char *text, struct err *);

struct dev_server {
	struct child	 child;
	int		 port;
};

/*
 * dev_forward.c.  Posts the event of a record to url, signed with the secret in
 * that file, and prints what the answer was.
 */
void	dev_forward(const char *url, const char *secret_file,
	    struct hookcask_span record);

/* dev_server.c.  Starts lighttpd and waits until it listens. */
bool	dev_server_start(struct dev_server *, const struct dev_place *,
	    const struct dev_choice *, struct err *);
/* True if it has ended by itself. */
bool	dev_server_ended(struct dev_server *);
/* Ends it with its responders; returns when they are gone. */
void	dev_server_stop(struct dev_server *);

#endif
