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

#include "core/reply.h"
#include "fail.h"
#include "responder/fcgi_record.h"
#include "responder/gateway.h"
#include "responder/serve.h"
#include "responder/workers.h"
#include "walk.h"

#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID	"msg_1"
#define BODY	"{\"type\":\"a\",\r\n\"b\":1}"	/* kept twice: raw, data */

struct request {
	struct gateway	 gateway;	/* first */
	size_t		 read;		/* of the body */
	struct body	 room;
	char		 reply[REPLY_MAX + 1];
	unsigned	 replies;
};

static struct site *site;
static bool is_spool;
static struct site_options options;
static char text_timestamp[64], text_signature[128], text_length[32];
static char *entries[] = { (char *)(uintptr_t)"REQUEST_METHOD=POST",
	(char *)(uintptr_t)"PATH_INFO=/a",
	(char *)(uintptr_t)"DOCUMENT_ROOT=/nowhere",
	(char *)(uintptr_t)"HTTP_SVIX_ID=" ID, text_timestamp,
	text_signature, text_length, NULL };
static char *no_env[] = { NULL };
static char config_path[512];

static void
sign(const char *secret)
{
	struct hookcask_span body = { BODY, strlen(BODY) };
	char signature[HOOKCASK_SIGNATURE_SIZE];
	struct hookcask_key key;
	time_t now = time(NULL);

	WALK_HOLDS(hookcask_key_init(&key, secret, strlen(secret)) ==
	    HOOKCASK_OK);
	WALK_HOLDS(hookcask_sign(&key, (struct hookcask_span){ ID,
	    strlen(ID) }, now, &body, 1, signature) == HOOKCASK_OK);
	snprintf(text_timestamp, sizeof(text_timestamp),
	    "HTTP_SVIX_TIMESTAMP=%lld", (long long)now);
	snprintf(text_signature, sizeof(text_signature),
	    "HTTP_SVIX_SIGNATURE=%s", signature);
	snprintf(text_length, sizeof(text_length), "CONTENT_LENGTH=%zu",
	    strlen(BODY));
}

static void
prepare(const char *store)
{
	char text[2048];

	mkdir(walk_path("store"), 0700);
	walk_write("secret", SECRET "\n", 0600);
	snprintf(text, sizeof(text), "diag = \"%s\"\nlock-timeout = 1\n"
	    "sandbox = off\n"
	    "endpoint \"e\" {\n path = \"/a\"\n secret-file = \"%s\"\n"
	    " %s = \"%s\"\n accept-types = { \"a\", \"b*\" }\n}\n",
	    walk_path("diag"), walk_path("secret"), store,
	    walk_path("store/all"));
	walk_write("conf", text, 0600);
	snprintf(config_path, sizeof(config_path), "%s", walk_path("conf"));
	options.file = config_path;
	options.env = no_env;
	sign(SECRET);
}

static void
prepare_log(void)
{
	prepare("log");
}

static void
prepare_spool(void)
{
	mkdir(walk_path("store"), 0700);
	mkdir(walk_path("store/all"), 0700);
	is_spool = true;
	prepare("spool");
}

static void
prepare_cgi(void)
{
	prepare("log");
	options.is_cgi = true;
}

