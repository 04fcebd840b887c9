/* SPDX-License-Identifier: ISC */
/*
 * Makes the stream, and checks it at each start.  One that removes messages as
 * soon as they are read cannot be asked what it has lost.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "relay/jetstream.h"

#define SECOND		INT64_C(1000000000)
#define WINDOW_MIN_S	120
#define MAX_AGE_MIN_S	(7 * 86400)

bool
jetstream_init(struct jetstream *j, const struct jetstream_wish *wish,
    void (*note)(const char *), struct err *err)
{
	char subject[80], other[80], text[160];
	const char *subjects[] = { subject, other };
	jsStreamConfig config;
	jsStreamInfo *info = NULL;
	jsErrCode code = 0;
	natsStatus s;

	snprintf(subject, sizeof(subject), "%s.>", j->stream);
	snprintf(other, sizeof(other), "%s" JETSTREAM_OTHER ".>", j->stream);
	s = js_GetStreamInfo(&info, j->js, j->stream, NULL, &code);
	jsStreamInfo_Destroy(info);
	if (s == NATS_OK) {
		snprintf(text, sizeof(text), "the stream %s is there and is "
		    "left as it is", j->stream);
		note(text);
		return true;
	}
	if (code != JSStreamNotFoundErr)
		return jetstream_fail(err, j->stream, s);
	s = jsStreamConfig_Init(&config);
	if (s != NATS_OK)
		return jetstream_fail(err, j->stream, s);
	config.Name = j->stream;
	config.Subjects = subjects;
	config.SubjectsLen = 2;
	config.Storage = js_FileStorage;
	config.Discard = js_DiscardNew;
	config.Replicas = wish->replicas;
	config.Duplicates = wish->window_s * SECOND;
	config.MaxAge = wish->max_age_s * SECOND;
	s = js_AddStream(NULL, j->js, &config, NULL, &code);
	return s == NATS_OK || jetstream_fail(err, j->stream, s);
}

static bool
refuse(const struct jetstream *j, const char *what, struct err *err)
{
	return err_set(err, OUTCOME_BAD_DATA, "the stream %s %s; nothing is "
	    "handed over; make one with --init", j->stream, what);
}

static void
look_at(const jsStreamInfo *info, void (*note)(const char *))
{
	const jsStreamConfig *c = info->Config;

	if (c->Duplicates < WINDOW_MIN_S * SECOND)
		note("a duplicate window below 2 minutes: an event may come "
		    "twice after a lost connection");
	if (c->Replicas < 2)
		note("one replica: if its disk fails, all its events are "
		    "lost, and this store may no longer have them");
	if (c->Storage == js_MemoryStorage)
		note("storage in memory: a restart loses all events");
	if (c->MaxAge > 0 && c->MaxAge < MAX_AGE_MIN_S * SECOND)
		note("a maximum age below 7 days: consumers that are down "
		    "longer miss events");
	if (c->Discard == js_DiscardOld && (c->MaxMsgs > 0 || c->MaxBytes > 0))
		note("discard old: a full stream drops events that nobody "
		    "has read");
}

bool
jetstream_check(struct jetstream *j, void (*note)(const char *),
    struct err *err)
{
	jsStreamInfo *info = NULL;
	jsErrCode code = 0;
	natsStatus s = js_GetStreamInfo(&info, j->js, j->stream, NULL, &code);
	bool ok = true;

	if (s != NATS_OK)
		return jetstream_fail(err, j->stream, s);
	if (info->Config->Retention != js_LimitsPolicy)
		ok = refuse(j, "has another retention than limits: it cannot "
		    "be asked what it has lost", err);
	else if (info->Config->NoAck)
		ok = refuse(j, "does not acknowledge (no_ack)", err);
	else if (info->Config->Sealed)
		ok = refuse(j, "is sealed", err);
	else if (note != NULL)
		look_at(info, note);
	jsStreamInfo_Destroy(info);
	return ok;
}
