/* SPDX-License-Identifier: ISC */
/*
 * Posts with libcurl, by http and https only.  Follows no redirect, since a
 * webhook's sender follows none.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fileops.h"
#include "cli/sender/post.h"

#ifdef HAVE_CURL
#include <curl/curl.h>

struct poster {
	CURL	*curl;
	char	 why[CURL_ERROR_SIZE];
	size_t	 sent;		/* of a chunked body */
	struct curl_slist *to;	/* where to connect, or NULL */
};

struct transfer {
	struct poster	*poster;
	struct post	*post;
};

static size_t
keep_reply(char *data, size_t one, size_t len, void *ctx)
{
	struct post *post = ctx;
	size_t room = sizeof(post->reply) - post->reply_len;
	size_t keep = len < room ? len : room;

	memcpy(post->reply + post->reply_len, data, keep);
	post->reply_len += keep;
	return one * len;
}

/* Takes a header line; those of a second reply replace the first one's. */
static size_t
keep_header(char *line, size_t one, size_t len, void *ctx)
{
	static const char server[] = "server:", date[] = "date:";
	struct post *post = ctx;
	size_t skip = sizeof(server) - 1, n;
	char text[64];

	if (len > skip && strncasecmp(line, server, skip) == 0) {
		while (skip < len && line[skip] == ' ')
			skip++;
		for (n = 0; skip < len && n < sizeof(post->server) - 1 &&
		    line[skip] != '\r' && line[skip] != '\n'; n++)
			post->server[n] = line[skip++];
		post->server[n] = '\0';
	}
	skip = sizeof(date) - 1;
	if (len > skip && strncasecmp(line, date, skip) == 0) {
		n = len - skip < sizeof(text) ? len - skip : sizeof(text) - 1;
		memcpy(text, line + skip, n);
		text[n] = '\0';
		post->date = (int64_t)curl_getdate(text, NULL);
		if (post->date < 0)
			post->date = 0;
	}
	return one * len;
}

static size_t
give_body(char *data, size_t one, size_t room, void *ctx)
{
	struct transfer *t = ctx;
	struct hookcask_span body = t->post->body;
	size_t n = body.len - t->poster->sent;

	if (n > one * room)
		n = one * room;
	memcpy(data, (const char *)body.data + t->poster->sent, n);
	t->poster->sent += n;
	return n;
}

static CURLcode
set_up(CURL *curl, const char *url, int64_t timeout)
{
	CURLcode rc = curl_easy_setopt(curl, CURLOPT_URL, url);

#if LIBCURL_VERSION_NUM >= 0x075500
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
		    "http,https");
#else
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
		    (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)timeout);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_USERAGENT,
		    PACKAGE_NAME "/" PACKAGE_VERSION);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION,
		    keep_reply);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION,
		    keep_header);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
	return rc;
}

bool
poster_open(struct poster **out, const char *url, int64_t timeout,
    struct err *err)
{
	struct poster *p = calloc(1, sizeof(*p));
	CURLcode rc;

	*out = NULL;
	if (p == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(p);
		return err_set(err, OUTCOME_UNAVAILABLE,
		    "libcurl does not start");
	}
	p->curl = curl_easy_init();
	rc = p->curl == NULL ? CURLE_OUT_OF_MEMORY :
	    set_up(p->curl, url, timeout);
	if (rc != CURLE_OK) {
		err_set(err, OUTCOME_UNAVAILABLE, "libcurl: %s",
		    curl_easy_strerror(rc));
		poster_close(p);
		return false;
	}
	*out = p;
	return true;
}

bool
poster_connect(struct poster *p, const char *host, struct err *err)
{
	char text[300];

	if ((size_t)snprintf(text, sizeof(text), "::%s:", host) >=
	    sizeof(text))
		return err_set(err, OUTCOME_USAGE, "--connect: the name is "
		    "too long");
	p->to = curl_slist_append(NULL, text);
	return (p->to != NULL && curl_easy_setopt(p->curl,
	    CURLOPT_CONNECT_TO, p->to) == CURLE_OK) ||
	    err_set(err, OUTCOME_NO_MEMORY, "no memory");
}

void
poster_close(struct poster *p)
{
	if (p == NULL)
		return;
	curl_easy_cleanup(p->curl);
	curl_slist_free_all(p->to);
	curl_global_cleanup();
	free(p);
}

/*
 * Removes Expect, since waiting for "100 Continue" only costs a second.  The
 * caller's headers override libcurl's own.
 */
