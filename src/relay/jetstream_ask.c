/* SPDX-License-Identifier: ISC */
/*
 * Asks the stream which checkpoint is still true, and what it has after it.
 *
 *   found at the checkpoint's sequence   the checkpoint
 *   the stream ends earlier              is not true: it has lost messages
 *   another message                      is not true: likewise, and others
 *                                        have been written since
 *   its own message                      is true
 *   nothing                              is true: expired, purged, deleted
 *   the stream was made later than it    nobody knows: --new-stream says
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "relay/jetstream.h"

#define MESSAGE_MS	10000		/* for the next one to arrive */

static bool
read_token(struct jetstream_spot *spot, const char *text)
{
	int end = 0;

	return sscanf(text, "%" SCNx64 "-%" SCNu64 "-%" SCNx64 "%n",
	    (uint64_t *)&spot->created, &spot->seq, &spot->key, &end) == 3 &&
	    text[end] == '\0';
}

/* As a number: hash of the key, hash of the body; 0 without it. */
static void
read_headers(natsMsg *msg, struct jetstream_held *held)
{
	const char *id = NULL, *body = NULL;

	natsMsgHeader_Get(msg, "Nats-Msg-Id", &id);
	natsMsgHeader_Get(msg, JETSTREAM_BODY, &body);
	held->key = id == NULL ? 0 : record_body_hash(span_text(id));
	held->body = body == NULL ? 0 : strtoull(body, NULL, 16);
}

int
jetstream_at(struct jetstream *j, uint64_t seq, struct jetstream_held *held,
    struct err *err)
{
	natsMsg *msg = NULL;
	jsErrCode code = 0;
	natsStatus s = js_GetMsg(&msg, j->js, j->stream, seq, NULL, &code);

	if (s == NATS_NOT_FOUND || code == JSNoMessageFoundErr)
		return 0;
	if (s != NATS_OK)
		return jetstream_fail(err, j->stream, s) - 1;
	read_headers(msg, held);
	natsMsg_Destroy(msg);
	return 1;
}

static bool
read_stream(struct jetstream *j, struct jetstream_spot *now, struct err *err)
{
	jsStreamInfo *info = NULL;
	natsStatus s = js_GetStreamInfo(&info, j->js, j->stream, NULL, NULL);

	if (s != NATS_OK)
		return jetstream_fail(err, j->stream, s);
	now->created = info->Created;
	now->seq = info->State.LastSeq;
	jsStreamInfo_Destroy(info);
	return true;
}

/* 1, 0, -1: the table above; now is the end of the stream. */
static int
is_true(struct jetstream *j, const struct jetstream_spot *spot,
    const struct jetstream_spot *now, struct err *err)
{
	struct jetstream_held held;
	int rc;

	if (spot->seq > now->seq)
		return 0;
	rc = spot->seq == 0 ? 0 : jetstream_at(j, spot->seq, &held, err);
	return rc < 0 ? -1 : rc == 0 || held.key == spot->key;
}

bool
jetstream_look(void *ctx, struct err *err)
{
	struct jetstream *j = ctx;
	struct jetstream_spot now = { .seq = 0 };
	int rc;

	if (!read_stream(j, &now, err))
		return false;
	rc = now.created == j->spot.created ? is_true(j, &j->spot, &now, err) :
	    0;
	return rc > 0 || (rc == 0 && err_set(err, OUTCOME_TRY_AGAIN, "the "
	    "stream %s no longer has what it acknowledged, up to its message "
	    "%" PRIu64, j->stream, j->spot.seq));
}

