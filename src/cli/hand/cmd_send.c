/* SPDX-License-Identifier: ISC */
/*
 * send: does what a sender does, and what a bad one might do: signs, posts,
 * posts again, changes a bit, is late.
 */
#include <config.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/civil.h"
#include "base/json.h"
#include "base/span.h"
#include "cli/sender/message.h"
#include "cli/sender/post.h"
#include "cli/term/escape.h"
#include "cli/term/input.h"
#include "cli/term/jsonl.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"
#include "event/type.h"

enum {
	SECRET_FILE, CONFIG, ENDPOINT, DATA, TYPE, ID, COUNT, REPEAT, TAMPER,
	STALE, FAMILY, COMMA, TIMEOUT, EXPECT, CONNECT, JSON
};

static const struct option options[] = {
	[SECRET_FILE] = OPTION_SECRET_FILE,
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[DATA] = { "data", 'd', "TEXT", "the body, instead of a file" },
	[TYPE] = { "type", 't', "TYPE",
	    "invent a body of this type (phone_call.ended)" },
	[ID] = { "id", 'i', "ID", "the message id (default: a fresh one)" },
	[COUNT] = { "count", 'n', "N", "send N messages, each with its id" },
	[REPEAT] = { "repeat", 'r', "N",
	    "send each message N times, as retries do" },
	[TAMPER] = { "tamper", 0, NULL,
	    "change one bit of the body after signing" },
	[STALE] = { "stale", 0, "SECONDS",
	    "sign with a time this long ago (negative: ahead)" },
	[FAMILY] = OPTION_FAMILY,
	[COMMA] = { "comma", 0, NULL, "write the signature as t=...,v1=..." },
	[TIMEOUT] = { "timeout", 0, "SECONDS",
	    "wait this long for a reply (default 15)" },
	[EXPECT] = { "expect", 'x', "STATUS",
	    "succeed if every reply has this HTTP status, not 2xx" },
	[CONNECT] = { "connect", 0, "HOST",
	    "connect there, whatever host the URL names" },
	[JSON] = { "json", 'j', NULL, "print JSON, a reply a line" },
	OPTION_END
};

#define TYPE_DEFAULT	"phone_call.ended"

struct sending {
	const struct args	*args;
	struct secrets		 secrets;
	struct poster		*poster;
	struct input		 body;		/* given; data NULL: made up */
	int64_t			 count, repeat, stale, timeout, expect;
	uint64_t		 unexpected;	/* replies */
	long			 worst;		/* status of the last one */
};

static bool
read_numbers(struct sending *s, struct err *err)
{
	s->count = s->repeat = 1;
	s->timeout = 15;
	if (!args_number(s->args, COUNT, 1, 1000000, &s->count, err) ||
	    !args_number(s->args, REPEAT, 1, 1000000, &s->repeat, err) ||
	    !args_number(s->args, STALE, -HOOKCASK_TIME_MAX,
	    HOOKCASK_TIME_MAX, &s->stale, err) ||
	    !args_number(s->args, TIMEOUT, 1, 3600, &s->timeout, err) ||
	    !args_number(s->args, EXPECT, 100, 599, &s->expect, err))
		return false;
	if (s->args->value[ID] != NULL && s->count > 1)
		return err_set(err, OUTCOME_USAGE,
		    "--id and --count: many messages cannot share one id; "
		    "--repeat sends one again");
	return true;
}

/* A file or --data; without either each message gets a body of --type. */
static bool
read_body(struct sending *s, struct err *err)
{
	const char *text = s->args->value[DATA];
	const char *type = s->args->value[TYPE];
	bool has_file = s->args->operand_count > 1;

	if (has_file + (text != NULL) + (type != NULL) > 1)
		return err_set(err, OUTCOME_USAGE,
		    "a file, --data and --type cannot be used together");
	if (has_file)
		return input_read(&s->body, s->args->operand[1],
		    INPUT_BODY_MAX, err);
	if (text != NULL) {
		s->body.len = strlen(text);
		s->body.data = malloc(s->body.len + 1);
		if (s->body.data == NULL)
			return err_set(err, OUTCOME_NO_MEMORY, "no memory");
		memcpy(s->body.data, text, s->body.len + 1);
		return true;
	}
	if (type != NULL &&
	    (type[0] == '\0' || strlen(type) > EVENT_TYPE_MAX))
		return err_set(err, OUTCOME_USAGE,
		    "--type: 1 to %d characters", EVENT_TYPE_MAX);
	for (const char *p = type == NULL ? "" : type; *p != '\0'; p++)
		if (*p < 0x21 || *p > 0x7E)
			return err_set(err, OUTCOME_USAGE,
			    "--type: printable ASCII without blanks only");
	return true;
}

/* An event as its sender might write it, with an invented call. */
static bool
make_body(struct input *body, const struct message *m, const char *type,
    struct err *err)
{
	char quoted[6 * EVENT_TYPE_MAX + 2 + 1], at[CIVIL_SIZE];
	size_t size = sizeof(quoted) + HOOKCASK_ID_MAX + 256;
	bool is_call = strncmp(type, "phone_call.", 11) == 0;
	const char *tail = m->id + strlen(m->id);

