/* SPDX-License-Identifier: ISC */
/*
 * The least that a durable CGI program must do: reads the body, appends it
 * to DIRECTORY/null, syncs once and answers.  Linked with the C library alone.
 * usage: null_cgi DIRECTORY
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define BODY_MAX 2048

int
main(int argc, char **argv)
{
	static const char reply[] = "Status: 200 OK\r\n\r\n";
	char buf[BODY_MAX], path[512];
	size_t len = 0;
	ssize_t n;
	int fd;

	if (argc != 2)
		return 64;
	while (len < sizeof(buf) &&
	    (n = read(0, buf + len, sizeof(buf) - len)) > 0)
		len += (size_t)n;
	snprintf(path, sizeof(path), "%s/null", argv[1]);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || write(fd, buf, len) != (ssize_t)len ||
	    fdatasync(fd) != 0 ||
	    write(1, reply, sizeof(reply) - 1) != sizeof(reply) - 1)
		return 1;
	return 0;
}
