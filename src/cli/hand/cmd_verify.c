/* SPDX-License-Identifier: ISC */
/* verify: checks a captured delivery, step by step, and says what to do. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/hand/diagnose.h"
#include "cli/hand/request.h"
#include "cli/term/escape.h"
#include "cli/term/input.h"
#include "cli/term/jsonl.h"
#include "cli/term/say.h"
#include "cli/term/when.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"

enum {
	SECRET_FILE, CONFIG, ENDPOINT, REQUEST, ID, TIMESTAMP, SIGNATURE,
	FAMILY, NOW, TOLERANCE, JSON, UTC
};

static const struct option options[] = {
	[SECRET_FILE] = OPTION_SECRET_FILE,
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[REQUEST] = { "request", 'r', "FILE",
	    "a raw HTTP request, or its headers alone" },
	[ID] = { "id", 'i', "ID", "the id header" },
	[TIMESTAMP] = { "timestamp", 't', "SECONDS", "the timestamp header" },
	[SIGNATURE] = { "signature", 'g', "TEXT", "the signature header" },
	[FAMILY] = { "family", 'f', "NAME",
	    "svix (default) or webhook headers were given" },
	[NOW] = { "now", 'n', "SECONDS",
	    "check as at this Unix time (default: the clock)" },
	[TOLERANCE] = { "tolerance", 0, "SECONDS",
	    "age allowed either side (default 300)" },
	[JSON] = { "json", 'j', NULL, "print the verdict as one JSON object" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

/* The delivery, from options and files. */
struct capture {
	struct input		 request_text;
	struct input		 body_text;
	struct request		 request;
	struct hookcask_span	 body;
	struct hookcask_delivery delivery;
};

static bool
read_request(struct capture *c, const char *name, struct err *err)
{
	struct request *r = &c->request;

	if (!input_read(&c->request_text, name, INPUT_BODY_MAX, err) ||
	    !request_parse(r, name, c->request_text.data,
	    c->request_text.len, err))
		return false;
	c->delivery.svix = r->svix;
	c->delivery.webhook = r->webhook;
	return true;
}

static bool
read_headers(struct capture *c, const struct args *args, struct err *err)
{
	const char *family = args->value[FAMILY];
	struct hookcask_headers h = {
		span_text(args->value[ID]),
		span_text(args->value[TIMESTAMP]),
		span_text(args->value[SIGNATURE])
	};

	if (family == NULL || strcmp(family, "svix") == 0)
		c->delivery.svix = h;
	else if (strcmp(family, "webhook") == 0)
		c->delivery.webhook = h;
	else
		return err_set(err, OUTCOME_USAGE,
		    "--family %s: not svix or webhook", family);
	return true;
}

/* The body of the request, unless a file was named. */
static bool
read_body(struct capture *c, const struct args *args, struct err *err)
{
	struct request *r = &c->request;
	const char *name = args->operand_count > 0 ? args->operand[0] : "-";

	c->delivery.body = &c->body;
	c->delivery.body_count = 1;
	if (args->operand_count > 0 || !r->has_body) {
		if (args->operand_count == 0 && args->value[REQUEST] != NULL)
			return err_set(err, OUTCOME_USAGE,
			    "%s has headers alone; also name the file with "
			    "the body", args->value[REQUEST]);
		if (!input_read(&c->body_text, name, INPUT_BODY_MAX, err))
			return false;
		c->body = span_make(c->body_text.data, c->body_text.len);
		return true;
	}
	if (r->chunked)
		return err_set(err, OUTCOME_BAD_DATA,
		    "%s: the body is chunked; save the decoded body to a "
		    "file and also name that file", args->value[REQUEST]);
	c->body = r->body;
	if (r->length >= 0 && (uint64_t)r->length < c->body.len)
		c->body.len = (size_t)r->length;
	else if (r->length >= 0 && (uint64_t)r->length > c->body.len)
		say("warning: the body is %zu bytes, Content-Length says "
		    "%" PRId64 ": it was cut, or its line ends were changed",
		    c->body.len, r->length);
	return true;
}

