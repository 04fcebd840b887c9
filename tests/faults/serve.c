/* SPDX-License-Identifier: ISC */
/*
 * The responder, from its configuration to the reply.  A good delivery is
 * answered 200 or 503, whatever fails, and a bad one never 200; when nothing
 * fails any more the same delivery is answered 200, and one record is there.
 */
#include <config.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "request.h"
#include "responder/fcgi_record.h"
#include "responder/loop.h"
#include "responder/workers.h"
#include "walk.h"

static struct site *site;

static void
prepare_log(void)
{
	request_prepare("log", "off");
}

static void
prepare_spool(void)
{
	request_prepare("spool", "off");
}

static void
prepare_cgi(void)
{
	prepare_log();
	request_options.is_cgi = true;
}

static void
prepare_bad(void)
{
	prepare_log();
	request_sign("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
}

static unsigned
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

static int status;
static unsigned fds;

static void
play(void)
{
	fds = count_fds();
	site = site_open(&request_options);
	status = site == NULL ? 503 : request_ask(site);
}

static void
judge_good(void)
{
	unsigned was;

	WALK_HOLDS(status == 200 || status == 503);
	was = request_count();
	WALK_HOLDS(status == 200 ? was == 1 : was <= 1);
	/* what was broken is looked at again after a second */
	fail_wait(1500);
	if (site == NULL)
		site = site_open(&request_options);
	WALK_HOLDS(site != NULL && request_ask(site) == 200);
	WALK_HOLDS(request_count() == 1);
	WALK_HOLDS(request_ask(site) == 200 && request_count() == 1);
	site_close(site);
	/* the sanitizer's own aside, nothing is left open */
	WALK_HOLDS(count_fds() == fds);
}

static void
judge_bad(void)
{
	WALK_HOLDS(status == 401 || status == 503);
	WALK_HOLDS(request_count() == 0);
	fail_wait(1500);
	if (site == NULL)
		site = site_open(&request_options);
	WALK_HOLDS(site != NULL && request_ask(site) == 401);
	WALK_HOLDS(request_count() == 0);
	site_close(site);
	WALK_HOLDS(count_fds() == fds);
}

/* -- through the FastCGI door -- */
static unsigned char wire[4096];
static size_t wire_len;

static void
put_record(unsigned type, const void *data, size_t len)
{
	fcgi_head_format(wire + wire_len, type, 1, len);
	wire_len += FCGI_HEADER_LEN;
	if (len > 0)
		memcpy(wire + wire_len, data, len);
	wire_len += len;
}

static void
make_wire(void)
{
	static const unsigned char begin[8] = { 0, FCGI_RESPONDER };
	unsigned char pairs[2048];
	size_t len = 0;

	wire_len = 0;
	put_record(FCGI_BEGIN_REQUEST, begin, sizeof(begin));
	for (size_t i = 0; request_entries[i] != NULL; i++) {
		size_t name = strcspn(request_entries[i], "=");
		size_t value = strlen(request_entries[i]) - name - 1;

		pairs[len++] = (unsigned char)name;
		pairs[len++] = (unsigned char)value;
		memcpy(pairs + len, request_entries[i], name);
		memcpy(pairs + len + name, request_entries[i] + name + 1,
		    value);
		len += name + value;
	}
	put_record(FCGI_PARAMS, pairs, len);
	put_record(FCGI_PARAMS, NULL, 0);
	put_record(FCGI_STDIN, REQUEST_BODY, strlen(REQUEST_BODY));
	put_record(FCGI_STDIN, NULL, 0);
}

/* The status of the answer; 0: there was none. */
static int
read_answer(int fd)
{
	char answer[4096];
	size_t len = 0;
	const char *at;
	ssize_t n;

	while ((n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)n;
	answer[len] = '\0';
	at = memmem(answer, len, "Status: ", 8);
	return at == NULL ? 0 : atoi(at + 8);
}

static unsigned
timeout(void *ctx)
{
	(void)ctx;
	return 2;
}

static size_t
max_body(void *ctx)
{
	return site_max_body(ctx);
}

/*
 * The peer's own calls (sendto, and read only when nothing fails) are not
 * among those that fail.
 */
static int
ask_fcgi(bool wants_answer)
{
	const struct handler handler = { serve_head, serve_body, SERVE_ROOM,
		site };
	const struct loop_options options = { NULL, SERVE_ROOM, timeout,
		max_body, site };
	static struct loop loop;	/* large */
	struct err none = ERR_INIT;
	struct loop_job job;
	int pair[2], answer = 0;

	if (!loop_init(&loop, &options, 8, &none)) {
		WALK_HOLDS(!wants_answer);
		return 0;
	}
	WALK_HOLDS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	WALK_HOLDS(sendto(pair[0], wire, wire_len, 0, NULL, 0) ==
	    (ssize_t)wire_len);
	shutdown(pair[0], SHUT_WR);
	loop_add(&loop, pair[1]);
	while (loop_take(&loop, &job))
		if (job.request != NULL)
			gateway_fcgi(job.request, &handler);
	loop_wipe(&loop);
	if (wants_answer)
		answer = read_answer(pair[0]);
	close(pair[0]);
	return answer;
}

static void
play_fcgi(void)
{
	make_wire();
	fds = count_fds();
	site = site_open(&request_options);
	if (site != NULL)
		ask_fcgi(false);
}

static void
judge_fcgi(void)
{
	WALK_HOLDS(request_count() <= 1);
	fail_wait(1500);
	if (site == NULL)
		site = site_open(&request_options);
	WALK_HOLDS(site != NULL && ask_fcgi(true) == 200);
	WALK_HOLDS(request_count() == 1);
	site_close(site);
	WALK_HOLDS(count_fds() == fds);
}

/* -- threads that do not start -- */
static int listening;
static pid_t client;
static bool has_run;
static struct err err;

/* Three requests at a time, five times; then the responder is told to go. */
static void
be_client(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd[3], bad = 0;

	snprintf(to.sun_path, sizeof(to.sun_path), "socket");
	close(listening);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 3; i++) {
			fd[i] = socket(AF_UNIX, SOCK_STREAM, 0);
			if (connect(fd[i], (struct sockaddr *)&to,
			    sizeof(to)) != 0 || sendto(fd[i], wire, wire_len,
			    MSG_NOSIGNAL, NULL, 0) != (ssize_t)wire_len)
				bad++;
		}
		for (int i = 0; i < 3; i++) {
			bad += read_answer(fd[i]) != 200;
			close(fd[i]);
		}
	}
	kill(getppid(), SIGTERM);
	_exit(bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static unsigned
limit(void *ctx)
{
	(void)ctx;
	return 4;
}

static void
prepare_threads(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	prepare_log();
	make_wire();
	snprintf(at.sun_path, sizeof(at.sun_path), "socket");
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	WALK_HOLDS(bind(listening, (struct sockaddr *)&at, sizeof(at)) == 0);
	WALK_HOLDS(listen(listening, 16) == 0);
	client = fork();
	if (client == 0)
		be_client();
	site = site_open(&request_options);
	WALK_HOLDS(site != NULL);
}

static void
play_threads(void)
{
	const struct workers_options workers = { listening,
		{ serve_head, serve_body, SERVE_ROOM, site }, limit, timeout,
		max_body, site };

	has_run = workers_run(&workers, &err);
}

/* With one thread it serves all; without any it says so. */
static void
judge_threads(void)
{
	int how;

	close(listening);
	if (!has_run) {
		WALK_HOLDS(err.kind != OUTCOME_STORED && err.text[0] != '\0');
		kill(client, SIGKILL);
	}
	WALK_HOLDS(waitpid(client, &how, 0) == client);
	WALK_HOLDS(!has_run || (WIFEXITED(how) && WEXITSTATUS(how) == 0));
	WALK_HOLDS(!has_run || request_count() == 1);
	site_close(site);
}

const struct scene scenes[] = {
	{ "a good delivery, log", NULL, prepare_log, play, judge_good },
	{ "a good delivery, spool", NULL, prepare_spool, play, judge_good },
	{ "a good delivery, CGI", NULL, prepare_cgi, play, judge_good },
	{ "a bad delivery", NULL, prepare_bad, play, judge_bad },
	{ "the FastCGI door", NULL, prepare_log, play_fcgi, judge_fcgi },
	{ "threads", "pthread_create", prepare_threads, play_threads,
	    judge_threads },
	{ NULL, NULL, NULL, NULL, NULL }
};
