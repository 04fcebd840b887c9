/* SPDX-License-Identifier: ISC */
/* Prints the figures of a report as one JSON object. */
#include <config.h>

#include <stdlib.h>

#include "cli/report/report.h"
#include "cli/term/jsonl.h"

static void
add_delay(struct jsonl *j, const char *key, const struct report_hour *h,
    unsigned part)
{
	int64_t seconds = report_delay(h->delay, part);

	if (seconds < 0 || seconds == INT64_MAX)
		jsonl_null(j, key);
	else
		jsonl_number(j, key, seconds);
}

static void
add_counts(struct jsonl *j, const struct report_hour *h)
{
	jsonl_number(j, "stored", (int64_t)h->stored);
	jsonl_number(j, "again", (int64_t)h->duplicate);
	jsonl_number(j, "ignored", (int64_t)h->ignored);
	jsonl_number(j, "refused", (int64_t)h->refused);
	jsonl_number(j, "errors", (int64_t)h->error);
	jsonl_number(j, "bytes", (int64_t)h->bytes);
	add_delay(j, "delay_median", h, 50);
	add_delay(j, "delay_95", h, 95);
	jsonl_close(j);
}

static void
add_findings(struct jsonl *j, const struct report *r)
{
	char *sentence = report_sentence(r);

	jsonl_string(j, "verdict", report_verdict(r));
	jsonl_string(j, "sentence", sentence == NULL ? "" : sentence);
	free(sentence);
	jsonl_list(j, "findings");
	for (size_t i = 0; i < r->findings.count; i++) {
		jsonl_open(j, NULL);
		jsonl_string(j, "alert",
		    findings_name(r->findings.list[i].alert));
		jsonl_string(j, "text", r->findings.list[i].text);
		jsonl_close(j);
	}
	jsonl_close(j);
}

static void
add_hours(struct jsonl *j, const struct report *r)
{
	jsonl_open(j, "total");
	add_counts(j, &r->total);
	jsonl_list(j, "hours");
	for (size_t i = 0; i < r->hours; i++) {
		jsonl_open(j, NULL);
		jsonl_time(j, "hour",
		    (r->first_hour + (int64_t)i) * 3600 * 1000000);
		add_counts(j, &r->hour[i]);
	}
	jsonl_close(j);
}

static void
add_refused(struct jsonl *j, const struct report *r)
{
	jsonl_open(j, "turned_away");
	jsonl_time(j, "since", r->known_us);
	jsonl_list(j, "reasons");
	for (size_t i = 0; i < r->reasons; i++) {
		jsonl_open(j, NULL);
		jsonl_string(j, "reason", outcome_name(r->reason[i].outcome));
		jsonl_number(j, "count", (int64_t)r->reason[i].count);
		jsonl_string(j, "hint", r->reason[i].hint);
		jsonl_close(j);
	}
	jsonl_close(j);
	jsonl_list(j, "addresses");
	for (size_t i = 0; i < r->sources; i++) {
		jsonl_open(j, NULL);
		jsonl_string(j, "remote", r->source[i].remote);
		jsonl_number(j, "count", (int64_t)r->source[i].count);
		jsonl_close(j);
	}
	jsonl_close(j);
	jsonl_close(j);
}

static void
add_type(struct jsonl *j, const char *name, const struct report_type *type)
{
	jsonl_open(j, NULL);
	if (name == NULL)
		jsonl_null(j, "type");
	else
		jsonl_string(j, "type", name);
	jsonl_number(j, "events", (int64_t)type->events);
	jsonl_number(j, "bytes", (int64_t)type->bytes);
	jsonl_close(j);
}

static void
add_lists(struct jsonl *j, const struct report *r)
{
	jsonl_list(j, "gaps");
	for (size_t i = 0; i < r->gaps.count; i++) {
		gap_json(j, NULL, &r->gaps.list[i]);
		jsonl_close(j);
	}
	jsonl_close(j);
	jsonl_list(j, "skew");
	for (int i = 0; i < STATS_BUCKETS; i++)
		jsonl_number(j, NULL, (int64_t)r->total.skew[i]);
	jsonl_close(j);
	jsonl_list(j, "sizes");
	for (int i = 0; i < REPORT_SIZES; i++)
		jsonl_number(j, NULL, (int64_t)r->size[i]);
	jsonl_close(j);
	jsonl_list(j, "types");
	for (size_t i = 0; i < r->types; i++)
		add_type(j, r->type[i].name, &r->type[i]);
	if (r->others.events > 0)
		add_type(j, NULL, &r->others);
	jsonl_close(j);
}

static void
add_store(struct jsonl *j, const struct status *s)
{
	jsonl_open(j, "store");
	jsonl_number(j, "bytes", s->store_bytes);
	jsonl_number(j, "files", (int64_t)s->store_files);
	jsonl_time(j, "first", s->first_us);
	jsonl_number(j, "index_bytes", s->index_bytes);
	jsonl_number(j, "disk_free", s->disk_free);
	jsonl_number(j, "disk_size", s->disk_size);
	if (s->full_s >= 0)
		jsonl_number(j, "disk_full_in", s->full_s);
	jsonl_close(j);
	jsonl_list(j, "secrets");
	for (size_t i = 0; i < s->secret_count; i++) {
		const struct status_secret *secret = &s->secrets[i];
		const struct stats_key *key = status_key(s, secret->print);

		jsonl_open(j, NULL);
		jsonl_string(j, "key", secret->print);
		jsonl_number(j, "matches",
		    key == NULL ? 0 : (int64_t)key->count);
		jsonl_time(j, "last", key == NULL ? 0 : key->last_us);
		jsonl_time(j, "ends", secret->not_after == INT64_MAX ? 0 :
		    secret->not_after * 1000000);
		jsonl_close(j);
	}
	jsonl_close(j);
	jsonl_open(j, "audit");
	jsonl_time(j, "at", s->audit.at_us);
	jsonl_number(j, "records", (int64_t)s->audit.records);
	jsonl_number(j, "proven", (int64_t)s->audit.proven);
	jsonl_number(j, "faults", (int64_t)s->audit.faults);
	jsonl_close(j);
}

void
report_json(const struct report *r)
{
	const struct status *s = &r->status;
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_string(&j, "endpoint", s->endpoint->name);
	jsonl_time(&j, "now", s->now_us);
	add_findings(&j, r);
	add_hours(&j, r);
	add_refused(&j, r);
	add_lists(&j, r);
	status_json_consumers(&j, s);
	jsonl_number(&j, "undrained", s->nobody.events);
	add_store(&j, s);
	jsonl_number(&j, "unpacked", (int64_t)r->unpacked);
	jsonl_end(&j);
}
