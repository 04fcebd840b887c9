/* SPDX-License-Identifier: ISC */
/* Prints the health of an endpoint as JSON. */
#include <config.h>

#include "cli/look/status.h"
#include "cli/term/jsonl.h"

static void
add_ignored(struct jsonl *j, const struct status *s)
{
	const struct stats_type *types[STATS_TYPES];
	size_t count = status_ignored(s, types);

	for (size_t i = 0; i < count; i++) {
		jsonl_open(j, NULL);
		jsonl_string(j, "type", types[i]->name);
		jsonl_number(j, "count", (int64_t)types[i]->count);
		jsonl_time(j, "last", types[i]->last_us);
		jsonl_close(j);
	}
}

static void
add_counters(struct jsonl *j, const struct status *s)
{
	const struct stats_counter *c = s->stats->head.counter;

	jsonl_time(j, "since", s->stats->head.since_us);
	jsonl_time(j, "last_event", status_last_us(s));
	jsonl_open(j, "outcomes");
	for (enum outcome o = 0; o < OUTCOME_DELIVERY_END; o++) {
		jsonl_open(j, outcome_name(o));
		jsonl_number(j, "count", (int64_t)c[o].count);
		jsonl_time(j, "last", c[o].last_us);
		jsonl_close(j);
	}
	jsonl_close(j);
	jsonl_number(j, "refused", (int64_t)status_refused(s));
	jsonl_number(j, "refused_last_hour", s->refused_hour);
	jsonl_number(j, "errors", (int64_t)status_errors(s));
	jsonl_number(j, "errors_last_hour", s->errors_hour);
	jsonl_number(j, "stored_last_day", s->stored_day);
	jsonl_list(j, "ignored_types");
	add_ignored(j, s);
	jsonl_close(j);
	jsonl_list(j, "keys");
	for (int i = 0; i < STATS_KEYS; i++) {
		const struct stats_key *key = &s->stats->head.key[i];

		if (key->print[0] == '\0')
			continue;
		jsonl_open(j, NULL);
		jsonl_string(j, "key", key->print);
		jsonl_number(j, "matches", (int64_t)key->count);
		jsonl_time(j, "last", key->last_us);
		jsonl_close(j);
	}
	jsonl_close(j);
}

void
status_json_consumers(struct jsonl *j, const struct status *s)
{
	jsonl_list(j, "consumers");
	for (size_t i = 0; i < s->consumer_count; i++) {
		const struct status_consumer *c = &s->consumers[i];

		jsonl_open(j, NULL);
		jsonl_string(j, "name", c->name);
		if (c->unknown)
			jsonl_null(j, "backlog");
		else
			jsonl_number(j, "backlog", c->events);
		jsonl_flag(j, "about", c->about);
		jsonl_number(j, "waiting", c->waiting);
		jsonl_number(j, "failed", c->failed);
		jsonl_time(j, "oldest", c->oldest_us);
		jsonl_time(j, "oldest_failed", c->failed_us);
		jsonl_close(j);
	}
	jsonl_close(j);
}

void
status_print_json(const struct status *s)
{
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_string(&j, "endpoint", s->endpoint->name);
	if (s->stats != NULL)
		add_counters(&j, s);
	jsonl_number(&j, "other_bodies", (int64_t)s->other_bodies);
	status_json_consumers(&j, s);
	jsonl_number(&j, "undrained", s->nobody.events);
	if (s->unread > 0)
		jsonl_number(&j, "unread", (int64_t)s->unread);
	if (s->stateless)
		jsonl_flag(&j, "stateless", true);
	if (s->sample > 0) {
		jsonl_open(&j, "skew");
		jsonl_number(&j, "median", s->skew_median);
		jsonl_number(&j, "worst", s->skew_worst);
		jsonl_number(&j, "events", (int64_t)s->sample);
		jsonl_close(&j);
	}
	if (s->disk_size > 0) {
		jsonl_open(&j, "disk");
		jsonl_number(&j, "free", s->disk_free);
		jsonl_number(&j, "size", s->disk_size);
		jsonl_close(&j);
	}
	if (s->full_s >= 0)
		jsonl_number(&j, "disk_full_in", s->full_s);
	jsonl_end(&j);
}