static struct curl_slist *
make_headers(const struct post *post)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	if (list != NULL && post->chunked) {
		struct curl_slist *longer =
		    curl_slist_append(list, "Transfer-Encoding: chunked");

		if (longer == NULL)
			curl_slist_free_all(list);
		list = longer;
	}
	for (size_t i = 0; list != NULL && i < POST_HEADERS_MAX &&
	    post->headers[i] != NULL; i++) {
		struct curl_slist *longer =
		    curl_slist_append(list, post->headers[i]);

		if (longer == NULL)
			curl_slist_free_all(list);
		list = longer;
	}
	return list;
}

/* Method and body.  Only HTTP/1.1 has chunks. */
static CURLcode
set_request(CURL *curl, struct transfer *t)
{
	const struct post *post = t->post;
	CURLcode rc;

	if (post->get)
		return curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	if ((rc = curl_easy_setopt(curl, CURLOPT_POST, 1L)) == CURLE_OK &&
	    (rc = curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, post->chunked ?
	    (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_NONE)) ==
	    CURLE_OK &&
	    (rc = curl_easy_setopt(curl, CURLOPT_READDATA, t)) == CURLE_OK &&
	    (rc = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    post->chunked ? (curl_off_t)-1 : (curl_off_t)post->body.len)) ==
	    CURLE_OK)
		/* without fields it asks give_body() */
		rc = curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
		    post->chunked ? NULL :
		    post->body.len == 0 ? "" : post->body.data);
	return rc;
}

static enum post_trouble
trouble_of(CURLcode rc)
{
	switch ((int)rc) {
	case CURLE_OK:
		return POST_ANSWERED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return POST_NO_HOST;
	case CURLE_COULDNT_CONNECT:
		return POST_NO_CONNECTION;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
		return POST_NO_TRUST;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		return POST_CUT;
	case CURLE_OPERATION_TIMEDOUT:
		return POST_TOO_SLOW;
	default:
		return POST_OTHER;
	}
}

/* Copies what libcurl knows about the reply. */
static CURLcode
take_facts(CURL *curl, struct post *post)
{
	char *url = NULL;
	CURLcode rc;

	rc = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &post->status);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &url);
	if (rc == CURLE_OK && url != NULL) {
		size_t len = strnlen(url, sizeof(post->location) - 1);

		memcpy(post->location, url, len);
		post->location[len] = '\0';
	}
	return rc;
}

bool
poster_send(struct poster *p, struct post *post, struct err *err)
{
	struct curl_slist *headers = make_headers(post);
	struct transfer transfer = { p, post };
	int64_t begun = fileops_clock_ms();
	CURLcode rc;

	post->status = 0;
	post->reply_len = 0;
	post->date = 0;
	post->server[0] = post->location[0] = p->why[0] = '\0';
	p->sent = 0;
	if (headers == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if ((rc = curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER,
	    p->why)) == CURLE_OK &&
	    (rc = curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER,
	    headers)) == CURLE_OK &&
	    (rc = set_request(p->curl, &transfer)) == CURLE_OK &&
	    (rc = curl_easy_setopt(p->curl, CURLOPT_HEADERDATA,
	    post)) == CURLE_OK &&
	    (rc = curl_easy_setopt(p->curl, CURLOPT_WRITEDATA,
	    post)) == CURLE_OK)
		rc = curl_easy_perform(p->curl);
	if (rc == CURLE_OK)
		rc = take_facts(p->curl, post);
	post->ms = fileops_clock_ms() - begun;
	post->trouble = trouble_of(rc);
	/* the handle must not keep pointers into this call */
	curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	if (rc == CURLE_OK)
		return true;
	return err_set(err, rc == CURLE_UNSUPPORTED_PROTOCOL ||
	    rc == CURLE_URL_MALFORMAT ? OUTCOME_USAGE : OUTCOME_UNAVAILABLE,
	    "%s", p->why[0] != '\0' ? p->why : curl_easy_strerror(rc));
}

#else

bool
poster_open(struct poster **out, const char *url, int64_t timeout,
    struct err *err)
{
	(void)url;
	(void)timeout;
	*out = NULL;
	return err_set(err, OUTCOME_UNAVAILABLE,
	    "built without libcurl: nothing can be sent; \"hookcask sign\" "
	    "prints the headers for another client");
}

bool
poster_connect(struct poster *p, const char *host, struct err *err)
{
	(void)p;
	(void)host;
	return err_set(err, OUTCOME_UNAVAILABLE, "built without libcurl");
}

void
poster_close(struct poster *p)
{
	(void)p;
}

bool
poster_send(struct poster *p, struct post *post, struct err *err)
{
	(void)p;
	post->trouble = POST_OTHER;
	return err_set(err, OUTCOME_UNAVAILABLE, "built without libcurl");
}

#endif
