/* SPDX-License-Identifier: ISC */
/*
 * Accepts connections.  The socket does not block, because another process may
 * take the connection that poll(2) has reported.  No signal is needed to
 * leave, so none can be missed.
 */
#include <config.h>

#include "responder/listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG		1024	/* the kernel cuts it to its own limit */

union address {
	struct sockaddr		any;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
	struct sockaddr_storage	storage;
};

bool
listener_is(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	    on != 0;
}

/* May a socket be made there?  libfcgi would exit if not. */
static bool
is_free(const char *path, struct err *err)
{
	struct sockaddr_un room;
	struct stat st;

	if (path[0] != '/' || strchr(path, ':') != NULL ||
	    strlen(path) >= sizeof(room.sun_path))
		return err_set(err, OUTCOME_USAGE, "%s: name a socket by an "
		    "absolute path of at most %zu bytes without a colon", path,
		    sizeof(room.sun_path) - 1);
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return err_set(err, OUTCOME_USAGE, "%s: exists and is not a "
		    "socket; it is not replaced, name another path", path);
	return true;
}

/* With a well-formed path, only its directory can be at fault. */
static bool
may_make(const char *path, struct err *err)
{
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	size_t len = (size_t)(strrchr(path, '/') - path) + 1;

	memcpy(directory, path, len);
	directory[len] = '\0';
	if (access(directory, W_OK | X_OK) == 0)
		return true;
	return err_sys(err, OUTCOME_USAGE, errno, "%s: user %ld cannot make a "
	    "socket there; make the directory and give it to that user",
	    path, (long)geteuid());
}

int
listener_open(const char *path, struct err *err)
{
	mode_t before;
	int fd;

	if (!is_free(path, err) || !may_make(path, err))
		return -1;
	before = umask(0117);
	fd = FCGX_OpenSocket(path, BACKLOG);
	umask(before);
	if (fd < 0)
		err_sys(err, OUTCOME_USAGE, errno, "%s: no socket can be made",
		    path);
	else
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

bool
listener_init(struct listener *l, int fd, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	l->fd = fd;
	l->peers = getenv("FCGI_WEB_SERVER_ADDRS");
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return err_sys(err, OUTCOME_IO_ERROR, errno,
		    "the listening socket cannot be set up");
	if (pipe2(l->stop, O_CLOEXEC) != 0)
		return err_sys(err, OUTCOME_IO_ERROR, errno, "no pipe");
	return true;
}

void
listener_wipe(struct listener *l)
{
	close(l->stop[0]);
	if (l->stop[1] >= 0)
		close(l->stop[1]);
}

void
listener_stop(struct listener *l)
{
	close(l->stop[1]);
	l->stop[1] = -1;
}

/* Does the comma-separated list name that address? */
static bool
is_listed(const char *list, const char *address)
{
	size_t len = strlen(address);

	for (;;) {
		size_t skip = strspn(list, ", ");
		size_t here = strcspn(list + skip, ", ");

		if (here == 0)
			return false;
		list += skip;
		if (here == len && memcmp(list, address, len) == 0)
			return true;
		list += here;
	}
}

/* The FastCGI specification, 3.2; unlike libfcgi's, it works for IPv6. */
static bool
is_welcome(const struct listener *l, const union address *peer)
{
	char text[INET6_ADDRSTRLEN];
	const void *address;

	if (l->peers == NULL || peer->any.sa_family == AF_UNIX)
		return true;
	if (peer->any.sa_family == AF_INET)
		address = &peer->in.sin_addr;
	else if (peer->any.sa_family == AF_INET6)
		address = &peer->in6.sin6_addr;
	else
		return false;
	if (inet_ntop(peer->any.sa_family, address, text, sizeof(text)) ==
	    NULL)
		return false;
	return is_listed(l->peers, strncmp(text, "::ffff:", 7) == 0 &&
	    strchr(text, '.') != NULL ? text + 7 : text);
}

/* A connection, or -1 with errno. */
static int
take_one(struct listener *l)
{
	union address peer;
	socklen_t len = sizeof(peer);
	int on = 1;
	int fd;

	memset(&peer, 0, sizeof(peer));
	fd = accept4(l->fd, &peer.any, &len, SOCK_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!is_welcome(l, &peer)) {
		close(fd);
		errno = ECONNABORTED;
		return -1;
	}
	if (peer.any.sa_family == AF_INET || peer.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Did only this connection fail, not the socket? */
static bool
is_passing(int error)
{
	return error != EBADF && error != EINVAL && error != ENOTSOCK &&
	    error != EOPNOTSUPP && error != EFAULT;
}

int
listener_take(struct listener *l, struct err *err)
{
	int fd = take_one(l);

	if (fd >= 0)
		return fd;
	if (!is_passing(errno)) {
		err_sys(err, OUTCOME_IO_ERROR, errno,
		    "the listening socket has failed");
		return LISTENER_FAILED;
	}
	return errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM ? LISTENER_SHORT : LISTENER_NOBODY;
}
