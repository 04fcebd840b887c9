/* SPDX-License-Identifier: ISC */
/*
 * A request after the gateway, whatever carried it: the input is
 * its entries, a line each, an empty line and the body.  In an entry "%"
 * stands for the right signature, "@" for the present second.
 */
#include <config.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/span.h"
#include "event/reply.h"
#include "fuzz.h"
#include "responder/gateway.h"
#include "responder/serve.h"
#include "stats/stats_file.h"
#include "vectors.h"

#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define PUBLIC	"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
#define ENTRIES_MAX 64
#define LOG_MAX	((off_t)1 << 20)

struct request {
	struct gateway		 gateway;	/* first */
	struct body_source	 source;
	struct hookcask_span	 body;		/* not read yet */
	bool			 may_leave;
	struct body		 room;
	struct attempt		 attempt;
	unsigned		 ends;
	char			*entries[ENTRIES_MAX + 1];
	char			 reply[REPLY_MAX + 1];
	unsigned		 replies;
};

static char home[512], log_path[520], diag_path[512], stats_path[600];
static struct hookcask_key key;
static struct site *site;
static int log_fd, diag_fd, stats_fd;

static void
prepare(void)
{
	static char secret[] = "HOOKCASK_SECRET=" SECRET " " PUBLIC;
	static char log[600], diag[600];
	static char max[] = "HOOKCASK_MAX_BODY=1000";
	static char path[] = "HOOKCASK_PATH=/a/b";
	static char types[] = "HOOKCASK_IGNORE_TYPES=ignored.*";
	/* the engine, and other drivers, need the files that it shuts off */
	static char sandbox[] = "HOOKCASK_SANDBOX=off";
	static char *env[] = { secret, log, diag, max, path, types, sandbox,
		NULL };
	const struct site_options options = { .env = env };

	if (site != NULL)
		return;
	fuzz_home(home, "request");
	snprintf(log_path, sizeof(log_path), "%s/log", home);
	snprintf(diag_path, sizeof(diag_path), "%s/diag", fuzz_dir());
	snprintf(stats_path, sizeof(stats_path), "%s/.hookcask-svix/stats",
	    home);
	snprintf(log, sizeof(log), "HOOKCASK_LOG=%s", log_path);
	snprintf(diag, sizeof(diag), "HOOKCASK_DIAG=%s", diag_path);
	FUZZ_HOLDS(hookcask_key_init(&key, SECRET, strlen(SECRET)) ==
	    HOOKCASK_OK);
	site = site_open(&options);
	FUZZ_HOLDS(site != NULL && site_config(site, NULL) != NULL);
	diag_fd = open(diag_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	log_fd = open(log_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	stats_fd = open(stats_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	FUZZ_HOLDS(diag_fd >= 0 && log_fd >= 0 && stats_fd >= 0);
}

static ssize_t
read_body(struct body_source *source, void *buf, size_t len)
{
	struct request *r = (struct request *)
	    ((char *)source - offsetof(struct request, source));

	if (len > r->body.len)
		len = r->body.len;
	/* in pieces, as a pipe gives it */
	if (len > 100)
		len = 100;
	if (len > 0)
		memcpy(buf, r->body.data, len);
	r->body.data = (const char *)r->body.data + len;
	r->body.len -= len;
	return (ssize_t)len;
}

/* Both ways; alone, a request that is left is answered at once, too. */
static bool
may_leave(struct gateway *gw)
{
	return ((struct request *)gw)->may_leave;
}

static void
end(struct gateway *gw)
{
	((struct request *)gw)->ends++;
}

static bool
take_reply(struct gateway *gw, const char *text, size_t len)
{
	struct request *r = (struct request *)gw;

	FUZZ_HOLDS(len < sizeof(r->reply));
	memcpy(r->reply, text, len);
	r->reply[len] = '\0';
	r->replies++;
	return true;
}

/* The first entry of that name, blanks at its ends left out. */
static struct hookcask_span
entry_of(const struct request *r, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; r->entries[i] != NULL; i++) {
		const char *text = r->entries[i] + n + 1;
		size_t len;

		if (strncmp(r->entries[i], name, n) != 0 || text[-1] != '=')
			continue;
		text += strspn(text, " \t");
		len = strlen(text);
		while (len > 0 && (text[len - 1] == ' ' ||
		    text[len - 1] == '\t'))
			len--;
		return span_make(text, len);
	}
	return span_make(NULL, 0);
}

static bool
sign(const struct request *r, const char *family, struct hookcask_span body,
    char signature[HOOKCASK_SIGNATURE_SIZE])
{
	char name[32], digits[20];
	struct hookcask_span id, time;

	snprintf(name, sizeof(name), "HTTP_%s_ID", family);
	id = entry_of(r, name);
	snprintf(name, sizeof(name), "HTTP_%s_TIMESTAMP", family);
	time = entry_of(r, name);
	snprintf(digits, sizeof(digits), "%.*s",
	    (int)(time.len < 19 ? time.len : 19), time.len > 0 ?
	    (const char *)time.data : "");
	return hookcask_sign(&key, id, atoll(digits), &body, 1, signature) ==
	    HOOKCASK_OK;
}

/* An entry with its signs replaced; owned by the request. */
static char *
fill_in(const char *text, char sign, const char *with)
{
	size_t count = 0, len = strlen(with);
	char *filled, *p;

	for (const char *c = text; *c != '\0'; c++)
		count += *c == sign;
	filled = p = malloc(strlen(text) + count * len + 1);
	FUZZ_HOLDS(filled != NULL);
	for (; *text != '\0'; text++) {
		if (*text != sign) {
			*p++ = *text;
			continue;
		}
		memcpy(p, with, len);
		p += len;
	}
	*p = '\0';
	return filled;
}

static void
replace(struct request *r, char sign, const char *with)
{
	for (size_t i = 0; r->entries[i] != NULL; i++) {
		char *filled = fill_in(r->entries[i], sign, with);

		free(r->entries[i]);
		r->entries[i] = filled;
	}
}

static void
cut_entries(struct request *r, struct hookcask_span *rest)
{
	struct hookcask_span line;
	size_t n = 0;

	while (rest->len > 0 && n < ENTRIES_MAX) {
		line = fuzz_cut(rest, '\n');
		if (line.len == 0)
			break;
		r->entries[n] = strndup(line.data, line.len);
		FUZZ_HOLDS(r->entries[n] != NULL);
		n++;
	}
	r->entries[n] = NULL;
}

static bool
carries(const struct request *r, const char *family,
    struct hookcask_span body)
{
	char signature[HOOKCASK_SIGNATURE_SIZE], name[32], *text;
	struct hookcask_span header;
	bool found;

	if (!sign(r, family, body, signature))
		return false;
	snprintf(name, sizeof(name), "HTTP_%s_SIGNATURE", family);
	header = entry_of(r, name);
	text = header.len > 0 ? strndup(header.data, header.len) : NULL;
	found = text != NULL && strstr(text, signature + 3) != NULL;
	free(text);
	return found;
}

/* What the operator reads holds nothing that could steer a terminal. */
static void
judge_lines(bool is_told)
{
	char text[8192];
	ssize_t n = pread(diag_fd, text, sizeof(text), 0);

	for (ssize_t i = 0; i < n; i++)
		FUZZ_HOLDS(text[i] == '\n' ||
		    (text[i] >= 0x20 && text[i] <= 0x7e));
	FUZZ_HOLDS(n <= 0 || is_told ||
	    memmem(text, (size_t)n, SECRET, 20) == NULL);
	FUZZ_HOLDS(ftruncate(diag_fd, 0) == 0);
}

static void
judge(const struct request *r, struct hookcask_span body, off_t before)
{
	static const char *const known[] = { "200", "400", "401", "404",
		"405", "413", "503" };
	off_t after = lseek(log_fd, 0, SEEK_END);
	int code = 0;

	FUZZ_HOLDS(r->replies == 1);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strncmp(r->reply, "Status: ", 8) == 0 &&
		    strncmp(r->reply + 8, known[i], 3) == 0)
			code = atoi(known[i]);
	/* the store is healthy; only a document root may refuse it */
	FUZZ_HOLDS(code != 0 && (code != 503 ||
	    entry_of(r, "DOCUMENT_ROOT").len > 0));
	if (code != 200) {
		FUZZ_HOLDS(after == before);
		return;
	}
	FUZZ_HOLDS(carries(r, "SVIX", body) || carries(r, "WEBHOOK", body));
	FUZZ_HOLDS(span_is(entry_of(r, "REQUEST_METHOD"), "POST"));
	FUZZ_HOLDS(after >= before);
}

/* As CGI reads it, or as the loop does. */
static void
take_body(struct request *r)
{
	struct gateway *gw = &r->gateway;

	if (r->may_leave)
		FUZZ_HOLDS(body_add(&r->room, r->body.data, r->body.len,
		    gw->max_body));
	else
		gw->fault = body_read(&r->room, &r->source, gw->delivery,
		    gw->max_body);
}

static void
run(const uint8_t *data, size_t len)
{
	char signature[HOOKCASK_SIGNATURE_SIZE], now[24];
	static const struct stats_limit none[STATS_COUNTERS];
	struct hookcask_span rest = span_make(data, len);
	struct request r;
	off_t before;

	prepare();
	memset(&r, 0, sizeof(r));
	cut_entries(&r, &rest);
	snprintf(now, sizeof(now), "%lld", (long long)time(NULL));
	replace(&r, '@', now);
	if (!sign(&r, "SVIX", rest, signature) &&
	    !sign(&r, "WEBHOOK", rest, signature))
		strcpy(signature, "v1,?");
	replace(&r, '%', signature + 3);
	r.body = rest;
	r.gateway.env = r.entries;
	r.may_leave = len % 2 == 0;
	r.source.read = read_body;
	r.gateway.max_body = site_max_body(site);
	r.gateway.reply = take_reply;
	r.gateway.body = &r.room;
	r.gateway.room = &r.attempt;
	r.gateway.may_leave = may_leave;
	r.gateway.end = end;
	body_init(&r.room);
	/* no line may be withheld */
	FUZZ_HOLDS(pwrite(stats_fd, none, sizeof(none),
	    offsetof(struct stats_head, limit)) == sizeof(none));
	before = lseek(log_fd, 0, SEEK_END);
	fuzz_hush();
	if (serve_head(site, &r.gateway)) {
		take_body(&r);
		serve_body(site, &r.gateway);
	}
	fuzz_speak();
	FUZZ_HOLDS(r.ends == 1);
	judge(&r, rest, before);
	/* who sends the secret himself may read it */
	judge_lines(memmem(data, len, SECRET, 20) != NULL);
	body_wipe(&r.room);
	for (size_t i = 0; r.entries[i] != NULL; i++)
		free(r.entries[i]);
	if (before > LOG_MAX)
		FUZZ_HOLDS(ftruncate(log_fd, 0) == 0);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	static const char *const names[][2] = {
		{ "svix-id", "HTTP_SVIX_ID=" },
		{ "svix-timestamp", "HTTP_SVIX_TIMESTAMP=" },
		{ "svix-signature", "HTTP_SVIX_SIGNATURE=" },
		{ "webhook-id", "HTTP_WEBHOOK_ID=" },
		{ "webhook-timestamp", "HTTP_WEBHOOK_TIMESTAMP=" },
		{ "webhook-signature", "HTTP_WEBHOOK_SIGNATURE=" },
	};
	struct hookcask_span body = vector_get(v, "body", 0);
	char length[64];
	size_t len = 0;

	if (body.len > 4096 || !vector_has(v, "svix-id"))
		return 0;
	fuzz_put_text(buf, size, &len, "REQUEST_METHOD=POST\n"
	    "SCRIPT_NAME=/a\nPATH_INFO=/b\nREMOTE_ADDR=::1\n");
	snprintf(length, sizeof(length), "CONTENT_LENGTH=%zu\n", body.len);
	fuzz_put_text(buf, size, &len, length);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!vector_has(v, names[i][0]))
			continue;
		fuzz_put_text(buf, size, &len, names[i][1]);
		fuzz_put(buf, size, &len, vector_get(v, names[i][0], 0));
		fuzz_put_text(buf, size, &len, "\n");
	}
	fuzz_put_text(buf, size, &len, "\n");
	fuzz_put(buf, size, &len, body);
	return len;
}

