/* SPDX-License-Identifier: ISC */
/*
 * probe: asks a live endpoint, as its sender will, and says what each answer
 * means.  Its events have a reserved type, which hookcask verifies and counts
 * but does not store.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/sender/message.h"
#include "cli/setup/probe.h"
#include "cli/term/escape.h"
#include "cli/term/input.h"
#include "cli/term/jsonl.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"
#include "event/event.h"

enum { SECRET_FILE, CONFIG, ENDPOINT, STORE, WARM, JSON, TIMEOUT };

static const struct option options[] = {
	[SECRET_FILE] = OPTION_SECRET_FILE,
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[STORE] = { "store", 0, NULL,
	    "send the first event, twice, to be stored once" },
	[WARM] = { "warm", 0, "N", "have mod_fcgid start N processes" },
	[JSON] = { "json", 'j', NULL, "print a JSON object for each case" },
	[TIMEOUT] = { "timeout", 0, "SECONDS",
	    "wait this long for a reply (default 15)" },
	OPTION_END
};

/* Not the reserved type: this event is stored like any other. */
#define TYPE_STORED	EVENT_TYPE_PROBE ".stored"
#define STALE_SECONDS	(2 * 86400)	/* over any tolerance */
#define WARM_MAX	1000		/* requests, a thread each */
#define CLOCK_SECONDS	60		/* two clocks may differ this much */

struct trial {
	enum probe_case		 which;
	const char		*name;
	const char		*wanted;
	size_t			 size;		/* of the body, at least */
};

/* In this order: each relies on what the preceding ones have shown. */
static const struct trial trials[] = {
	{ PROBE_GENUINE, "genuine", "2xx", 0 },
	{ PROBE_AGAIN, "again", "2xx", 0 },
	{ PROBE_TAMPERED, "tampered", "4xx", 200 },
	{ PROBE_STALE, "stale", "4xx", 0 },
	{ PROBE_UNSIGNED, "unsigned", "4xx", 0 },
	{ PROBE_GET, "get", "4xx", 0 },
	{ PROBE_TEXT, "text", "2xx", 0 },
	{ PROBE_CHUNKED, "chunked", "2xx", 20000 },
	/* over 131,072 bytes, mod_fcgid's; under and over nginx's 1 MiB */
	{ PROBE_130K, "130k", "2xx", 130 << 10 },
	{ PROBE_900K, "900k", "2xx", 900 << 10 },
	{ PROBE_1100K, "1100k", "2xx", 1100 << 10 }
};
#define TRIALS		(sizeof(trials) / sizeof(*trials))

struct probing {
	const struct args	*args;
	const char		*url;
	struct secrets		 secrets;
	struct poster		*poster;
	struct message		 message;
	struct input		 body;
	unsigned		 faults, warnings;
	bool			 temporary;	/* is the first fault? */
	bool			 silent;	/* no reply at all */
	const char *const	*shown;		/* the last remedy */
};

/* The event has text that a caller might have said. */
static bool
make_body(struct probing *p, const struct trial *t, struct err *err)
{
	static const char said[] = "It's <script>alert('1')</script>, said "
	    "she; SELECT * FROM users WHERE '1'='1' -- ../../etc/passwd";
	bool stored = p->args->value[STORE] != NULL &&
	    (t->which & (PROBE_GENUINE | PROBE_AGAIN)) != 0;
	size_t size = t->size + 512;
	char at[CIVIL_SIZE];
	int len;

	input_wipe(&p->body);
	p->body.data = malloc(size);
	if (p->body.data == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	civil_format(at, p->message.timestamp);
	len = snprintf(p->body.data, size, "{\"type\":\"%s\",\"timestamp\":"
	    "\"%s\",\"data\":{\"probe\":\"%s\",\"text\":\"",
	    stored ? TYPE_STORED : EVENT_TYPE_PROBE, at, t->name);
	if (t->which == PROBE_TEXT)
		len += snprintf(p->body.data + len, size - (size_t)len, "%s",
		    said);
	for (; (size_t)len < t->size; len++)
		p->body.data[len] = (char)('a' + len % 26);
	len += snprintf(p->body.data + len, size - (size_t)len, "\"}}");
	p->body.len = (size_t)len;
	return true;
}

static bool
make_message(struct probing *p, const struct trial *t, struct err *err)
{
	/* the same message, byte for byte */
	if (t->which == PROBE_AGAIN)
		return true;
	p->message.timestamp = time(NULL) -
	    (t->which == PROBE_STALE ? STALE_SECONDS : 0);
	if (!message_name(&p->message, NULL, err) ||
	    !make_body(p, t, err) ||
	    !message_sign(&p->message, &p->secrets,
	    span_make(p->body.data, p->body.len), err))
		return false;
	/* the last letter before "}} */
	if (t->which == PROBE_TAMPERED)
		p->body.data[p->body.len - 4] ^= 1;
	return true;
}

/* No reply is a finding, too.  False: the probe itself failed. */
static bool
ask(struct probing *p, const struct trial *t, struct post *post,
    struct probe_finding *f, struct err *err)
{
	struct message_headers headers;
	struct err why = ERR_INIT;

	if (!make_message(p, t, err))
		return false;
	post->get = t->which == PROBE_GET;
	post->chunked = t->which == PROBE_CHUNKED;
	post->body = span_make(p->body.data, p->body.len);
	message_headers(&p->message, &headers, post->headers);
	if (post->get)
		post->headers[0] = NULL;
	else if (t->which == PROBE_UNSIGNED)
		post->headers[1] = NULL;
	if (!poster_send(p->poster, post, &why) &&
	    (why.kind == OUTCOME_USAGE || why.kind == OUTCOME_NO_MEMORY))
		return err_set(err, why.kind, "%s", why.text);
	probe_judge(f, t->which, p->url, post, why.text);
	return true;
}

static const char *
word_of(enum probe_verdict verdict)
{
	return verdict == PROBE_GOOD ? "ok" :
	    verdict == PROBE_WARNING ? "warning" : "FAULT";
}

/* Prints text with the path for '@'. */
static void
print_with_path(const struct probing *p, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '@')
			print_escaped(probe_path(p->url));
		else
			putchar(*text);
}