static bool
read_capture(struct capture *c, const struct args *args, struct err *err)
{
	const char *const *value = args->value;

	if (value[REQUEST] == NULL)
		return read_headers(c, args, err) && read_body(c, args, err);
	if (value[ID] != NULL || value[TIMESTAMP] != NULL ||
	    value[SIGNATURE] != NULL || value[FAMILY] != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--request holds the headers; do not give them again");
	return read_request(c, value[REQUEST], err) &&
	    read_body(c, args, err);
}

static void
step(const char *name, const char *result)
{
	printf("%-11s%-8s", name, result);
}

/* Prints what the verdict knows, down to the failure. */
static void
print_steps(const struct hookcask_verdict *v, enum hookcask_status status,
    const struct hookcask_policy *policy)
{
	const char *family = v->family == HOOKCASK_FAMILY_WEBHOOK ?
	    "webhook" : "svix";
	char at[WHEN_SIZE];

	step("headers", status == HOOKCASK_MISSING_HEADER ? "FAILED" : "ok");
	if (status == HOOKCASK_MISSING_HEADER) {
		putchar('\n');
		return;
	}
	printf("%s-id, %s-timestamp, %s-signature\n", family, family,
	    family);
	step("id", status == HOOKCASK_BAD_ID ? "FAILED" : "ok");
	print_escaped(v->id);
	putchar('\n');
	if (status == HOOKCASK_BAD_ID)
		return;
	step("timestamp", status == HOOKCASK_BAD_TIMESTAMP ? "FAILED" : "ok");
	if (status == HOOKCASK_BAD_TIMESTAMP) {
		putchar('\n');
		return;
	}
	when_format(at, v->signed_at);
	printf("%" PRId64 ", %s\n", v->signed_at, at);
	step("clock", status == HOOKCASK_TOO_OLD ||
	    status == HOOKCASK_TOO_NEW ? "FAILED" : "ok");
	printf("signed %" PRId64 " s %s, %" PRId64 " s allowed\n",
	    v->skew < 0 ? -v->skew : v->skew,
	    v->skew < 0 ? "ahead" : "ago", policy->tolerance);
}

static void
print_signature(const struct hookcask_verdict *v,
    enum hookcask_status status, const struct hookcask_policy *policy)
{
	char print[HOOKCASK_FINGERPRINT_SIZE];

	step("signature", status == HOOKCASK_OK ? "ok" : "FAILED");
	if (status == HOOKCASK_OK) {
		hookcask_key_fingerprint(&policy->keys[v->key], print);
		print_escaped(v->version);
		printf(" fits key %s (%zu of %zu)\n", print, v->key + 1,
		    policy->key_count);
	} else {
		printf("%s; %u usable in the header, %zu key%s tried\n",
		    hookcask_status_name(status), v->candidates,
		    policy->key_count, policy->key_count == 1 ? "" : "s");
	}
}

static void
print_missing(const struct hookcask_delivery *d)
{
	const struct hookcask_headers *h = d->svix.id.len +
	    d->svix.timestamp.len + d->svix.signature.len > 0 ||
	    d->webhook.id.len + d->webhook.timestamp.len +
	    d->webhook.signature.len == 0 ? &d->svix : &d->webhook;
	const char *family = h == &d->svix ? "svix" : "webhook";

	if (h->id.len == 0)
		printf("missing: %s-id\n", family);
	if (h->timestamp.len == 0)
		printf("missing: %s-timestamp\n", family);
	if (h->signature.len == 0)
		printf("missing: %s-signature\n", family);
}

/* What the hint about a refusal depends on, or NULL. */
static const char *
detail_of(const struct hookcask_delivery *d, const struct hookcask_verdict *v,
    enum hookcask_status status)
{
	const struct hookcask_headers *h = d->svix.id.len > 0 ? &d->svix :
	    &d->webhook;

	if (status == HOOKCASK_MISSING_HEADER && h->id.len > 0 &&
	    h->timestamp.len > 0 && h->signature.len == 0)
		return OUTCOME_NO_SIGNATURE;
	return status == HOOKCASK_NO_MATCH && v->candidates == 0 ?
	    OUTCOME_NO_ENTRY : NULL;
}

/* The verdict alone; diagnose() is for people. */
static void
print_json(enum outcome outcome, const char *hint,
    const struct hookcask_verdict *v, const struct hookcask_policy *policy)
{
	char print[HOOKCASK_FINGERPRINT_SIZE], at[CIVIL_SIZE];
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_flag(&j, "verified", outcome == OUTCOME_STORED);
	if (outcome != OUTCOME_STORED) {
		jsonl_string(&j, "reason", outcome_name(outcome));
		jsonl_string(&j, "hint", hint);
	}
	if (v != NULL && v->id.len > 0)
		jsonl_text(&j, "id", v->id);
	if (v != NULL && v->timestamp.len > 0) {
		civil_format(at, v->signed_at);
		jsonl_string(&j, "time", at);
		jsonl_number(&j, "skew", v->skew);
	}
	if (outcome == OUTCOME_STORED) {
		hookcask_key_fingerprint(&policy->keys[v->key], print);
		jsonl_string(&j, "key", print);
		jsonl_text(&j, "version", v->version);
	}
	jsonl_end(&j);
}

/* Goes on after a wrong clock, so that one run says everything. */
static bool
judge(const struct hookcask_delivery *delivery,
    struct hookcask_policy *policy, const struct secrets *secrets,
    bool json, struct err *err)
{
	struct hookcask_verdict v, beside;
	enum hookcask_status status = hookcask_verify(delivery, policy, &v);
	enum hookcask_status second = status;

	if (status == HOOKCASK_BAD_ARGUMENT)
		return err_set(err, OUTCOME_BAD_DATA,
		    "%s", hookcask_status_text(status));
	if (json) {
		print_json(status == HOOKCASK_OK ? OUTCOME_STORED :
		    outcome_of_status(status),
		    outcome_hint_about(outcome_of_status(status),
		    detail_of(delivery, &v, status)), &v, policy);
		return status == HOOKCASK_OK ||
		    err_set(err, OUTCOME_BAD_DATA, "%s", "");
	}
	print_steps(&v, status, policy);
	beside = v;
	if (status == HOOKCASK_TOO_OLD || status == HOOKCASK_TOO_NEW) {
		policy->now = v.signed_at;
		second = hookcask_verify(delivery, policy, &beside);
	}
	if (status == HOOKCASK_MISSING_HEADER)
		print_missing(delivery);
	else if (status != HOOKCASK_BAD_ID &&
	    status != HOOKCASK_BAD_TIMESTAMP)
		print_signature(&beside, second, policy);
	if (second == HOOKCASK_NO_MATCH)
		diagnose(delivery, policy, secrets);
	if (status == HOOKCASK_OK) {
		puts("verified");
		return true;
	}
	printf("not verified: %s: %s\n", hookcask_status_name(status),
	    hookcask_status_text(status));
	printf("hint: %s\n", outcome_hint_about(outcome_of_status(status),
	    detail_of(delivery, &v, status)));
	return err_set(err, OUTCOME_BAD_DATA, "%s", "");
}

static bool
judge_capture(const struct capture *c, const struct args *args,
    const struct secrets *secrets, struct err *err)
{
	struct hookcask_policy policy = {
		.now = time(NULL),
		.tolerance = secrets->tolerance,
		.keys = secrets->set->keys,
		.key_count = secrets->set->count,
		.scratch_len = HOOKCASK_SCRATCH(c->body.len),
	};
	bool done;

	if (!args_number(args, NOW, 0, HOOKCASK_TIME_MAX, &policy.now, err) ||
	    !args_number(args, TOLERANCE, 0, HOOKCASK_TOLERANCE_MAX,
	    &policy.tolerance, err))
		return false;
	if (c->request.doubled != NULL && args->value[JSON] != NULL) {
		print_json(OUTCOME_DOUBLED_HEADER,
		    outcome_hint(OUTCOME_DOUBLED_HEADER), NULL, &policy);
		return err_set(err, OUTCOME_BAD_DATA, "%s", "");
	}
	if (c->request.doubled != NULL) {
		step("headers", "FAILED");
		printf("%s came twice\nnot verified: %s\nhint: %s\n",
		    c->request.doubled,
		    outcome_name(OUTCOME_DOUBLED_HEADER),
		    outcome_hint(OUTCOME_DOUBLED_HEADER));
		return err_set(err, OUTCOME_BAD_DATA, "%s", "");
	}
	policy.scratch = malloc(policy.scratch_len);
	if (policy.scratch == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	done = judge(&c->delivery, &policy, secrets,
	    args->value[JSON] != NULL, err);
	free(policy.scratch);
	return done;
}

static bool
run(const struct args *args, struct err *err)
{
	struct secret_choice choice = { args->value[SECRET_FILE],
	    args->value[CONFIG], args->value[ENDPOINT] };
	struct secrets secrets;
	struct capture c;
	bool done = false;

	memset(&c, 0, sizeof(c));
	if (!secrets_load(&secrets, &choice, err))
		return false;
	if (read_capture(&c, args, err))
		done = judge_capture(&c, args, &secrets, err);
	request_wipe(&c.request);
	input_wipe(&c.body_text);
	input_wipe(&c.request_text);
	secrets_wipe(&secrets);
	return done;
}

const struct verb verb_verify = {
	.name = "verify",
	.group = GROUP_BY_HAND,
	.summary = "check a captured delivery and say what is wrong",
	.operands = "[FILE]",
	.operands_max = 1,
	.options = options,
	.run = run,
};