	/* the last letters of the id that need no escape in JSON */
	while (tail > m->id && strlen(tail) < 8 &&
	    isalnum((unsigned char)tail[-1]))
		tail--;
	quoted[json_quote(quoted, sizeof(quoted) - 1, span_text(type))] =
	    '\0';
	civil_format(at, m->timestamp);
	body->data = malloc(size);
	if (body->data == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	body->len = (size_t)snprintf(body->data, size,
	    "{\"type\":%s,\"timestamp\":\"%s\",\"data\":{\"%s\":\"%s%s\"}}",
	    quoted, at, is_call ? "providerCallId" : "sample",
	    is_call ? "call_" : "message_", tail);
	return true;
}

static void
print_reply(const struct sending *s, const struct message *m,
    const struct post *post)
{
	size_t len = post->reply_len;
	struct jsonl j = JSONL_INIT;

	while (len > 0 && (post->reply[len - 1] == '\n' ||
	    post->reply[len - 1] == '\r'))
		len--;
	if (s->args->value[JSON] != NULL) {
		jsonl_open(&j, NULL);
		jsonl_number(&j, "status", post->status);
		jsonl_string(&j, "id", m->id);
		jsonl_text(&j, "reply", span_make(post->reply, len));
		jsonl_end(&j);
	} else {
		printf("%ld %s ", post->status, m->id);
		print_escaped(span_make(post->reply, len));
		putchar('\n');
	}
	/* so that a slow run shows its progress */
	if (s->count * s->repeat > 1)
		fflush(stdout);
}

static bool
post_message(struct sending *s, const struct message *m, struct post *post,
    struct err *err)
{
	struct message_headers headers;

	message_headers(m, &headers, post->headers);
	for (int64_t i = 0; i < s->repeat; i++) {
		if (!poster_send(s->poster, post, err))
			return false;
		print_reply(s, m, post);
		if (s->expect != 0 ? post->status != s->expect :
		    post->status < 200 || post->status > 299) {
			s->unexpected++;
			s->worst = post->status;
		}
	}
	return true;
}

static bool
send_message(struct sending *s, struct post *post, struct err *err)
{
	const char *const *value = s->args->value;
	struct input body = s->body;
	struct message m;
	bool done = false;

	memset(&m, 0, sizeof(m));
	m.timestamp = time(NULL) - s->stale;
	m.comma = value[COMMA] != NULL;
	if (!message_family(&m, value[FAMILY], err) ||
	    !message_name(&m, value[ID], err))
		return false;
	if (s->body.data == NULL && !make_body(&body, &m,
	    value[TYPE] != NULL ? value[TYPE] : TYPE_DEFAULT, err))
		return false;
	post->body = span_make(body.data, body.len);
	if (!message_sign(&m, &s->secrets, post->body, err))
		goto out;
	if (value[TAMPER] != NULL && body.len == 0) {
		err_set(err, OUTCOME_USAGE,
		    "--tamper: an empty body has no bit to change");
		goto out;
	}
	if (value[TAMPER] != NULL)
		body.data[body.len / 2] ^= 1;
	done = post_message(s, &m, post, err);
	if (value[TAMPER] != NULL)
		body.data[body.len / 2] ^= 1;
out:
	if (s->body.data == NULL)
		input_wipe(&body);
	return done;
}

/* 5xx is temporary; anything else unexpected is a fault of one side. */
static bool
conclude(const struct sending *s, struct err *err)
{
	if (s->unexpected == 0)
		return true;
	return err_set(err, s->worst >= 500 ? OUTCOME_TRY_AGAIN :
	    OUTCOME_BAD_DATA, "%" PRIu64 " of %" PRId64
	    " replies unexpected, the last of them %ld", s->unexpected,
	    s->count * s->repeat, s->worst);
}

static bool
run(const struct args *args, struct err *err)
{
	struct secret_choice choice = { args->value[SECRET_FILE],
	    args->value[CONFIG], args->value[ENDPOINT] };
	struct sending s = { .args = args };
	struct post post;
	bool done;

	memset(&post, 0, sizeof(post));
	done = read_numbers(&s, err) && read_body(&s, err) &&
	    secrets_load(&s.secrets, &choice, err) &&
	    poster_open(&s.poster, args->operand[0], s.timeout, err) &&
	    (args->value[CONNECT] == NULL ||
	    poster_connect(s.poster, args->value[CONNECT], err));
	for (int64_t i = 0; done && i < s.count; i++)
		done = send_message(&s, &post, err);
	poster_close(s.poster);
	secrets_wipe(&s.secrets);
	input_wipe(&s.body);
	return done && conclude(&s, err);
}

const struct verb verb_send = {
	.name = "send",
	.group = GROUP_BY_HAND,
	.summary = "sign a body and post it to a URL",
	.operands = "URL [FILE]",
	.operands_min = 1,
	.operands_max = 2,
	.options = options,
	.run = run,
};