static void
print_fix(const struct probing *p, const struct probe_finding *f)
{
	static const char *const names[PROBE_SERVERS] = {
		"Apache", "lighttpd", "nginx", "else"
	};
	bool one = f->fix[f->server] != NULL && f->server != SERVER_OTHER;

	for (int i = 0; i < PROBE_SERVERS; i++) {
		if (f->fix[i] == NULL || (one && i != (int)f->server))
			continue;
		printf(PROBE_INDENT "%s: ",
		    f->fix[SERVER_APACHE] == NULL ? "fix" : names[i]);
		print_with_path(p, f->fix[i]);
		putchar('\n');
	}
}

static void
print_finding(struct probing *p, const struct trial *t,
    const struct post *post, const struct probe_finding *f)
{
	if (post->trouble != POST_ANSWERED)
		printf("%-9s %-4s ", t->name, "-");
	else
		printf("%-9s %-4ld ", t->name, post->status);
	if (f->meaning[0] != '\0') {
		printf("%-9s", word_of(f->verdict));
		print_escaped(span_text(f->meaning));
		putchar('\n');
	} else {
		puts(word_of(f->verdict));
	}
	/* once, if several in a row have the same remedy */
	if (f->fix != NULL && f->fix != p->shown)
		print_fix(p, f);
	if (f->fix != NULL)
		p->shown = f->fix;
	fflush(stdout);
}

static void
print_json(struct probing *p, const struct trial *t,
    const struct post *post, const struct probe_finding *f)
{
	static const char *const names[PROBE_SERVERS] = {
		"apache", "lighttpd", "nginx", "other"
	};
	static const char *const verdicts[] = { "good", "warning", "fault" };
	struct hookcask_span path = probe_path(p->url);
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_string(&j, "case", t->name);
	jsonl_string(&j, "wanted", t->wanted);
	jsonl_number(&j, "status", post->status);
	jsonl_number(&j, "milliseconds", post->ms);
	if (t->which != PROBE_GET && t->which != PROBE_UNSIGNED)
		jsonl_string(&j, "id", p->message.id);
	jsonl_string(&j, "verdict", verdicts[f->verdict]);
	jsonl_flag(&j, "hookcask", f->ours);
	jsonl_string(&j, "server", post->server);
	jsonl_string(&j, "location", post->location);
	jsonl_string(&j, "meaning", f->meaning);
	jsonl_open(&j, "fix");
	for (int i = 0; f->fix != NULL && i < PROBE_SERVERS; i++)
		if (f->fix[i] != NULL)
			jsonl_string(&j, names[i], f->fix[i]);
	jsonl_close(&j);
	jsonl_text(&j, "path", path);
	jsonl_end(&j);
}

/* The two clocks must agree, or genuine events will be stale. */
static void
judge_clock(struct probing *p, const struct post *post)
{
	int64_t skew = post->date - time(NULL);

	if (post->date == 0 || (skew <= CLOCK_SECONDS &&
	    skew >= -CLOCK_SECONDS))
		return;
	p->warnings++;
	say("warning: the server's clock is %" PRId64 " seconds %s this one; "
	    "set both by NTP", skew < 0 ? -skew : skew,
	    skew < 0 ? "behind" : "ahead of");
}

