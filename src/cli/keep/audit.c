/* SPDX-License-Identifier: ISC */
/*
 * Verifies each record of an archive with the secrets alone, trusting neither
 * the responder nor the disk.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/fileops.h"
#include "base/span.h"
#include "cli/keep/audit.h"
#include "cli/term/say.h"
#include "cli/term/when.h"

#define SAID_MAX	20	/* lines about one kind of fault */

void
audit_wipe(struct audit *a)
{
	for (size_t i = 0; i < a->key_count; i++)
		hookcask_key_wipe(&a->keys[i].key);
	a->key_count = 0;
	index_close(a->index);
	lost_wipe(&a->lost);
	gaps_wipe(&a->gaps);
	twins_close(a->ids);
	stored_body_wipe(&a->body);
	free(a->scratch);
}

bool
audit_add_keys(struct audit *a, const struct keyset *set, bool older,
    struct err *err)
{
	for (size_t i = 0; i < set->count; i++) {
		struct audit_key *k = &a->keys[a->key_count];
		bool known = false;

		if (a->key_count == AUDIT_KEYS_MAX)
			return err_set(err, OUTCOME_BAD_CONFIG,
			    "over %d secrets", AUDIT_KEYS_MAX);
		memset(k, 0, sizeof(*k));
		k->key = set->keys[i];
		hookcask_key_fingerprint(&k->key, k->print);
		for (size_t j = 0; j < a->key_count; j++)
			known = known || strcmp(a->keys[j].print, k->print) ==
			    0;
		if (known)
			continue;
		k->not_after = k->key.not_after;
		k->older = older;
		/* checked here, to tell late from forged */
		k->key.not_after = INT64_MAX;
		a->key_count++;
	}
	return true;
}

/*
 * A gap that has ended is reported, but is no fault: the sender tries again
 * for a day, and those events have been stored since.
 */
bool
audit_add_counters(struct audit *a, const struct stats_file *stats,
    struct err *err)
{
	a->counted = true;
	a->faults[AUDIT_UNSTORED] = stats->head.open_errors;
	a->gaps.since_us = INT64_MIN;
	a->gaps.shortest_us = GAP_SHORTEST_US;
	a->gaps.now_us = fileops_posix.now_us(NULL);
	gaps_add_counted(&a->gaps, stats);
	return gaps_sort(&a->gaps, err);
}

/* Counts a fault, and prints the first ones of each kind. */
static void
complain(struct audit *a, enum audit_fault fault, const char *path,
    int64_t offset, const char *id, const char *why)
{
	uint64_t count = ++a->faults[fault];

	if (count > SAID_MAX)
		return;
	say("%s: at byte %" PRId64 ": %s%s%s%s", path, offset, id,
	    id[0] != '\0' ? ": " : "", why, count == SAID_MAX ?
	    "; more of this kind are only counted" : "");
}

void
audit_skip(void *ctx, const char *path, int64_t offset, const char *why)
{
	complain(ctx, AUDIT_BROKEN, path, offset, "", why);
}

static struct audit_key *
find_key(struct audit *a, struct hookcask_span print)
{
	for (size_t i = 0; i < a->key_count; i++)
		if (span_is(print, a->keys[i].print))
			return &a->keys[i];
	return NULL;
}

/* v1a needs the message in one piece. */
static bool
make_scratch(struct audit *a, const struct record_view *view, size_t len,
    struct err *err)
{
	size_t size = HOOKCASK_SCRATCH(len);

	if (memcmp(view->signature.data, "v1a", 3) != 0 ||
	    size <= a->scratch_size)
		return true;
	free(a->scratch);
	a->scratch_size = 0;
	a->scratch = malloc(size);
	if (a->scratch == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory for a body "
		    "of %zu bytes", len);
	a->scratch_size = size;
	return true;
}

static bool
is_genuine(struct audit *a, struct audit_key *key,
    const struct record_view *view, bool *genuine, struct err *err)
{
	struct hookcask_delivery delivery;
	struct hookcask_verdict verdict;
	struct hookcask_policy policy;
	struct hookcask_span body;
	char timestamp[24];

	if (!stored_body_read(&a->body, view, &body, err) ||
	    !make_scratch(a, view, body.len, err))
		return false;
	snprintf(timestamp, sizeof(timestamp), "%" PRId64, view->time);
	memset(&delivery, 0, sizeof(delivery));
	delivery.svix.id = span_text(view->id);
	delivery.svix.timestamp = span_text(timestamp);
	delivery.svix.signature = view->signature;
	delivery.body = &body;
	delivery.body_count = 1;
	memset(&policy, 0, sizeof(policy));
	policy.now = view->time;
	policy.keys = &key->key;
	policy.key_count = 1;
	policy.scratch = a->scratch;
	policy.scratch_len = a->scratch_size;
	*genuine = hookcask_verify(&delivery, &policy, &verdict) ==
	    HOOKCASK_OK;
	return true;
}

