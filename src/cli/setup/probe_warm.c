/* SPDX-License-Identifier: ISC */
/*
 * Sends many probes at once.  Those that ask to be held (EVENT_HOLD) keep a
 * process busy for a second and a half, so that mod_fcgid, which gives each
 * process one request and looks once a second, starts one for each of them.
 */
#include <config.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/sender/message.h"
#include "cli/setup/probe.h"
#include "cli/term/jsonl.h"
#include "event/event.h"

/* One of them, with a connection of its own. */
struct shot {
	struct poster		*poster;
	struct post		 post;
	struct message_headers	 headers;
	char			 body[256];
	pthread_t		 thread;
};

static bool
load(struct shot *s, const struct probe_target *t, bool is_held,
    struct err *err)
{
	struct message message;
	char at[CIVIL_SIZE];
	int len;

	memset(s, 0, sizeof(*s));
	memset(&message, 0, sizeof(message));
	message.timestamp = time(NULL);
	civil_format(at, message.timestamp);
	len = snprintf(s->body, sizeof(s->body), "{\"type\":\"%s\","
	    "\"timestamp\":\"%s\",\"hold\":\"%s\"}", EVENT_TYPE_PROBE, at,
	    is_held ? EVENT_HOLD : "no");
	s->post.body = span_make(s->body, (size_t)len);
	if (!message_name(&message, NULL, err) ||
	    !message_sign(&message, t->secrets, s->post.body, err))
		return false;
	message_headers(&message, &s->headers, s->post.headers);
	return poster_open(&s->poster, t->url, t->timeout, err);
}

static void *
fire(void *arg)
{
	struct shot *s = arg;
	struct err why = ERR_INIT;

	if (!poster_send(s->poster, &s->post, &why))
		s->post.status = 0;
	return NULL;
}

/* If a thread cannot be started, fewer requests are sent; how many. */
static int64_t
fire_all(struct shot *shots, int64_t count)
{
	int64_t started = 0;

	while (started < count && pthread_create(&shots[started].thread, NULL,
	    fire, &shots[started]) == 0)
		started++;
	for (int64_t i = 0; i < started; i++)
		pthread_join(shots[i].thread, NULL);
	return started;
}

bool
probe_salvo(const struct probe_target *t, int64_t count, bool is_held,
    struct probe_hits *hits, struct err *err)
{
	struct shot *shots = calloc((size_t)count, sizeof(*shots));
	int64_t loaded = 0;
	bool ok = true;

	memset(hits, 0, sizeof(*hits));
	if (shots == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	for (; ok && loaded < count; loaded++)
		ok = load(&shots[loaded], t, is_held, err);
	if (ok) {
		hits->sent = fire_all(shots, count);
		for (int64_t i = 0; i < hits->sent; i++) {
			const struct post *post = &shots[i].post;

			hits->accepted += post->status / 100 == 2;
			if (post->status / 100 != 2)
				hits->status = post->status;
			if (post->ms > hits->slowest_ms)
				hits->slowest_ms = post->ms;
		}
	}
	for (int64_t i = 0; i < loaded; i++)
		poster_close(shots[i].poster);
	free(shots);
	return ok;
}

void
probe_salvo_print(const char *name, const char *meaning,
    const struct probe_hits *h, bool as_json)
{
	struct jsonl j = JSONL_INIT;

	if (as_json) {
		jsonl_open(&j, NULL);
		jsonl_string(&j, "case", name);
		jsonl_number(&j, "sent", h->sent);
		jsonl_number(&j, "accepted", h->accepted);
		jsonl_number(&j, "milliseconds", h->slowest_ms);
		jsonl_end(&j);
		return;
	}
	printf("%-9s %" PRId64 " of %" PRId64 " %s; the slowest answer took "
	    "%.2f s\n", name, h->accepted, h->sent, meaning,
	    (double)h->slowest_ms / 1000);
	if (h->accepted < h->sent)
		printf(PROBE_INDENT "another answer: %ld%s\n", h->status,
		    h->status == 0 ? " (none came)" : "");
	fflush(stdout);
}
