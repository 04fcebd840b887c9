/* SPDX-License-Identifier: ISC */
/*
 * A sender: signed deliveries with unique ids over kept connections to a web
 * server on the loopback, each sent when the one before it was answered.
 * Ends by itself.  Prints one line of JSON; writes each acknowledged id, one
 * a line, to a file, so that the store can be held against it.
 * usage: load PORT PATH CONNECTIONS SECONDS BODY-BYTES SECRET ACKS PREFIX
 */
#include <config.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "hookcask.h"

#define CONNECTIONS_MAX 1024
#define TAKEN_MAX (4 * 1000 * 1000)	/* latencies kept */
#define PATIENCE 20.0			/* seconds for the last answers */

struct connection {
	int fd;
	bool busy, fresh;		/* fresh: nothing was answered yet */
	char head[1024];
	size_t head_len, sent;
	char answer[8192];
	size_t got;
	char id[64];
	double start;
	long done;
};

static struct sockaddr_in server;
static const char *path, *prefix;
static char *body;
static size_t body_len;
static struct hookcask_key key;
static struct connection *all;
static int count, epoll;
static FILE *acks;
static uint32_t *taken;			/* microseconds */
static long answers, errors, number;
static char first_error[160];

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
note_error(const char *text)
{
	if (errors++ == 0)
		snprintf(first_error, sizeof(first_error), "%.*s",
		    (int)strcspn(text, "\r\n\""), text);
}

static void
watch(struct connection *c, uint32_t events, int op)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(epoll, op, c->fd, &e) != 0)
		die("epoll_ctl");
}

static void
open_connection(struct connection *c)
{
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&server,
	    sizeof(server)) != 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
		die("fcntl");
	c->fresh = true;
	watch(c, EPOLLIN, EPOLL_CTL_ADD);
}

/* Sends what the socket takes. */
static bool
send_some(struct connection *c)
{
	while (c->sent < c->head_len + body_len) {
		struct iovec iov[2];
		int parts = 0;
		ssize_t n;

		if (c->sent < c->head_len)
			iov[parts++] = (struct iovec){ c->head + c->sent,
				c->head_len - c->sent };
		n = c->sent < c->head_len ? 0 :
		    (ssize_t)(c->sent - c->head_len);
		iov[parts++] = (struct iovec){ body + n,
			body_len - (size_t)n };
		n = writev(c->fd, iov, parts);
		if (n < 0 && errno == EAGAIN) {
			watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
			return true;
		}
		if (n < 0)
			return false;
		c->sent += (size_t)n;
	}
	watch(c, EPOLLIN, EPOLL_CTL_MOD);
	return true;
}

static void
send_again(struct connection *c)
{
	close(c->fd);
	open_connection(c);
	c->sent = c->got = 0;
	if (!send_some(c))
		die("send");
}

static void
begin(struct connection *c)
{
	struct hookcask_span id, span = { body, body_len };
	char signature[HOOKCASK_SIGNATURE_SIZE];
	long at = (long)time(NULL);

	snprintf(c->id, sizeof(c->id), "msg_%s%012ld", prefix, ++number);
	id = (struct hookcask_span){ c->id, strlen(c->id) };
	if (hookcask_sign(&key, id, at, &span, 1, signature) != HOOKCASK_OK)
		exit(1);
	c->head_len = (size_t)snprintf(c->head, sizeof(c->head),
	    "POST %s HTTP/1.1\r\nHost: localhost\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n"
	    "svix-id: %s\r\nsvix-timestamp: %ld\r\nsvix-signature: %s\r\n"
	    "\r\n", path, body_len, c->id, at, signature);
	c->busy = true;
	c->sent = c->got = 0;
	c->start = now();
	if (!send_some(c))
		send_again(c);
}

/* The value of a header of the answer, or NULL. */
static const char *
header(const char *head, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = head; (p = strstr(p, "\r\n")) != NULL;) {
		p += 2;
		if (strncasecmp(p, name, len) == 0)
			return p + len + strspn(p + len, " ");
	}
	return NULL;
}

/* Is the answer whole?  Only lengths and chunks are understood. */
static bool
is_whole(struct connection *c, bool ended)
{
	const char *end, *length;
	size_t have;

	c->answer[c->got] = '\0';
	end = strstr(c->answer, "\r\n\r\n");
	if (end == NULL)
		return false;
	have = c->got - (size_t)(end + 4 - c->answer);
	length = header(c->answer, "Content-Length:");
	if (length != NULL)
		return have >= strtoul(length, NULL, 10);
	if (header(c->answer, "Transfer-Encoding:") != NULL)
		return have >= 5 && memcmp(c->answer + c->got - 5,
		    "0\r\n\r\n", 5) == 0;
	return ended;
}