static void
prepare_bad(void)
{
	prepare("log");
	sign("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
}

static ssize_t
read_body(struct gateway *gw, void *buf, size_t len)
{
	struct request *r = (struct request *)gw;
	size_t left = strlen(BODY) - r->read;

	if (len > left)
		len = left;
	memcpy(buf, BODY + r->read, len);
	r->read += len;
	return (ssize_t)len;
}

static bool
take_reply(struct gateway *gw, const char *text, size_t len)
{
	struct request *r = (struct request *)gw;

	memcpy(r->reply, text, len);
	r->reply[len] = '\0';
	r->replies++;
	return true;
}

/* One request; its status. */
static int
ask(void)
{
	struct request r;

	memset(&r, 0, sizeof(r));
	r.gateway.env = entries;
	r.gateway.read = read_body;
	r.gateway.reply = take_reply;
	r.gateway.body = &r.room;
	body_init(&r.room);
	serve(site, &r.gateway);
	body_wipe(&r.room);
	WALK_HOLDS(r.replies == 1);
	WALK_HOLDS(strncmp(r.reply, "Status: ", 8) == 0);
	return atoi(r.reply + 8);
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

/* How many records there are, in a log or in a spool's new/. */
static unsigned
count_records(void)
{
	DIR *dir = opendir(walk_path("store/all/new"));
	struct dirent *entry;
	unsigned n = 0;
	size_t len;
	char *text;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	if (is_spool)
		return n;
	text = walk_read("store/all", &len);
	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	WALK_HOLDS(len == 0 || text[len - 1] == '\n');
	free(text);
	return n;
}

static int status;
static unsigned fds;

static void
play(void)
{
	fds = count_fds();
	site = site_open(&options);
	status = site == NULL ? 503 : ask();
}

static void
judge_good(void)
{
	unsigned was;

	WALK_HOLDS(status == 200 || status == 503);
	was = count_records();
	WALK_HOLDS(status == 200 ? was == 1 : was <= 1);
	/* what was broken is looked at again after a second */
	fail_wait(1500);
	if (site == NULL)
		site = site_open(&options);
	WALK_HOLDS(site != NULL && ask() == 200);
	WALK_HOLDS(count_records() == 1);
	WALK_HOLDS(ask() == 200 && count_records() == 1);
	site_close(site);
	/* the sanitizer's own aside, nothing is left open */
	WALK_HOLDS(count_fds() == fds);
}

static void
judge_bad(void)
{
	WALK_HOLDS(status == 401 || status == 503);
	WALK_HOLDS(count_records() == 0);
	fail_wait(1500);
	if (site == NULL)
		site = site_open(&options);
	WALK_HOLDS(site != NULL && ask() == 401);
	WALK_HOLDS(count_records() == 0);
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
	for (size_t i = 0; entries[i] != NULL; i++) {
		size_t name = strcspn(entries[i], "=");
		size_t value = strlen(entries[i]) - name - 1;

		pairs[len++] = (unsigned char)name;
		pairs[len++] = (unsigned char)value;
		memcpy(pairs + len, entries[i], name);
		memcpy(pairs + len + name, entries[i] + name + 1, value);
		len += name + value;
	}
	put_record(FCGI_PARAMS, pairs, len);
	put_record(FCGI_PARAMS, NULL, 0);
	put_record(FCGI_STDIN, BODY, strlen(BODY));
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

/*
 * The peer's own calls (sendto, and read only when nothing fails) are not
 * among those that fail.
 */
static int
ask_fcgi(bool wants_answer)
{
	const struct handler handler = { serve, site };
	struct fcgi *door = gateway_fcgi_new();
	int pair[2], answer = 0;

	if (door == NULL && !wants_answer)
		return 0;
	WALK_HOLDS(door != NULL);
	WALK_HOLDS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	WALK_HOLDS(sendto(pair[0], wire, wire_len, 0, NULL, 0) ==
	    (ssize_t)wire_len);
	shutdown(pair[0], SHUT_WR);
	gateway_fcgi(door, &handler, pair[1], 1);
	gateway_fcgi_free(door);
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
	site = site_open(&options);
	if (site != NULL)
		ask_fcgi(false);
}

static void
judge_fcgi(void)
{
	WALK_HOLDS(count_records() <= 1);
	fail_wait(1500);
	if (site == NULL)
		site = site_open(&options);
	WALK_HOLDS(site != NULL && ask_fcgi(true) == 200);
	WALK_HOLDS(count_records() == 1);
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

static unsigned
timeout(void *ctx)
{
	(void)ctx;
	return 2;
}

static void
prepare_threads(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	prepare("log");
	make_wire();
	snprintf(at.sun_path, sizeof(at.sun_path), "socket");
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	WALK_HOLDS(bind(listening, (struct sockaddr *)&at, sizeof(at)) == 0);
	WALK_HOLDS(listen(listening, 16) == 0);
	client = fork();
	if (client == 0)
		be_client();
	site = site_open(&options);
	WALK_HOLDS(site != NULL);
}

static void
play_threads(void)
{
	const struct workers_options workers = { listening, { serve, site },
		limit, timeout, NULL };

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
	WALK_HOLDS(!has_run || count_records() == 1);
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
