/* SPDX-License-Identifier: ISC */
/*
 * Says what an answer means.  Pure: it knows only the reply, so it says what
 * is likely.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/span.h"
#include "cli/setup/probe.h"

/* The complete replies of hookcask. */
static bool
is_ours(const struct post *post)
{
	static const char *const words[] = {
		"{\"status\":\"success\"}",
		"{\"error\":\"Bad request\"}",
		"{\"error\":\"Invalid signature\"}",
		"{\"error\":\"Not found\"}",
		"{\"error\":\"Method not allowed\"}",
		"{\"error\":\"Too large\"}",
		"{\"error\":\"Try again\"}"
	};
	struct hookcask_span reply = span_make(post->reply, post->reply_len);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (span_is(reply, words[i]))
			return true;
	return false;
}

static enum probe_server
server_of(const char *header)
{
	if (strncasecmp(header, "apache", 6) == 0)
		return SERVER_APACHE;
	if (strncasecmp(header, "lighttpd", 8) == 0)
		return SERVER_LIGHTTPD;
	if (strncasecmp(header, "nginx", 5) == 0 ||
	    strncasecmp(header, "openresty", 9) == 0)
		return SERVER_NGINX;
	return SERVER_OTHER;
}

/* A URL taken apart; nothing is decoded. */
struct parts {
	struct hookcask_span	scheme, host, path, query;
};

static void
take_apart(struct parts *p, const char *url)
{
	const char *host = strstr(url, "://"), *end;

	memset(p, 0, sizeof(*p));
	if (host == NULL) {
		host = url;
	} else {
		p->scheme = span_make(url, (size_t)(host - url));
		host += 3;
	}
	end = host + strcspn(host, "/?#");
	p->host = span_make(host, (size_t)(end - host));
	host = end;
	end += strcspn(end, "?#");
	p->path = span_make(host, (size_t)(end - host));
	p->query = span_text(end);
}

struct hookcask_span
probe_path(const char *url)
{
	struct parts p;

	take_apart(&p, url);
	return p.path.len == 0 ? span_text("/") : p.path;
}

/* Is one the other with that word in front (or at its end)? */
static bool
is_longer(struct hookcask_span one, struct hookcask_span other,
    const char *word, bool in_front)
{
	size_t len = strlen(word);
	struct hookcask_span rest;

	if (one.len != other.len + len)
		return false;
	rest = in_front ? span_make((const char *)one.data + len, other.len) :
	    span_make(one.data, other.len);
	return span_same(rest, other) && memcmp((const char *)one.data +
	    (in_front ? 0 : other.len), word, len) == 0;
}

static bool
differ_by(struct hookcask_span a, struct hookcask_span b, const char *word,
    bool in_front)
{
	return is_longer(a, b, word, in_front) ||
	    is_longer(b, a, word, in_front);
}

static void
judge_redirect(struct probe_finding *f, const char *url,
    const char *location)
{
	struct parts from, to;
	const char *trap = "to another place";

	take_apart(&from, url);
	take_apart(&to, location);
	if (location[0] == '\0')
		trap = "to nowhere";
	else if (!span_same(from.path, to.path))
		trap = differ_by(from.path, to.path, "/", false) ?
		    "over the slash at the end" : "to another path";
	else if (!span_same(from.host, to.host))
		trap = differ_by(from.host, to.host, "www.", true) ?
		    "over the www." : "to another host";
	else if (!span_same(from.scheme, to.scheme))
		trap = "from http to https";
	f->verdict = PROBE_FAULT;
	f->fix = probe_fix_redirect;
	f->meaning = f->text;
	snprintf(f->text, sizeof(f->text), "a redirect %s, and senders follow "
	    "none%s%s", trap, location[0] == '\0' ? "" :
	    ": give the sender ", location);
}

/* libcurl's error, and its usual cause. */
static void
judge_silence(struct probe_finding *f, enum probe_case which,
    const struct post *post, const char *why)
{
	const char *meaning = "";

	switch (post->trouble) {
	case POST_NO_HOST:
		meaning = "the host name has no address: ";
		break;
	case POST_NO_CONNECTION:
		meaning = "nobody listens there, or a firewall is between: ";
		break;
	case POST_NO_TRUST:
		meaning = "the certificate is not trusted, and senders are "
		    "as strict: ";
		f->fix = probe_fix_certificate;
		break;
	case POST_CUT:
		meaning = (which & PROBE_LARGE) != 0 ? "the connection was "
		    "cut, as if the body were too large: " :
		    "the connection was cut: ";
		f->fix = probe_fix_cut;
		break;
	case POST_TOO_SLOW:
		meaning = "no answer in time, and senders wait 15 seconds: ";
		break;
	case POST_ANSWERED:
	case POST_OTHER:
		break;
	}
	f->verdict = PROBE_FAULT;
	f->meaning = f->text;
	snprintf(f->text, sizeof(f->text), "%s%s", meaning, why);
}

void
probe_judge(struct probe_finding *f, enum probe_case which, const char *url,
    const struct post *post, const char *why)
{
	memset(f, 0, sizeof(*f));
	f->meaning = "";
	f->server = server_of(post->server);
	f->ours = is_ours(post);
	if (post->trouble != POST_ANSWERED) {
		judge_silence(f, which, post, why);
	} else if (post->status >= 300 && post->status <= 399) {
		judge_redirect(f, url, post->location);
	} else if (!probe_look_up(f, which, post->status)) {
		f->verdict = PROBE_FAULT;
		f->meaning = "this is not an HTTP status";
	}
	/* senders announce the length; few events are so long */
	if (f->verdict == PROBE_FAULT &&
	    (which & (PROBE_CHUNKED | PROBE_1100K | PROBE_GET)) != 0)
		f->verdict = PROBE_WARNING;
}
