/* SPDX-License-Identifier: ISC */
/*
 * Verifies a delivery.  The first failure decides, and cheap tests come first.
 * The MAC covers the same bytes that were checked against the clock.  If the
 * svix-* headers are complete, the webhook-* ones are not tried.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "hookcask.h"
#include "lib/ed25519.h"
#include "lib/mac.h"
#include "lib/message.h"
#include "lib/signature.h"
#include "lib/timestamp.h"

static bool
is_span(struct hookcask_span s)
{
	return s.data != NULL || s.len == 0;
}

static bool
are_spans(const struct hookcask_headers *h)
{
	return is_span(h->id) && is_span(h->timestamp) &&
	    is_span(h->signature);
}

static bool
are_complete(const struct hookcask_headers *h)
{
	return h->id.len != 0 && h->timestamp.len != 0 &&
	    h->signature.len != 0;
}

/* All but the MAC. */
static enum hookcask_status
check(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy, struct hookcask_verdict *verdict,
    struct hkc_candidates *candidates)
{
	const struct hookcask_headers *h = NULL;
	enum hookcask_status status;

	if (are_complete(&delivery->svix)) {
		verdict->family = HOOKCASK_FAMILY_SVIX;
		h = &delivery->svix;
	} else if (are_complete(&delivery->webhook)) {
		verdict->family = HOOKCASK_FAMILY_WEBHOOK;
		h = &delivery->webhook;
	} else {
		return HOOKCASK_MISSING_HEADER;
	}
	if (!hkc_id_is_good(h->id))
		return HOOKCASK_BAD_ID;
	verdict->id = h->id;
	if (!hkc_timestamp_parse(h->timestamp, &verdict->signed_at))
		return HOOKCASK_BAD_TIMESTAMP;
	verdict->timestamp = h->timestamp;
	verdict->skew = policy->now - verdict->signed_at;
	if (verdict->skew > policy->tolerance)
		return HOOKCASK_TOO_OLD;
	if (verdict->skew < -policy->tolerance)
		return HOOKCASK_TOO_NEW;
	status = hkc_signature_parse(candidates, h->signature, h->timestamp);
	if (status == HOOKCASK_OK)
		verdict->candidates = candidates->seen;
	return status;
}

/* Clears the verdict; true if the arguments are valid. */
static bool
is_good_call(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy, struct hookcask_verdict *verdict)
{
	if (verdict == NULL)
		return false;
	memset(verdict, 0, sizeof(*verdict));
	return delivery != NULL && policy != NULL &&
	    policy->now >= 0 && policy->now <= HOOKCASK_TIME_MAX &&
	    policy->tolerance >= 0 &&
	    policy->tolerance <= HOOKCASK_TOLERANCE_MAX &&
	    are_spans(&delivery->svix) && are_spans(&delivery->webhook);
}

static bool
are_good_keys(const struct hookcask_policy *policy)
{
	size_t public_keys = 0;

	if (policy->keys == NULL || policy->key_count == 0 ||
	    policy->key_count > HOOKCASK_KEYS_MAX)
		return false;
	for (size_t i = 0; i < policy->key_count; i++) {
		if (policy->keys[i].kind == HOOKCASK_KEY_ED25519)
			public_keys++;
		else if (policy->keys[i].kind != HOOKCASK_KEY_HMAC)
			return false;
	}
	return public_keys <= HOOKCASK_PUBLIC_KEYS_MAX;
}

static bool
is_usable(const struct hookcask_key *key, enum hookcask_key_kind kind,
    const struct hookcask_verdict *verdict)
{
	return key->kind == kind && key->not_after >= verdict->signed_at;
}

/* The candidate at that offset matched; its label and one byte precede it. */
static enum hookcask_status
matched(struct hookcask_verdict *verdict, const char *signature, size_t len,
    size_t key)
{
	size_t label = len == HKC_V1_SIZE ? 2 : 3;

	verdict->version.data = signature - label - 1;
	verdict->version.len = label;
	verdict->signature.data = signature;
	verdict->signature.len = len;
	verdict->key = key;
	return HOOKCASK_OK;
}

