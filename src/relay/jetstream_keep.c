/* SPDX-License-Identifier: ISC */
/*
 * Publishes a batch without waiting for each, then waits for all.
 *
 *   a line                               is
 *   is known with this body              kept already
 *   is acknowledged                      kept
 *   is acknowledged as a duplicate, or   kept, if it has the same body; else
 *   known with another body              published once more, kept apart
 *   is too large for the server          refused
 *   has any other answer, or none        no event is to blame: the program ends
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileops.h"
#include "base/span.h"
#include "relay/jetstream.h"

#define SILENCE_MS	20000		/* without any answer */
#define WAIT_MS		500

/* In the library's thread. */
void
jetstream_acked(jsCtx *js, natsMsg *msg, jsPubAck *ack, jsPubAckErr *error,
    void *ctx)
{
	struct jetstream *j = ctx;
	struct jetstream_sent *sent;

	(void)js;
	pthread_mutex_lock(&j->lock);
	j->acked_ms = fileops_clock_ms();
	/* as a rule the next one */
	for (size_t i = 0; i < j->sent_count; i++) {
		sent = &j->sent[(j->sent_at + i) % j->sent_count];
		if (sent->msg != msg)
			continue;
		j->sent_at += i + 1;
		sent->msg = NULL;
		if (ack != NULL) {
			sent->seq = ack->Sequence;
			sent->twin = ack->Duplicate;
		} else if (error->ErrCode == JSStreamMessageExceedsMaximumErr) {
			snprintf(sent->line->why, sizeof(sent->line->why),
			    "%.200s", error->ErrText);
		} else {
			err_set(&j->refused, OUTCOME_TRY_AGAIN, "%s: %s",
			    j->stream, error->ErrText != NULL ?
			    error->ErrText : natsStatus_GetText(error->Err));
		}
		break;
	}
	pthread_mutex_unlock(&j->lock);
	natsMsg_Destroy(msg);
}

static natsStatus
set_headers(natsMsg *msg, const char *const (*headers)[2], size_t count)
{
	natsStatus s = NATS_OK;

	for (size_t i = 0; s == NATS_OK && i < count; i++)
		s = natsMsgHeader_Set(msg, headers[i][0], headers[i][1]);
	return s;
}

/* The record's members in headers, but its body. */
static natsStatus
set_attributes(natsMsg *msg, const struct record_view *v)
{
	char id[3 * HOOKCASK_ID_MAX + 1], type[3 * EVENT_TYPE_MAX + 1];
	char time[CIVIL_SIZE], received[CIVIL_SIZE], key[16], signature[128];
	const char *const headers[][2] = {
		{ "ce-specversion", "1.0" },
		{ "ce-id", id },
		{ "ce-source", v->source },
		{ "ce-type", type },
		{ "ce-time", time },
		{ "ce-received", received },
		{ "ce-svixsignature", signature },
		{ "ce-svixkey", key },
		{ "ce-datacontenttype", v->is_json ? "application/json" :
		    "application/octet-stream" }
	};

	subject_value(id, v->id);
	subject_value(type, v->type);
	civil_format(time, v->time);
	civil_format_us(received, v->received_us);
	snprintf(signature, sizeof(signature), "%.*s", (int)v->signature.len,
	    (const char *)v->signature.data);
	snprintf(key, sizeof(key), "%.*s", (int)v->key.len,
	    (const char *)v->key.data);
	return set_headers(msg, headers, sizeof(headers) / sizeof(*headers));
}

/* The exact body, as bytes. */
static natsStatus
make_binary(natsMsg **msg, const char *subject, const struct record_view *v)
{
	unsigned char *buf = malloc(v->body_len + 3);
	struct hookcask_span body;
	natsStatus s = NATS_NO_MEMORY;

	if (buf != NULL && record_body(v, buf, &body))
		s = natsMsg_Create(msg, subject, NULL,
		    (const char *)body.data, (int)body.len);
	free(buf);
	return s == NATS_OK ? set_attributes(*msg, v) : s;
}

static natsStatus
make_structured(natsMsg **msg, const char *subject,
    const struct stay_line *line)
{
	natsStatus s = natsMsg_Create(msg, subject, NULL, line->text,
	    (int)line->len);

	return s == NATS_OK ? natsMsgHeader_Set(*msg, "Content-Type",
	    "application/cloudevents+json") : s;
}

static natsStatus
make_message(const struct jetstream *j, natsMsg **msg,
    const struct stay_line *line, const char *kind)
{
	char subject[JETSTREAM_SUBJECT_MAX], body[24];
	char type[SUBJECT_TYPE_MAX + 1];
	natsStatus s;

	subject_type(type, line->view.type);
	jetstream_subject(j, subject, kind, type);
	snprintf(body, sizeof(body), "%016" PRIx64, line->body_hash);
	s = j->binary ? make_binary(msg, subject, &line->view) :
	    make_structured(msg, subject, line);
	return s == NATS_OK ? natsMsgHeader_Set(*msg, JETSTREAM_BODY, body) : s;
}

static void
make_key(char key[JETSTREAM_KEY_MAX], const struct stay_line *line,
    bool apart)
{
	subject_key(key, line->view.source, line->view.id);
	if (apart)
		sprintf(key + strlen(key), "/%016" PRIx64, line->body_hash);
}