static void
finish(struct connection *c)
{
	double us = (now() - c->start) * 1e6;
	const char *how = header(c->answer, "Connection:");

	if (answers < TAKEN_MAX)
		taken[answers] = (uint32_t)us;
	answers++;
	c->done++;
	c->busy = c->fresh = false;
	if (strncmp(c->answer, "HTTP/1.", 7) == 0 &&
	    strncmp(c->answer + 8, " 200", 4) == 0)
		fprintf(acks, "%s\n", c->id);
	else
		note_error(c->answer);
	if (how != NULL && strncasecmp(how, "close", 5) == 0) {
		close(c->fd);
		open_connection(c);
	}
}

static void
receive(struct connection *c)
{
	ssize_t n = read(c->fd, c->answer + c->got,
	    sizeof(c->answer) - 1 - c->got);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0)
		c->got += (size_t)n;
	if (c->busy && is_whole(c, n <= 0)) {
		finish(c);
	} else if (n <= 0) {
		/* a kept connection may be closed between two requests */
		if (!c->busy) {
			close(c->fd);
			open_connection(c);
		} else if (!c->fresh && c->got == 0) {
			send_again(c);
		} else {
			note_error("the connection was cut");
			close(c->fd);
			open_connection(c);
			c->busy = false;
		}
	} else if (c->got == sizeof(c->answer) - 1) {
		die("too long an answer");
	}
}

static void
run(double seconds)
{
	double start = now(), end = start + seconds;
	struct epoll_event events[64];
	int busy = count;

	for (int i = 0; i < count; i++)
		begin(&all[i]);
	while (busy > 0) {
		int n = epoll_wait(epoll, events, 64, 100);

		if (now() > end + PATIENCE) {
			note_error("no answer");
			break;
		}
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;
			bool was_busy = c->busy;

			if ((events[i].events & EPOLLOUT) != 0 && c->busy &&
			    !send_some(c))
				send_again(c);
			if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0)
				receive(c);
			if (!was_busy || c->busy)
				continue;
			if (now() < end)
				begin(c);
			else
				busy--;
		}
	}
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
report(double took)
{
	long kept = answers < TAKEN_MAX ? answers : TAKEN_MAX;
	long least = all[0].done, most = all[0].done;

	qsort(taken, (size_t)kept, sizeof(*taken), compare);
	for (int i = 0; i < count; i++) {
		if (all[i].done < least)
			least = all[i].done;
		if (all[i].done > most)
			most = all[i].done;
	}
#define AT(q) (kept == 0 ? 0 : taken[(long)((double)(kept - 1) * (q))])
	printf("{\"answers\": %ld, \"errors\": %ld, \"first_error\": \"%s\", "
	    "\"rate\": %.1f, \"p50\": %u, \"p99\": %u, \"p999\": %u, "
	    "\"max\": %u, \"least\": %ld, \"most\": %ld}\n", answers, errors,
	    first_error, (double)answers / took, AT(0.5), AT(0.99), AT(0.999),
	    AT(1.0), least, most);
}

int
main(int argc, char **argv)
{
	double start;

	if (argc != 9) {
		fprintf(stderr, "usage: load PORT PATH CONNECTIONS SECONDS "
		    "BODY-BYTES SECRET ACKS PREFIX\n");
		return 64;
	}
	server.sin_family = AF_INET;
	server.sin_port = htons((uint16_t)atoi(argv[1]));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	path = argv[2];
	count = atoi(argv[3]);
	body_len = (size_t)atol(argv[5]);
	prefix = argv[8];
	if (count < 1 || count > CONNECTIONS_MAX || body_len < 32 ||
	    strlen(prefix) > 40 || hookcask_key_init(&key, argv[6],
	    strlen(argv[6])) != HOOKCASK_OK)
		return 64;
	body = malloc(body_len);
	all = calloc((size_t)count, sizeof(*all));
	taken = malloc(TAKEN_MAX * sizeof(*taken));
	acks = fopen(argv[7], "w");
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (body == NULL || all == NULL || taken == NULL || acks == NULL ||
	    epoll < 0)
		die("start");
	memset(body, 'x', body_len);
	memcpy(body, "{\"type\":\"a.b\",\"x\":\"", 19);
	memcpy(body + body_len - 2, "\"}", 2);
	for (int i = 0; i < count; i++)
		open_connection(&all[i]);
	start = now();
	run(atof(argv[4]));
	report(now() - start);
	return fclose(acks) == 0 && errors == 0 ? 0 : 1;
}
