/* SPDX-License-Identifier: ISC */
/* What the scenes of the responder share: see request.h. */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event/reply.h"
#include "request.h"
#include "responder/gateway.h"
#include "walk.h"

#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID	"msg_1"

struct request {
	struct gateway	 gateway;	/* first */
	struct body	 room;
	struct attempt	 attempt;
	unsigned	 ends;
	char		 reply[REPLY_MAX + 1];
	unsigned	 replies;
};

static bool is_spool;
struct site_options request_options;
static char text_timestamp[64], text_signature[128], text_length[32];
char *request_entries[] = { (char *)(uintptr_t)"REQUEST_METHOD=POST",
	(char *)(uintptr_t)"PATH_INFO=/a",
	(char *)(uintptr_t)"DOCUMENT_ROOT=/nowhere",
	(char *)(uintptr_t)"HTTP_SVIX_ID=" ID, text_timestamp,
	text_signature, text_length, NULL };
static char *no_env[] = { NULL };
static char config_path[512];

void
request_sign(const char *secret)
{
	struct hookcask_span body = { REQUEST_BODY, strlen(REQUEST_BODY) };
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
	    strlen(REQUEST_BODY));
}

void
request_prepare(const char *store, const char *sandbox)
{
	char text[2048];

	mkdir(walk_path("store"), 0700);
	mkdir(walk_path("etc"), 0700);
	is_spool = strcmp(store, "spool") == 0;
	if (is_spool)
		mkdir(walk_path("store/all"), 0700);
	walk_write("etc/secret", SECRET "\n", 0600);
	snprintf(text, sizeof(text), "diag = \"%s\"\nlock-timeout = 1\n"
	    "sandbox = %s\n"
	    "endpoint \"e\" {\n path = \"/a\"\n secret-file = \"%s\"\n"
	    " %s = \"%s\"\n accept-types = { \"a\", \"b*\" }\n}\n",
	    walk_path("etc/diag"), sandbox, walk_path("etc/secret"), store,
	    walk_path("store/all"));
	walk_write("conf", text, 0600);
	snprintf(config_path, sizeof(config_path), "%s", walk_path("conf"));
	request_options.file = config_path;
	request_options.env = no_env;
	request_sign(SECRET);
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

static bool
stay(struct gateway *gw)
{
	(void)gw;
	return false;
}

static void
end(struct gateway *gw)
{
	((struct request *)gw)->ends++;
}

int
request_ask(struct site *site)
{
	struct request r;

	memset(&r, 0, sizeof(r));
	r.gateway.env = request_entries;
	r.gateway.max_body = site_max_body(site);
	r.gateway.reply = take_reply;
	r.gateway.body = &r.room;
	r.gateway.room = &r.attempt;
	r.gateway.may_leave = stay;
	r.gateway.end = end;
	body_init(&r.room);
	if (serve_head(site, &r.gateway)) {
		if (!body_add(&r.room, REQUEST_BODY, strlen(REQUEST_BODY),
		    r.gateway.max_body)) {
			r.gateway.fault = OUTCOME_STORE_ERROR;
			r.gateway.why = "no memory";
		}
		serve_body(site, &r.gateway);
	}
	body_wipe(&r.room);
	WALK_HOLDS(r.replies == 1 && r.ends == 1);
	WALK_HOLDS(strncmp(r.reply, "Status: ", 8) == 0);
	return atoi(r.reply + 8);
}

unsigned
request_count(void)
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