static bool
try_all(struct probing *p, struct post *post, struct err *err)
{
	struct probe_finding f;

	for (size_t i = 0; i < TRIALS; i++) {
		progress_show("probing: %s", trials[i].name);
		if (!ask(p, &trials[i], post, &f, err))
			return false;
		progress_clear();
		p->warnings += f.verdict == PROBE_WARNING;
		if (f.verdict == PROBE_FAULT && p->faults++ == 0) {
			p->silent = post->trouble != POST_ANSWERED;
			p->temporary = post->status >= 500;
		}
		(p->args->value[JSON] != NULL ? print_json : print_finding)(p,
		    &trials[i], post, &f);
		if (trials[i].which == PROBE_GENUINE)
			judge_clock(p, post);
		/* all others would only report the same */
		if (trials[i].which == PROBE_GENUINE &&
		    f.verdict == PROBE_FAULT) {
			say("nothing else was tried: first a genuine event "
			    "must be accepted");
			break;
		}
		if (trials[i].which == PROBE_AGAIN &&
		    p->args->value[STORE] != NULL &&
		    p->args->value[JSON] == NULL)
			printf(PROBE_INDENT "sent twice as %s, stored once\n",
			    p->message.id);
	}
	return true;
}

static void
count_salvo(struct probing *p, const struct probe_hits *h)
{
	p->faults += h->accepted < h->sent;
	p->temporary = p->temporary || h->status >= 500;
}

/* Sends one alone first: if it is refused, all would be. */
static bool
warm_up(struct probing *p, struct post *post, int64_t count, int64_t timeout,
    struct err *err)
{
	const struct probe_target target = { p->url, &p->secrets, timeout };
	struct probe_finding f;
	struct probe_hits hits;

	if (!ask(p, &trials[0], post, &f, err))
		return false;
	if (f.verdict == PROBE_FAULT) {
		p->faults++;
		p->silent = post->trouble != POST_ANSWERED;
		p->temporary = post->status >= 500;
		(p->args->value[JSON] != NULL ? print_json : print_finding)(p,
		    &trials[0], post, &f);
		return true;
	}
	progress_show("holding %" PRId64 " requests", count);
	if (!probe_salvo(&target, count, true, &hits, err))
		return false;
	progress_clear();
	count_salvo(p, &hits);
	probe_salvo_print("warm", "requests held at once were accepted", &hits,
	    p->args->value[JSON] != NULL);
	if (p->faults > 0)
		return true;
	if (!probe_salvo(&target, count, false, &hits, err))
		return false;
	count_salvo(p, &hits);
	probe_salvo_print("burst", "requests at once were accepted", &hits,
	    p->args->value[JSON] != NULL);
	return true;
}

static bool
conclude(const struct probing *p, struct err *err)
{
	if (p->faults == 0)
		return true;
	return err_set(err, p->silent ? OUTCOME_UNAVAILABLE :
	    p->temporary ? OUTCOME_TRY_AGAIN : OUTCOME_BAD_DATA,
	    "%s: %u fault%s, %u warning%s", p->url, p->faults,
	    p->faults == 1 ? "" : "s", p->warnings,
	    p->warnings == 1 ? "" : "s");
}

static bool
run(const struct args *args, struct err *err)
{
	struct secret_choice choice = { args->value[SECRET_FILE],
	    args->value[CONFIG], args->value[ENDPOINT] };
	struct probing p = { .args = args, .url = args->operand[0] };
	int64_t timeout = 15, warm = 0;
	struct post post;
	bool done;

	memset(&post, 0, sizeof(post));
	done = args_number(args, TIMEOUT, 1, 3600, &timeout, err) &&
	    args_number(args, WARM, 1, WARM_MAX, &warm, err) &&
	    secrets_load(&p.secrets, &choice, err) &&
	    poster_open(&p.poster, p.url, timeout, err) &&
	    (warm > 0 ? warm_up(&p, &post, warm, timeout, err) :
	    try_all(&p, &post, err));
	poster_close(p.poster);
	secrets_wipe(&p.secrets);
	input_wipe(&p.body);
	return done && conclude(&p, err);
}

const struct verb verb_probe = {
	.name = "probe",
	.group = GROUP_SET_UP,
	.summary = "ask a live endpoint, as its sender will, what it accepts",
	.operands = "URL",
	.operands_min = 1,
	.operands_max = 1,
	.options = options,
	.run = run,
};