static enum hookcask_status
match_v1(const struct hkc_candidates *c, const struct hkc_message *message,
    const struct hookcask_policy *policy, struct hookcask_verdict *verdict)
{
	enum hookcask_status status = HOOKCASK_NO_MATCH;
	char mac[HKC_MAC_TEXT];

	if (c->v1_count == 0)
		return HOOKCASK_NO_MATCH;
	for (size_t i = 0; i < policy->key_count && status != HOOKCASK_OK;
	    i++) {
		if (!is_usable(&policy->keys[i], HOOKCASK_KEY_HMAC, verdict))
			continue;
		hkc_mac(&policy->keys[i], message, mac);
		for (size_t j = 0; j < c->v1_count; j++) {
			const char *text = c->header + c->v1[j];

			if (hkc_equal(text, mac, sizeof(mac))) {
				status = matched(verdict, text, HKC_V1_SIZE,
				    i);
				break;
			}
		}
	}
	/* it may be the right signature of a message that is refused */
	hkc_wipe(mac, sizeof(mac));
	return status;
}

/* Copies the message into the scratch, in one piece. */
static struct hookcask_span
gather(const struct hkc_message *message, void *scratch)
{
	unsigned char *p = scratch;

	memcpy(p, message->head.data, message->head.len);
	p += message->head.len;
	for (size_t i = 0; i < message->body_count; i++) {
		if (message->body[i].len == 0)
			continue;
		memcpy(p, message->body[i].data, message->body[i].len);
		p += message->body[i].len;
	}
	return (struct hookcask_span){ scratch,
	    (size_t)(p - (unsigned char *)scratch) };
}

static enum hookcask_status
match_v1a(const struct hkc_candidates *c, const struct hkc_message *message,
    const struct hookcask_policy *policy, struct hookcask_verdict *verdict)
{
	struct hookcask_span whole = { NULL, 0 };
	size_t size;

	if (c->v1a_count == 0)
		return HOOKCASK_NO_MATCH;
	for (size_t i = 0; i < policy->key_count; i++) {
		if (!is_usable(&policy->keys[i], HOOKCASK_KEY_ED25519,
		    verdict))
			continue;
		if (whole.data == NULL) {
			if (!hkc_body_size(message->body, message->body_count,
			    &size) || policy->scratch == NULL ||
			    policy->scratch_len < message->head.len + size)
				return HOOKCASK_BAD_ARGUMENT;
			whole = gather(message, policy->scratch);
		}
		for (size_t j = 0; j < c->v1a_count; j++) {
			const char *text = c->header + c->v1a[j];

			if (hkc_ed25519_verify(&policy->keys[i], whole,
			    (struct hookcask_span){ text, HKC_V1A_SIZE }))
				return matched(verdict, text, HKC_V1A_SIZE, i);
		}
	}
	return HOOKCASK_NO_MATCH;
}

enum hookcask_status
hookcask_precheck(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy, struct hookcask_verdict *verdict)
{
	struct hkc_candidates candidates;

	if (!is_good_call(delivery, policy, verdict))
		return HOOKCASK_BAD_ARGUMENT;
	return check(delivery, policy, verdict, &candidates);
}

enum hookcask_status
hookcask_verify(const struct hookcask_delivery *delivery,
    const struct hookcask_policy *policy, struct hookcask_verdict *verdict)
{
	struct hkc_candidates candidates;
	struct hkc_message message;
	enum hookcask_status status;
	char head[HKC_HEAD_MAX];
	size_t size;

	if (!is_good_call(delivery, policy, verdict) ||
	    !are_good_keys(policy) ||
	    !hkc_body_size(delivery->body, delivery->body_count, &size))
		return HOOKCASK_BAD_ARGUMENT;
	status = check(delivery, policy, verdict, &candidates);
	if (status != HOOKCASK_OK)
		return status;
	message.head.data = head;
	message.head.len = hkc_head_format(head, verdict->id,
	    verdict->timestamp);
	message.body = delivery->body;
	message.body_count = delivery->body_count;
	status = match_v1(&candidates, &message, policy, verdict);
	if (status == HOOKCASK_NO_MATCH)
		status = match_v1a(&candidates, &message, policy, verdict);
	return status;
}
