/* SPDX-License-Identifier: ISC */
/*
 * Capsicum (rights(4)): limits what the descriptors that stay open may be used
 * for.  Not its capability mode, which forbids every path: SQLite, a new
 * secret file and a rotated log are opened by path.  Written from the manual
 * pages; never run on FreeBSD.
 */
#include <config.h>

#include "sandbox/sandbox_parts.h"

#if defined(HAVE_SYS_CAPSICUM_H) && defined(HAVE_CAP_RIGHTS_LIMIT)
#include <sys/capsicum.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <unistd.h>

static bool
is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	    on != 0;
}

/* A connection has the rights of the socket that it came from. */
static void
rights_of_listener(cap_rights_t *rights)
{
	cap_rights_init(rights, CAP_ACCEPT, CAP_EVENT, CAP_FCNTL,
	    CAP_GETSOCKOPT, CAP_SETSOCKOPT, CAP_READ, CAP_WRITE,
	    CAP_SHUTDOWN);
}

/* A file has the rights of the directory that it was opened in. */
static void
rights_of_directory(cap_rights_t *rights)
{
	cap_rights_init(rights, CAP_LOOKUP, CAP_CREATE, CAP_READ, CAP_WRITE,
	    CAP_SEEK, CAP_FTRUNCATE, CAP_FSYNC, CAP_FSTAT, CAP_FSTATFS,
	    CAP_FCHMOD, CAP_FCNTL, CAP_FLOCK, CAP_MKDIRAT, CAP_MKFIFOAT,
	    CAP_RENAMEAT_SOURCE, CAP_RENAMEAT_TARGET, CAP_UNLINKAT);
}

static bool
limit(int fd)
{
	cap_rights_t rights;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return true;
	if (S_ISDIR(st.st_mode))
		rights_of_directory(&rights);
	else if (S_ISSOCK(st.st_mode) && is_listening(fd))
		rights_of_listener(&rights);
	else if (fd == STDERR_FILENO)
		cap_rights_init(&rights, CAP_WRITE, CAP_FSTAT);
	else
		return true;
	return cap_rights_limit(fd, &rights) == 0;
}

bool
sandbox_rights_are_there(void)
{
	return true;
}

bool
sandbox_rights_enter(void)
{
	long most = sysconf(_SC_OPEN_MAX);
	bool ok = true;

	for (int fd = 0; ok && fd < most; fd++)
		ok = limit(fd);
	return ok;
}

#else

bool
sandbox_rights_are_there(void)
{
	return false;
}

bool
sandbox_rights_enter(void)
{
	return false;
}
#endif