/* What the endpoint has in the stream from seq on. */
static natsStatus
read_known(struct jetstream *j, uint64_t seq)
{
	char subject[JETSTREAM_SUBJECT_MAX];
	struct jetstream_held held;
	jsConsumerInfo *info = NULL;
	natsSubscription *sub = NULL;
	jsMsgMetaData *meta;
	natsMsg *msg = NULL;
	jsSubOptions so;
	natsStatus s = jsSubOptions_Init(&so);
	uint64_t left = 0;

	so.Stream = j->stream;
	so.Ordered = true;
	so.Config.HeadersOnly = true;
	so.Config.DeliverPolicy = js_DeliverByStartSequence;
	so.Config.OptStartSeq = seq;
	jetstream_subject(j, subject, "", ">");
	if (s == NATS_OK)
		s = js_SubscribeSync(&sub, j->js, subject, NULL, &so, NULL);
	if (s == NATS_OK)
		s = natsSubscription_GetConsumerInfo(&info, sub, NULL, NULL);
	if (s == NATS_OK)
		left = info->NumPending + info->Delivered.Consumer;
	jsConsumerInfo_Destroy(info);
	while (s == NATS_OK && left > 0) {
		s = natsSubscription_NextMsg(&msg, sub, MESSAGE_MS);
		if (s == NATS_OK)
			s = natsMsg_GetMetaData(&meta, msg);
		if (s != NATS_OK)
			break;
		left = meta->NumPending;
		read_headers(msg, &held);
		j->spot.seq = meta->Sequence.Stream;
		j->spot.key = held.key;
		jsMsgMetaData_Destroy(meta);
		natsMsg_Destroy(msg);
		msg = NULL;
		if (!known_add(&j->known, held.key, held.body))
			s = NATS_NO_MEMORY;
	}
	natsMsg_Destroy(msg);
	natsSubscription_Destroy(sub);
	return s;
}

/* The stream is not the one that took what was handed over. */
static bool
meet_new_stream(struct jetstream *j, const char **from, struct err *err)
{
	if (j->again == NULL)
		return err_set(err, OUTCOME_TRY_AGAIN, "the stream %s was "
		    "made again: what was handed over may not be in it, and "
		    "nothing is handed over; say --new-stream all, for all "
		    "that is stored, or --new-stream rest", j->stream);
	if (strcmp(j->again, "all") == 0)
		*from = STAY_FIRST;
	return true;
}

/* Goes back to the newest that is true.  A stream made again cannot know. */
static bool
find_true(struct jetstream *j, char *const *checkpoints, size_t count,
    const struct jetstream_spot *now, const char **from, struct err *err)
{
	struct jetstream_spot spot = { .seq = 0 };
	size_t at = count;
	int rc = 0;

	for (; rc == 0 && at > 0; at--) {
		if (!read_token(&spot, checkpoints[at - 1]))
			return err_set(err, OUTCOME_BAD_DATA, "checkpoint %s "
			    "is not of relay-nats; give this relay a consumer "
			    "of its own with --name", checkpoints[at - 1]);
		if (spot.created != now->created && at == count)
			return meet_new_stream(j, from, err);
		rc = spot.created != now->created ? 1 : is_true(j, &spot, now,
		    err);
	}
	if (rc < 0)
		return false;
	if (rc > 0 && spot.created == now->created)
		j->spot = spot;
	if (rc == 0 && count > 0)
		*from = STAY_FIRST;
	else if (at + 1 < count)
		*from = checkpoints[at];
	if (*from != NULL)
		fprintf(stderr, "relay-nats: the stream %s has lost what it "
		    "acknowledged: it ends with message %" PRIu64 "\n",
		    j->stream, now->seq);
	return true;
}

bool
jetstream_ask(void *ctx, const char *endpoint, char *const *checkpoints,
    size_t count, const char **from, struct err *err)
{
	struct jetstream *j = ctx;
	struct jetstream_spot now = { .seq = 0 };
	natsStatus s;

	j->endpoint = endpoint;
	if (!read_stream(j, &now, err) ||
	    !find_true(j, checkpoints, count, &now, from, err))
		return false;
	j->spot.created = now.created;
	s = read_known(j, j->spot.seq + 1);
	return s == NATS_OK || jetstream_fail(err, j->stream, s);
}
