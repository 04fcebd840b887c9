/* SPDX-License-Identifier: ISC */
/*
 * The parts of a sandbox; each does nothing where the system has none.
 *
 * No .c: what the files of the sandbox share.
 */
#ifndef SANDBOX_SANDBOX_PARTS_H
#define SANDBOX_SANDBOX_PARTS_H

#include <stdbool.h>
#include <stddef.h>

/* A directory, and all below it, or a file. */
struct sandbox_path {
	const char	*path;
	bool		 is_store;	/* written, not only read */
	bool		 is_listed;	/* its names are read, too */
};

/* Landlock's version, 0 if it is absent or switched off. */
int	sandbox_files_version(void);
/* From now on only these paths can be opened; false if it failed. */
bool	sandbox_files_enter(const struct sandbox_path *, size_t count);

/*
 * From now on this many descriptors may be opened besides those that are
 * open, or fewer if a lower limit was set.
 */
bool	sandbox_limits_enter(size_t descriptors);

/* Capsicum, without its capability mode. */
bool	sandbox_rights_are_there(void);
/* Limits directories, sockets and standard error to what we use them for. */
bool	sandbox_rights_enter(void);

bool	sandbox_calls_are_there(void);
/*
 * From now on only the responder's system calls work; under CGI not even
 * those for threads and connections.
 */
bool	sandbox_calls_enter(bool is_cgi, bool kill);

#endif