/* Does not wait.  False: no event is to blame. */
static bool
publish(struct jetstream *j, struct stay_line *line, bool apart,
    struct err *err)
{
	struct jetstream_sent *sent = &j->sent[j->sent_count];
	char key[JETSTREAM_KEY_MAX];
	jsPubOptions options;
	natsMsg *msg = NULL;
	natsStatus s;
	int len;

	jsPubOptions_Init(&options);
	make_key(key, line, apart);
	options.MsgId = key;
	options.ExpectStream = j->stream;
	s = make_message(j, &msg, line, apart ? JETSTREAM_OTHER : "");
	len = natsMsg_GetDataLength(msg);
	*sent = (struct jetstream_sent){ .msg = msg, .line = line,
		.key = record_body_hash(span_text(key)) };
	pthread_mutex_lock(&j->lock);
	j->sent_count++;
	pthread_mutex_unlock(&j->lock);
	if (s == NATS_OK)
		s = js_PublishMsgAsync(j->js, &msg, &options);
	natsMsg_Destroy(msg);
	if (s == NATS_MAX_PAYLOAD) {
		snprintf(line->why, sizeof(line->why), "%d bytes; the server "
		    "takes up to %" PRId64 " (max_payload)", len,
		    natsConnection_GetMaxPayload(j->conn));
		sent->msg = NULL;
		s = NATS_OK;
	}
	return s == NATS_OK || jetstream_fail(err, j->stream, s);
}

/* Until the server has answered for all that were published. */
static bool
wait_for_all(struct jetstream *j, struct err *err)
{
	jsPubOptions options;
	bool silent = false;
	natsStatus s;

	jsPubOptions_Init(&options);
	options.MaxWait = WAIT_MS;
	do {
		s = js_PublishAsyncComplete(j->js, &options);
		pthread_mutex_lock(&j->lock);
		silent = fileops_clock_ms() > j->acked_ms + SILENCE_MS;
		*err = j->refused;
		pthread_mutex_unlock(&j->lock);
		if (err->text[0] != '\0')
			return false;
	} while (s == NATS_TIMEOUT && !silent &&
	    natsConnection_Status(j->conn) == NATS_CONN_STATUS_CONNECTED);
	return s == NATS_OK || jetstream_fail(err, j->stream, s);
}

/* Has the message that came first another body?  -1: cannot be asked. */
static int
is_other(struct jetstream *j, const struct jetstream_sent *sent,
    struct err *err)
{
	struct jetstream_held held;
	int rc = sent->twin ? jetstream_at(j, sent->seq, &held, err) : 0;

	if (rc > 0 && held.key != sent->key)
		return err_set(err, OUTCOME_TRY_AGAIN, "the stream %s has "
		    "another message where it acknowledged one", j->stream) -
		    1;
	return rc < 0 ? -1 : rc > 0 && held.body != sent->line->body_hash;
}

/* Publishes those that must be kept apart, after the others. */
static bool
keep_others(struct jetstream *j, struct err *err)
{
	size_t count = j->sent_count, apart = 0;
	int rc;

	for (size_t i = 0; i < count; i++) {
		rc = is_other(j, &j->sent[i], err);
		if (rc < 0 || (rc > 0 && !publish(j, j->sent[i].line, true,
		    err)))
			return false;
		apart += (size_t)rc;
	}
	j->others += (int64_t)apart;
	return apart == 0 || wait_for_all(j, err);
}

static bool
begin(struct jetstream *j, size_t count, struct err *err)
{
	struct jetstream_sent *more;

	/* each may be published once more */
	if (2 * count > j->sent_size) {
		more = realloc(j->sent, 2 * count * sizeof(*more));
		if (more == NULL)
			return err_set(err, OUTCOME_TRY_AGAIN, "no memory");
		j->sent = more;
		j->sent_size = 2 * count;
	}
	pthread_mutex_lock(&j->lock);
	j->sent_count = j->sent_at = 0;
	j->acked_ms = fileops_clock_ms();
	pthread_mutex_unlock(&j->lock);
	return true;
}

static bool
publish_all(struct jetstream *j, struct stay_line *lines, size_t count,
    struct err *err)
{
	char key[JETSTREAM_KEY_MAX];
	const uint64_t *body;
	bool ok = true;

	for (size_t i = 0; ok && i < count; i++) {
		make_key(key, &lines[i], false);
		body = known_body(&j->known, record_body_hash(span_text(key)));
		if (body != NULL && *body == lines[i].body_hash)
			continue;
		j->others += body != NULL;
		ok = publish(j, &lines[i], body != NULL, err);
	}
	return ok && wait_for_all(j, err) && keep_others(j, err);
}

bool
jetstream_keep(void *ctx, struct stay_line *lines, size_t count,
    struct err *err)
{
	struct jetstream *j = ctx;
	char token[64];
	size_t from = 0;

	if (!begin(j, count, err) || !publish_all(j, lines, count, err))
		return false;
	for (size_t i = 0; i < j->sent_count; i++)
		if (j->sent[i].seq > j->spot.seq) {
			j->spot.seq = j->sent[i].seq;
			j->spot.key = j->sent[i].key;
		}
	snprintf(token, sizeof(token), "%" PRIx64 "-%" PRIu64 "-%016" PRIx64,
	    (uint64_t)j->spot.created, j->spot.seq, j->spot.key);
	for (size_t i = 1; i <= count; i++)
		if (i == count || lines[i].why[0] != lines[from].why[0]) {
			if (lines[from].why[0] == '\0')
				stay_ok(&lines[from], &lines[i - 1], token);
			from = i;
		}
	return true;
}