#define GOOD	"REQUEST_METHOD=POST\nSCRIPT_NAME=/a/b\n"		\
		"HTTP_SVIX_TIMESTAMP=@\nHTTP_SVIX_SIGNATURE=v1,%\n"

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	static const char *const texts[] = {
		GOOD "HTTP_SVIX_ID=msg_1\nCONTENT_LENGTH=2\n\n{}",
		GOOD "HTTP_SVIX_ID=msg_2\nHTTP_TRANSFER_ENCODING=chunked\n\n"
		"{\"type\":\"ignored.x\"}",
		GOOD "HTTP_SVIX_ID=msg_3\nCONTENT_LENGTH=1001\n\n",
		GOOD "HTTP_SVIX_ID=msg_4\nHTTP_SVIX_ID=msg_5\n\n1",
		GOOD "HTTP_SVIX_ID=msg_6\nDOCUMENT_ROOT=/\nREMOTE_ADDR=\x1b[2J"
		"\nCONTENT_LENGTH=1\n\n1",
		"REQUEST_METHOD=\x1b]0;x\x07\nPATH_INFO=/\xff\\\"x\n\n",
		"REQUEST_METHOD=POST\nPATH_INFO=/a/b\nHTTP_WEBHOOK_ID=msg_7\n"
		"HTTP_WEBHOOK_TIMESTAMP=@\nHTTP_WEBHOOK_SIGNATURE=t=@,v1=%\n"
		"CONTENT_LENGTH=1\n\n7",
		GOOD "HTTP_SVIX_ID=msg_8\n\n{\"type\":\"hookcask.probe\"}",
		"REQUEST_METHOD=POST\nSCRIPT_NAME=/a/b\nHTTP_SVIX_ID=msg_9\n"
		"HTTP_SVIX_TIMESTAMP=@\nHTTP_SVIX_SIGNATURE=v1a,6/hUQD791WTPMx"
		"idnpSQNcDYmAmFKZjuLKstYo85WIJ4qGabzUGRErNf8p4mp/X2NkWisoPlP1p/"
		"eVe5rAHmDA== v1,%\nCONTENT_LENGTH=1\n\n7",
		NULL
	};

	return fuzz_own(texts, n, buf, size);
}

const struct fuzz_driver fuzz_request = { "request", run, seed, own, 3000 };
