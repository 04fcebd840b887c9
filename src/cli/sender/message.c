/* SPDX-License-Identifier: ISC */
/* Signs a message and writes its headers. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "cli/sender/message.h"
#include "cli/sender/random.h"

bool
message_name(struct message *m, const char *id, struct err *err)
{
	if (id == NULL)
		return random_message_id(m->id, m->timestamp, err);
	if (strlen(id) > HOOKCASK_ID_MAX)
		return err_set(err, OUTCOME_USAGE, "--id: over %d bytes",
		    HOOKCASK_ID_MAX);
	memcpy(m->id, id, strlen(id) + 1);
	return true;
}

bool
message_family(struct message *m, const char *name, struct err *err)
{
	m->webhook = name != NULL && strcmp(name, "webhook") == 0;
	if (name == NULL || m->webhook || strcmp(name, "svix") == 0)
		return true;
	return err_set(err, OUTCOME_USAGE,
	    "--family %s: not svix or webhook", name);
}

bool
message_sign(struct message *m, const struct secrets *secrets,
    struct hookcask_span body, struct err *err)
{
	const struct hookcask_key *key =
	    secrets_signing_key(secrets, m->timestamp, err);
	enum hookcask_status status;

	if (key == NULL)
		return false;
	status = hookcask_sign(key, span_text(m->id), m->timestamp, &body, 1,
	    m->signature);
	if (status == HOOKCASK_OK)
		return true;
	return err_set(err, OUTCOME_USAGE, "this cannot be signed: %s: %s",
	    hookcask_status_name(status), hookcask_status_text(status));
}

void
message_header(const struct message *m, int i, char buf[MESSAGE_HEADER_SIZE])
{
	const char *family = m->webhook ? "webhook" : "svix";

	if (i == 0)
		snprintf(buf, MESSAGE_HEADER_SIZE, "%s-id: %s", family,
		    m->id);
	else if (i == 1)
		snprintf(buf, MESSAGE_HEADER_SIZE, "%s-timestamp: %" PRId64,
		    family, m->timestamp);
	else if (m->comma)
		/* the signature without its "v1," */
		snprintf(buf, MESSAGE_HEADER_SIZE,
		    "%s-signature: t=%" PRId64 ",v1=%s", family,
		    m->timestamp, m->signature + 3);
	else
		snprintf(buf, MESSAGE_HEADER_SIZE, "%s-signature: %s",
		    family, m->signature);
}

void
message_headers(const struct message *m, struct message_headers *h,
    const char *list[MESSAGE_HEADERS + 2])
{
	list[0] = "Content-Type: application/json";
	for (int i = 0; i < MESSAGE_HEADERS; i++) {
		message_header(m, i, h->text[i]);
		list[i + 1] = h->text[i];
	}
	list[MESSAGE_HEADERS + 1] = NULL;
}
