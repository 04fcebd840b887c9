/* SPDX-License-Identifier: ISC */
/*
 * Duty: libcurl.  http and https only; no redirect is followed, since a
 * webhook's sender follows none.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/post.h"

#ifdef HAVE_CURL
#include <curl/curl.h>

struct poster {
	CURL	*curl;
	char	 why[CURL_ERROR_SIZE];
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
		rc = curl_easy_setopt(curl, CURLOPT_POST, 1L);
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

void
poster_close(struct poster *p)
{
	if (p == NULL)
		return;
	curl_easy_cleanup(p->curl);
	curl_global_cleanup();
	free(p);
}

/* Expect is taken out: waiting for "100 Continue" only costs a second. */
static struct curl_slist *
make_headers(const struct post *post)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

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

bool
poster_send(struct poster *p, struct post *post, struct err *err)
{
	struct curl_slist *headers = make_headers(post);
	CURLcode rc;

	post->status = 0;
	post->reply_len = 0;
	p->why[0] = '\0';
	if (headers == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if ((rc = curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER,
	    p->why)) == CURLE_OK &&
	    (rc = curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER,
	    headers)) == CURLE_OK &&
	    (rc = curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)post->body.len)) == CURLE_OK &&
	    (rc = curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS,
	    post->body.len == 0 ? "" : post->body.data)) == CURLE_OK &&
	    (rc = curl_easy_setopt(p->curl, CURLOPT_WRITEDATA,
	    post)) == CURLE_OK)
		rc = curl_easy_perform(p->curl);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE,
		    &post->status);
	/* the handle must not keep what ends with this call */
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

void
poster_close(struct poster *p)
{
	(void)p;
}

bool
poster_send(struct poster *p, struct post *post, struct err *err)
{
	(void)p;
	(void)post;
	return err_set(err, OUTCOME_UNAVAILABLE, "built without libcurl");
}

#endif
