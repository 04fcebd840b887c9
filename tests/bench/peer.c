/* SPDX-License-Identifier: ISC */
/*
 * FastCGI programs to measure against, on a socket given as descriptor 0:
 *	null	reads the body and answers: the ceiling of a door
 *	group	verifies, appends the body to LOG and syncs, one sync for all
 *		who wait: what a careful programmer writes by hand, without
 *		dedupe, without a look at the JSON
 *	sync	the same in processes of their own, each with a sync of its own
 * usage: peer null|group|sync THREADS [LOG SECRET]
 */
#include <config.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "hookcask.h"

#define THREADS_MAX 64
#define BODY_MAX (2 << 20)

static const char ok[] = "Status: 200 OK\r\n"
    "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n"
    "{\"status\":\"success\"}";
static const char no[] = "Status: 500 No\r\nContent-Length: 0\r\n\r\n";
static bool is_null, is_sync;
static struct hookcask_key key;
static int fd;
static off_t offset;
static pthread_mutex_t accepting = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t written_more = PTHREAD_COND_INITIALIZER;
static struct iovec waiting[THREADS_MAX];
static int waiting_count;
static unsigned long batch, written;
static bool leading, failed;

/* The leader writes for all who wait by then, and syncs once. */
static bool
append(char *data, size_t len)
{
	unsigned long mine;

	if (is_sync)
		return write(fd, data, len) == (ssize_t)len &&
		    fdatasync(fd) == 0;
	pthread_mutex_lock(&mutex);
	waiting[waiting_count++] = (struct iovec){ data, len };
	mine = batch;
	while (written <= mine) {
		struct iovec iov[THREADS_MAX];
		int count = waiting_count;
		ssize_t size = 0, n;

		if (leading) {
			pthread_cond_wait(&written_more, &mutex);
			continue;
		}
		leading = true;
		memcpy(iov, waiting, sizeof(iov));
		waiting_count = 0;
		batch++;
		pthread_mutex_unlock(&mutex);
		for (int i = 0; i < count; i++)
			size += (ssize_t)iov[i].iov_len;
		n = pwritev(fd, iov, count, offset);
		if (n != size || fdatasync(fd) != 0)
			failed = true;
		offset += size;
		pthread_mutex_lock(&mutex);
		leading = false;
		written++;
		pthread_cond_broadcast(&written_more);
	}
	pthread_mutex_unlock(&mutex);
	return !failed;
}

static struct hookcask_span
parameter(const FCGX_Request *r, const char *name)
{
	const char *value = FCGX_GetParam(name, r->envp);

	return (struct hookcask_span){ value,
		value == NULL ? 0 : strlen(value) };
}

static bool
keep(const FCGX_Request *r, char *body, size_t len)
{
	struct hookcask_span span = { body, len };
	struct hookcask_delivery d;
	struct hookcask_policy p;
	struct hookcask_verdict v;

	memset(&d, 0, sizeof(d));
	memset(&p, 0, sizeof(p));
	d.svix.id = parameter(r, "HTTP_SVIX_ID");
	d.svix.timestamp = parameter(r, "HTTP_SVIX_TIMESTAMP");
	d.svix.signature = parameter(r, "HTTP_SVIX_SIGNATURE");
	d.body = &span;
	d.body_count = 1;
	p.keys = &key;
	p.key_count = 1;
	p.now = time(NULL);
	p.tolerance = HOOKCASK_TOLERANCE;
	if (hookcask_verify(&d, &p, &v) != HOOKCASK_OK)
		return false;
	body[len++] = '\n';
	return append(body, len);
}

static void *
serve(void *arg)
{
	char *body = malloc(BODY_MAX + 1);
	FCGX_Request r;

	if (body == NULL || FCGX_InitRequest(&r, 0, 0) != 0)
		exit(1);
	for (;;) {
		int len, rc;

		pthread_mutex_lock(&accepting);
		rc = FCGX_Accept_r(&r);
		pthread_mutex_unlock(&accepting);
		if (rc < 0)
			break;
		len = FCGX_GetStr(body, BODY_MAX, r.in);
		if (is_null || keep(&r, body, (size_t)len))
			FCGX_PutStr(ok, sizeof(ok) - 1, r.out);
		else
			FCGX_PutStr(no, sizeof(no) - 1, r.out);
		FCGX_Finish_r(&r);
	}
	free(body);
	return arg;
}

int
main(int argc, char **argv)
{
	pthread_t thread[THREADS_MAX];
	int threads;

	if (argc < 3 || (threads = atoi(argv[2])) < 1 ||
	    threads > THREADS_MAX)
		return 64;
	is_null = strcmp(argv[1], "null") == 0;
	is_sync = strcmp(argv[1], "sync") == 0;
	if (!is_null) {
		if (argc < 5 || hookcask_key_init(&key, argv[4],
		    strlen(argv[4])) != HOOKCASK_OK)
			return 64;
		fd = open(argv[3], O_WRONLY | O_CREAT |
		    (is_sync ? O_APPEND : O_TRUNC), 0600);
		if (fd < 0)
			return 73;
	}
	if (FCGX_Init() != 0)
		return 71;
	signal(SIGTERM, SIG_DFL); /* libfcgi would go on */
	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, serve, NULL) != 0)
			return 71;
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