static bool
check_signature(struct audit *a, const struct reading *reading,
    struct err *err)
{
	const struct record_view *view = &reading->view;
	struct audit_key *key = find_key(a, view->key);
	char why[160], at[CIVIL_SIZE];
	bool genuine;

	if (key == NULL) {
		snprintf(why, sizeof(why), "signed with a secret of "
		    "fingerprint %.*s, which was not given",
		    (int)view->key.len, (const char *)view->key.data);
		complain(a, AUDIT_UNPROVEN, reading->path, reading->offset,
		    view->id, why);
		return true;
	}
	if (!is_genuine(a, key, view, &genuine, err))
		return false;
	if (!genuine) {
		complain(a, AUDIT_FORGED, reading->path, reading->offset,
		    view->id, "the signature does not fit: the record was "
		    "changed after it was stored, or was forged");
		return true;
	}
	if (view->time > key->not_after) {
		civil_format(at, key->not_after);
		snprintf(why, sizeof(why), "signed after the secret %s had "
		    "expired, at %s", key->print, at);
		complain(a, AUDIT_LATE, reading->path, reading->offset,
		    view->id, why);
		return true;
	}
	key->proven++;
	a->proven++;
	return true;
}

static bool
check_index(struct audit *a, const struct reading *reading, struct err *err)
{
	const struct record_view *view = &reading->view;
	struct index_row row;
	bool found;

	if (a->index == NULL || view->time < a->index_from)
		return true;
	if (index_find(a->index, view->id, &found, &row, err) != INDEX_OK)
		return false;
	if (!found)
		complain(a, AUDIT_UNKNOWN, reading->path, reading->offset,
		    view->id, "the index does not know it, and a retry would "
		    "be stored again; run \"hookcask index --rebuild\"");
	return true;
}

static void
note_time(struct audit *a, int64_t us)
{
	if (a->records == 0 || us < a->first_us)
		a->first_us = us;
	if (a->records > 0 && us - a->last_us > a->quiet_us) {
		a->quiet_us = us - a->last_us;
		a->quiet_from_us = a->last_us;
	}
	if (a->records == 0 || us > a->last_us)
		a->last_us = us;
}

bool
audit_record(void *ctx, const struct reading *reading, struct err *err)
{
	const struct record_view *view = &reading->view;
	struct audit *a = ctx;

	note_time(a, view->received_us);
	lost_found(&a->lost, view->id);
	a->records++;
	a->bytes += reading->line.len + 1;
	if (a->source != NULL && strcmp(a->source, view->source) != 0)
		complain(a, AUDIT_FOREIGN, reading->path, reading->offset,
		    view->id, "it belongs to another endpoint");
	return check_signature(a, reading, err) &&
	    check_index(a, reading, err) &&
	    twins_add(a->ids, view->id, view->time, err);
}

static void
note_twin(void *ctx, const char *id, int64_t before, int64_t time)
{
	struct audit *a = ctx;
	char first[WHEN_SIZE], second[WHEN_SIZE];

	/* once the window is over, the same id may be stored again */
	if (time - before > a->window) {
		a->repeated++;
		return;
	}
	if (++a->faults[AUDIT_TWICE] > SAID_MAX)
		return;
	when_format(first, before);
	when_format(second, time);
	say("%s: stored twice, signed %s and %s%s", id, first,
	    second, a->faults[AUDIT_TWICE] == SAID_MAX ?
	    "; more of this kind are only counted" : "");
}

bool
audit_finish(struct audit *a, struct err *err)
{
	size_t lost = lost_count(&a->lost);

	/* lost ids may be in a file that cannot be read */
	a->searched = a->searched && a->unread == 0;
	if (a->searched && lost > 0) {
		a->faults[AUDIT_LOST] = lost;
		say("%zu ids have no record, and a retry would not be stored; "
		    "run \"hookcask index --forget-lost\"", lost);
	}
	return twins_find(a->ids, note_twin, a, err);
}

uint64_t
audit_wrong(const struct audit *a)
{
	uint64_t sum = 0;

	for (int i = 0; i < AUDIT_FAULTS; i++)
		sum += a->faults[i];
	return sum;
}
