/* SPDX-License-Identifier: ISC */
/*
 * The order in which a request is judged, cheap tests first; what became of
 * it; and one reply, never before the store has answered.
 */
#include <config.h>

#include "responder/serve.h"

#include <string.h>
#include <time.h>

#include "core/intake.h"
#include "core/record.h"
#include "core/reply.h"

/* Ours is whatever the sender may try again. */
static enum outcome
trouble(const struct err *err, enum outcome otherwise)
{
	return err->kind == OUTCOME_BAD_CONFIG ||
	    err->kind == OUTCOME_STORE_ERROR ? err->kind : otherwise;
}

/* Method, path, and whether there is something to serve it with. */
static enum outcome
judge_target(struct attempt *a, const struct gateway *gw)
{
	const char *docroot;

	a->config = site_config(a->site, &a->err);
	if (a->config == NULL)
		return OUTCOME_BAD_CONFIG;
	if (gw->is_cut)
		return OUTCOME_TOO_LARGE;
	a->endpoint = config_match(a->config, delivery_path(&a->delivery));
	if (a->endpoint != NULL)
		a->open = site_endpoint(a->site, a->endpoint, &a->err);
	if (a->open != NULL && a->open->stats != NULL)
		stats_begin(a->open->stats);
	if (strcmp(a->delivery.method, "POST") != 0)
		return OUTCOME_BAD_METHOD;
	if (a->endpoint == NULL)
		return OUTCOME_UNKNOWN_PATH;
	if (a->open == NULL)
		return trouble(&a->err, OUTCOME_BAD_CONFIG);
	docroot = site_exposed_by(a->site, a->open, a->delivery.docroots);
	if (docroot != NULL) {
		err_set(&a->err, OUTCOME_STORE_ERROR, "%s or its secret "
		    "lies under the document root %s, where everyone could "
		    "fetch it; move it, or set allow-docroot if the server "
		    "denies access", a->endpoint->log != NULL ?
		    a->endpoint->log : a->endpoint->spool, docroot);
		return OUTCOME_STORE_ERROR;
	}
	return OUTCOME_STORED;
}

/* What can be told before the body is read. */
static enum outcome
judge_head(struct attempt *a, const struct intake *in)
{
	if (a->delivery.length_kind == LENGTH_BAD)
		return OUTCOME_SHORT_BODY;
	if (a->delivery.length_kind == LENGTH_KNOWN &&
	    a->delivery.length > a->config->max_body)
		return OUTCOME_TOO_LARGE;
	return intake_precheck(in, &a->verdict);
}

static enum outcome
verify(struct attempt *a, const struct intake *in, const struct body *body,
    struct event *event)
{
	const struct keyset *keys = keyring_acquire(a->open->keys, &a->err);
	enum outcome outcome;

	if (keys == NULL)
		return trouble(&a->err, OUTCOME_BAD_CONFIG);
	outcome = intake_verify(in, keys, body->data, body->len, &a->verdict,
	    event, &a->err);
	if (outcome_http(outcome) == 200)
		memcpy(a->key, event->key, sizeof(a->key));
	keyring_release(a->open->keys, keys);
	return outcome;
}

static enum outcome
store(struct attempt *a, struct event *event)
{
	struct record record;
	enum outcome outcome;

	if (!record_init(&record, event, &a->err))
		return OUTCOME_STORE_ERROR;
	outcome = store_put(a->open->store, &record, &a->other_body, &a->err);
	record_wipe(&record);
	return outcome;
}

static enum outcome
attempt_run(struct attempt *a, struct gateway *gw)
{
	struct intake in;
	struct event event;
	enum outcome outcome;

	outcome = judge_target(a, gw);
	if (outcome != OUTCOME_STORED)
		return outcome;
	in.delivery = &a->delivery;
	in.endpoint = a->endpoint;
	in.received_us = a->received_us;
	outcome = judge_head(a, &in);
	if (outcome == OUTCOME_STORED)
		outcome = body_read(gw, &a->delivery, a->config->max_body,
		    &a->err);
	if (outcome == OUTCOME_STORED)
		outcome = verify(a, &in, gw->body, &event);
	if (outcome == OUTCOME_STORED)
		outcome = store(a, &event);
	return outcome;
}

void
serve(void *site, struct gateway *gw)
{
	struct attempt a;
	struct timespec now;
	struct reply reply;

	memset(&a, 0, sizeof(a));
	/* once, at the start: for the window and for "received" */
	clock_gettime(CLOCK_REALTIME, &now);
	a.received_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	a.site = site;
	delivery_init(&a.delivery, gw->env);
	a.outcome = attempt_run(&a, gw);
	if (outcome_http(a.outcome) != 200)
		body_drain(gw, &a.delivery, site_max_body(site) + BODY_DRAIN);
	report(&a);
	reply_init(&reply, a.outcome,
	    strcmp(a.delivery.method, "HEAD") == 0);
	/* a client that is gone tries again and finds a duplicate */
	gw->reply(gw, reply.text, reply.len);
}
