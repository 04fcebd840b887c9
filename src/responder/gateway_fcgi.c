/* SPDX-License-Identifier: ISC */
/*
 * FastCGI through libfcgi (FCGX, never fcgi_stdio.h).  libfcgi reads and
 * writes the records; accepting, deadlines and closing are ours, because its
 * own way waits for ever on a silent TCP peer and two seconds on one that
 * does not close.  A connection carries one request: one that a server keeps
 * idle would hold a thread.
 *
 * To make FCGX_Accept_r() work on a connection that is already there, two
 * members of FCGX_Request are set that its header (unchanged since 2.4.0)
 * calls private: ipcFd, and keepConnection, without which it would begin by
 * closing it.  libfcgi gets a duplicate of the descriptor: whatever it
 * closes, the number that the watchdog holds stays ours.
 */
#include <config.h>

#include <sys/socket.h>

#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "responder/gateway.h"
#include "responder/watchdog.h"

#define FIRST_BYTE_MS		2000	/* a server speaks at once */
#define REPLY_TIMEOUT_MS	5000
#define LINGER_MS		2000

struct fcgi {
	struct gateway	 gateway;	/* first: it is what others hold */
	FCGX_Request	 request;
	struct watch	*watch;
	int		 fd;
	bool		 is_at_end;
};

bool
gateway_fcgi_init(void)
{
	return FCGX_Init() == 0;
}

static ssize_t
fcgi_read(struct gateway *gw, void *buf, size_t len)
{
	struct fcgi *f = (struct fcgi *)gw;
	int n;

	n = FCGX_GetStr(buf, len > INT_MAX ? INT_MAX : (int)len,
	    f->request.in);
	if (watch_has_shot(f->watch))
		return GATEWAY_LATE;
	if (n > 0)
		return n;
	if (FCGX_GetError(f->request.in) != 0)
		return GATEWAY_BROKEN;
	f->is_at_end = true;
	/* what follows is the store's time, not the peer's */
	watch_disarm(f->watch);
	return 0;
}

/* One write(2): FCGX_FClose() sends what was put and the closing records. */
static bool
fcgi_reply(struct gateway *gw, const char *text, size_t len)
{
	struct fcgi *f = (struct fcgi *)gw;

	watch_arm(f->watch, f->fd, REPLY_TIMEOUT_MS);
	return FCGX_PutStr(text, (int)len, f->request.out) == (int)len &&
	    FCGX_FClose(f->request.err) == 0 &&
	    FCGX_FClose(f->request.out) == 0 &&
	    FCGX_GetError(f->request.out) == 0;
}

/* Closing on unread bytes would reset a TCP peer before it read the reply. */
static void
linger(struct fcgi *f)
{
	char trash[4096];

	if (shutdown(f->fd, SHUT_WR) != 0)
		return;
	watch_arm(f->watch, f->fd, LINGER_MS);
	while (!watch_has_shot(f->watch) &&
	    read(f->fd, trash, sizeof(trash)) > 0)
		continue;
}

static void
fcgi_serve(struct fcgi *f, const struct handler *handler)
{
	int copy;

	f->gateway.env = f->request.envp;
	f->gateway.has_end = true;
	f->gateway.read = fcgi_read;
	f->gateway.reply = fcgi_reply;
	/* libfcgi takes parameters that were cut between two for whole */
	f->is_at_end = FCGX_GetError(f->request.in) != 0;
	if (!f->is_at_end)
		handler->serve(handler->ctx, &f->gateway);
	/* without a descriptor libfcgi frees its memory and closes nothing */
	copy = f->request.ipcFd;
	f->request.ipcFd = -1;
	FCGX_Finish_r(&f->request);
	if (!f->is_at_end)
		linger(f);
	close(copy);
}

void
gateway_fcgi(const struct handler *handler, int fd, unsigned timeout,
    struct watch *watch, struct body *body)
{
	struct pollfd first = { fd, POLLIN, 0 };
	struct fcgi f;

	if (poll(&first, 1, FIRST_BYTE_MS) <= 0) {
		close(fd);
		return;
	}
	/* no listening socket: it must never accept by itself */
	FCGX_InitRequest(&f.request, -1, 0);
	f.request.ipcFd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (f.request.ipcFd < 0) {
		close(fd);
		return;
	}
	f.request.keepConnection = 1;
	FCGX_Detach(&f.request);
	f.gateway.body = body;
	f.watch = watch;
	f.fd = fd;
	watch_arm(watch, fd, timeout * 1000);
	if (FCGX_Accept_r(&f.request) == 0)
		fcgi_serve(&f, handler);
	watch_disarm(watch);
	close(fd);
}
