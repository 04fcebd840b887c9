/* SPDX-License-Identifier: ISC */
/*
 * What Capsicum would be asked for, for each kind of descriptor.  The header is
 * a stub of ours, and so are the calls: this shows that it compiles and what
 * it limits, not that it works on FreeBSD.
 */
#include <config.h>

#include <sys/capsicum.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/sandbox_parts.h"
#include "scratch.h"
#include "unit.h"

#define FILES	64

static unsigned long long given[FILES];	/* 0: not limited */
static int refused = -1;

cap_rights_t *
rights_init(cap_rights_t *rights, ...)
{
	unsigned long long bit;
	va_list ap;

	rights->bits = 0;
	va_start(ap, rights);
	while ((bit = va_arg(ap, unsigned long long)) != 0)
		rights->bits |= bit;
	va_end(ap);
	return rights;
}

int
cap_rights_limit(int fd, const cap_rights_t *rights)
{
	if (fd == refused)
		return -1;
	given[fd] = rights->bits;
	return 0;
}

static int
listen_on(int fd)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket",
	    scratch_dir());
	return fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    listen(fd, 1) == 0 ? fd : -1;
}

START_TEST(test_rights)
{
	int listening, plain, dir, file;
	struct rlimit few;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &few), 0);
	few.rlim_cur = FILES;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	plain = socket(AF_UNIX, SOCK_STREAM, 0);
	listening = listen_on(socket(AF_UNIX, SOCK_STREAM, 0));
	dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY);
	file = open("/dev/null", O_RDWR);
	ck_assert(listening >= 0 && plain >= 0 && dir >= 0 && file >= 0);
	ck_assert(sandbox_rights_are_there() && sandbox_rights_enter());
	ck_assert_uint_eq(given[STDERR_FILENO], CAP_WRITE | CAP_FSTAT);
	/* what a connection needs, and no other address */
	ck_assert_uint_eq(given[listening], CAP_ACCEPT | CAP_EVENT |
	    CAP_FCNTL | CAP_GETSOCKOPT | CAP_SETSOCKOPT | CAP_READ |
	    CAP_WRITE | CAP_SHUTDOWN);
	/* what is opened there is read, written and synced */
	ck_assert_uint_eq(given[dir] & (CAP_LOOKUP | CAP_READ | CAP_WRITE |
	    CAP_CREATE | CAP_FSYNC), CAP_LOOKUP | CAP_READ | CAP_WRITE |
	    CAP_CREATE | CAP_FSYNC);
	ck_assert_uint_eq(given[dir] & (CAP_ACCEPT | CAP_SETSOCKOPT), 0);
	ck_assert_uint_eq(given[plain] | given[file], 0);
	refused = dir;
	ck_assert(!sandbox_rights_enter());
}
END_TEST

UNIT_MAIN("rights", test_rights)
