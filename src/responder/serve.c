/* SPDX-License-Identifier: ISC */
/*
 * Serves a request: checks it, cheap tests first, stores its event, and sends
 * one reply, never before the store has answered.
 */
#include <config.h>

#include "responder/serve.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#include "event/intake.h"
#include "event/record.h"
#include "event/reply.h"

/* Only our own faults are retryable. */
static enum outcome
own_fault(const struct err *err, enum outcome otherwise)
{
	return err->kind == OUTCOME_BAD_CONFIG ||
	    err->kind == OUTCOME_STORE_ERROR ? err->kind : otherwise;
}

/* Checks the method and the path, and opens the endpoint. */
static enum outcome
check_target(struct attempt *a, const struct gateway *gw)
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
	if (strcmp(a->delivery.method, "POST") != 0)
		return OUTCOME_BAD_METHOD;
	if (a->endpoint == NULL)
		return OUTCOME_UNKNOWN_PATH;
	if (a->open == NULL)
		return own_fault(&a->err, OUTCOME_BAD_CONFIG);
	docroot = site_exposed_by(a->site, a->open, a->delivery.docroots);
	if (docroot != NULL) {
		err_set(&a->err, OUTCOME_STORE_ERROR, "%s or its secret "
		    "is below the document root %s, where everyone could "
		    "fetch it; move it, or set allow-docroot if the server "
		    "denies access", a->endpoint->log != NULL ?
		    a->endpoint->log : a->endpoint->spool, docroot);
		return OUTCOME_STORE_ERROR;
	}
	return OUTCOME_STORED;
}

/* All checks that need no body. */
static enum outcome
check_head(struct attempt *a, const struct intake *in)
{
	if (a->delivery.length_kind == LENGTH_BAD)
		return OUTCOME_SHORT_BODY;
	if (a->delivery.length_kind == LENGTH_KNOWN &&
	    a->delivery.length > a->gateway->max_body)
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
		return own_fault(&a->err, OUTCOME_BAD_CONFIG);
	outcome = intake_verify(in, keys, body->data, body->len, &a->verdict,
	    event, &a->err);
	if (outcome_http(outcome) == 200)
		memcpy(a->key, event->key, sizeof(a->key));
	keyring_release(a->open->keys, keys);
	return outcome;
}

/*
 * A signed probe may keep its process busy: mod_fcgid, which looks once a
 * second, then starts another one (hookcask probe --warm).
 */
static void
hold(void)
{
	const struct timespec time = { 1, 500000000 };

	nanosleep(&time, NULL);
}

/* All checks up to the store. */
static enum outcome
attempt_run(struct attempt *a, const struct intake *in)
{
	struct gateway *gw = a->gateway;
	enum outcome outcome = gw->fault;

	if (outcome == OUTCOME_STORE_ERROR)
		err_set(&a->err, outcome, "%s", gw->why);
	if (outcome == OUTCOME_STORED)
		outcome = body_check(gw->body, &a->delivery, gw->max_body);
	if (outcome == OUTCOME_STORED)
		outcome = verify(a, in, gw->body, &a->event);
	if (outcome == OUTCOME_PROBED && intake_holds(&a->event))
		hold();
	if (outcome == OUTCOME_STORED &&
	    !record_init(&a->record, &a->event, &a->err))
		outcome = OUTCOME_STORE_ERROR;
	return outcome;
}

static void
send_reply(struct attempt *a)
{
	struct reply reply;

	reply_init(&reply, a->outcome,
	    strcmp(a->delivery.method, "HEAD") == 0);
	/* a client that is gone tries again and finds a duplicate */
	a->gateway->reply(a->gateway, reply.text, reply.len);
	a->has_replied = true;
}

static void
finish(struct attempt *a)
{
	report(a);
	if (!a->has_replied)
		send_reply(a);
	a->gateway->end(a->gateway);
}

/* Its sender waits neither for the index nor for the statistics. */
static void
put_stored(void *attempt)
{
	struct attempt *a = attempt;

	a->outcome = OUTCOME_STORED;
	send_reply(a);
}

/* The store is done with a request that was left, perhaps in another thread. */
static void
put_done(void *attempt)
{
	struct attempt *a = attempt;

	a->outcome = a->request.put.outcome;
	if (a->outcome == OUTCOME_STORE_ERROR)
		a->err = a->request.err;
	record_wipe(&a->record);
	finish(a);
}

static void
store(struct attempt *a)
{
	if (a->gateway->may_leave(a->gateway)) {
		a->request.put.record = &a->record;
		a->request.stored = put_stored;
		a->request.done = put_done;
		a->request.ctx = a;
		store_submit(a->open->store, &a->request);
		return;
	}
	a->outcome = store_put(a->open->store, &a->record, &a->err);
	record_wipe(&a->record);
	finish(a);
}

static struct intake
intake_of(const struct attempt *a)
{
	return (struct intake){ &a->delivery, a->endpoint, a->received_us };
}

bool
serve_head(void *site, struct gateway *gw)
{
	struct attempt *a = gw->room;
	struct timespec now;

	/* but event, request and record, which are written before being read */
	memset(a, 0, offsetof(struct attempt, event));
	/* once, at the start: for the window and for "received" */
	clock_gettime(CLOCK_REALTIME, &now);
	a->received_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	a->site = site;
	a->gateway = gw;
	delivery_init(&a->delivery, gw->env);
	gw->delivery = &a->delivery;
	a->outcome = check_target(a, gw);
	if (a->outcome == OUTCOME_STORED) {
		const struct intake in = intake_of(a);

		a->outcome = check_head(a, &in);
	}
	if (a->outcome == OUTCOME_STORED)
		return true;
	finish(a);
	return false;
}

void
serve_body(void *site, struct gateway *gw)
{
	struct attempt *a = gw->room;
	const struct intake in = intake_of(a);

	(void)site;
	/* not earlier: a slow body would hold back the counts of others */
	a->has_begun = true;
	if (a->open->stats != NULL)
		stats_begin(a->open->stats);
	a->outcome = attempt_run(a, &in);
	if (a->outcome == OUTCOME_STORED)
		store(a);
	else
		finish(a);
}
