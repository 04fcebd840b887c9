/* SPDX-License-Identifier: ISC */
/*
 * Asks the library whether a delivery is genuine, and only then looks into
 * its body.
 */
#include <config.h>

#include "event/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"

static struct hookcask_policy
policy_of(const struct intake *in)
{
	struct hookcask_policy policy;

	memset(&policy, 0, sizeof(policy));
	policy.now = in->received_us / 1000000;
	policy.tolerance = in->endpoint->tolerance;
	return policy;
}

enum outcome
intake_precheck(const struct intake *in, struct hookcask_verdict *verdict)
{
	struct hookcask_delivery view = delivery_view(in->delivery, NULL);
	struct hookcask_policy policy = policy_of(in);

	if (delivery_is_doubled(in->delivery)) {
		memset(verdict, 0, sizeof(*verdict));
		return OUTCOME_DOUBLED_HEADER;
	}
	return outcome_of_status(hookcask_precheck(&view, &policy, verdict));
}

/*
 * v1a needs the message in one piece.  The body is copied only if there are a
 * public key and a v1a signature.
 */
static bool
needs_scratch(const struct hookcask_delivery *view,
    enum hookcask_family family, const struct keyset *keys)
{
	struct hookcask_span s = family == HOOKCASK_FAMILY_SVIX ?
	    view->svix.signature : view->webhook.signature;
	const char *text = s.data;
	bool is_there = false;

	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i].kind == HOOKCASK_KEY_ED25519)
			is_there = true;
	for (size_t i = 0; is_there && i + 3 <= s.len; i++)
		if (memcmp(text + i, "v1a", 3) == 0)
			return true;
	return false;
}

/* The only place that makes an event. */
static void
event_init(struct event *e, const struct intake *in,
    const struct keyset *keys, const struct hookcask_verdict *verdict,
    unsigned char *body, size_t body_len)
{
	e->source = in->endpoint->name;
	e->id = verdict->id;
	e->signed_at = verdict->signed_at;
	e->received_us = in->received_us;
	e->version = verdict->version;
	e->signature = verdict->signature;
	hookcask_key_fingerprint(&keys->keys[verdict->key], e->key);
	e->body = body;
	e->body_len = body_len;
	e->is_json = json_scan(&e->scan, body, body_len, JSON_DEPTH_MAX);
	e->has_type = type_find(e->type, span_make(body, body_len),
	    in->endpoint->type_keys);
}

/* A probe has its type in "type", whatever type-key says. */
static bool
is_probe(const struct intake *in, const struct event *e)
{
	char type[EVENT_TYPE_MAX + 1];

	if (in->endpoint->type_keys == NULL)
		return strcmp(e->type, EVENT_TYPE_PROBE) == 0;
	return type_find(type, span_make(e->body, e->body_len), NULL) &&
	    strcmp(type, EVENT_TYPE_PROBE) == 0;
}

bool
intake_holds(const struct event *e)
{
	static char key[] = "hold", *const keys[] = { key, NULL };
	char value[EVENT_TYPE_MAX + 1];

	return type_find(value, span_make(e->body, e->body_len), keys) &&
	    strcmp(value, EVENT_HOLD) == 0;
}

enum outcome
intake_verify(const struct intake *in, const struct keyset *keys,
    unsigned char *body, size_t body_len, struct hookcask_verdict *verdict,
    struct event *e, struct err *err)
{
	struct hookcask_span span = span_make(body, body_len);
	struct hookcask_delivery view = delivery_view(in->delivery, &span);
	struct hookcask_policy policy = policy_of(in);
	enum hookcask_status status;

	if (delivery_is_doubled(in->delivery))
		return OUTCOME_DOUBLED_HEADER;
	policy.keys = keys->keys;
	policy.key_count = keys->count;
	if (needs_scratch(&view, delivery_family(in->delivery), keys)) {
		policy.scratch_len = HOOKCASK_SCRATCH(body_len);
		policy.scratch = malloc(policy.scratch_len);
		if (policy.scratch == NULL) {
			err_set(err, OUTCOME_STORE_ERROR,
			    "no memory to verify %zu bytes", body_len);
			return OUTCOME_STORE_ERROR;
		}
	}
	status = hookcask_verify(&view, &policy, verdict);
	free(policy.scratch);
	if (status != HOOKCASK_OK)
		return outcome_of_status(status);
	event_init(e, in, keys, verdict, body, body_len);
	if (is_probe(in, e))
		return OUTCOME_PROBED;
	/* an event whose type is not certain must not be dropped */
	if (e->has_type && !endpoint_wants(in->endpoint, e->type))
		return OUTCOME_IGNORED;
	return OUTCOME_STORED;
}
