/* SPDX-License-Identifier: ISC */
/* Makes events without a delivery, and their records. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "events.h"
#include "fuzz.h"
#include "lib/message.h"
#include "vectors.h"

static void
set_body(struct event *e, struct hookcask_span body)
{
	e->body = fuzz_copy(body.data, body.len);
	e->body_len = body.len;
	e->is_json = json_scan(&e->scan, e->body, body.len, JSON_DEPTH_MAX);
	e->has_type = type_find(e->type, body, NULL);
}

void
event_make(struct event *e, struct hookcask_span id,
    struct hookcask_span body)
{
	memset(e, 0, sizeof(*e));
	e->source = EVENT_SOURCE;
	e->id = id;
	e->signed_at = 1614265330;
	e->received_us = INT64_C(1614265331123456);
	e->version = span_text("v1");
	e->signature =
	    span_text("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	strcpy(e->key, "1f3a9c04");
	set_body(e, body);
}

void
event_from_view(struct event *e, const struct record_view *v,
    struct hookcask_span body)
{
	struct hookcask_span signature = v->signature;

	memset(e, 0, sizeof(*e));
	e->source = v->source;
	e->id = span_text(v->id);
	e->signed_at = v->time;
	e->received_us = v->received_us;
	e->version = fuzz_cut(&signature, ',');
	e->signature = signature;
	FUZZ_HOLDS(v->key.len == sizeof(e->key) - 1);
	memcpy(e->key, v->key.data, v->key.len);
	set_body(e, body);
	/* the configuration says which member holds it */
	strcpy(e->type, v->type);
}

bool
event_from_vector(struct event *e, const struct vector *v)
{
	struct hookcask_span signature = vector_get(v, "svix-signature", 0);
	struct hookcask_span id = vector_get(v, "svix-id", 0);

	if (id.data == NULL || !hkc_id_is_good(id))
		return false;
	event_make(e, id, vector_get(v, "body", 0));
	if (signature.len == 92 && memcmp(signature.data, "v1a,", 4) == 0) {
		e->version = fuzz_cut(&signature, ',');
		e->signature = signature;
	}
	return true;
}

char *
event_line(struct event *e, size_t *len)
{
	struct record r;
	char *line, *p;

	FUZZ_HOLDS(record_init(&r, e, NULL));
	line = p = malloc(r.len);
	FUZZ_HOLDS(line != NULL);
	for (int i = 0; i < r.part_count; i++) {
		if (r.part[i].iov_len > 0)
			memcpy(p, r.part[i].iov_base, r.part[i].iov_len);
		p += r.part[i].iov_len;
	}
	FUZZ_HOLDS(p == line + r.len);
	*len = r.len;
	record_wipe(&r);
	return line;
}
