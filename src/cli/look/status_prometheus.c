/* SPDX-License-Identifier: ISC */
/*
 * Writes the text format of Prometheus.  Its only labels are endpoint,
 * outcome, consumer and key: strangers choose none of them, so they cannot
 * make it grow.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "cli/look/status.h"

static void
head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP hookcask_%s %s\n# TYPE hookcask_%s %s\n", name,
	    help, name, type);
}

static void
counters(FILE *out, const struct status *list, size_t count)
{
	head(out, "deliveries_total", "counter",
	    "Deliveries by outcome.");
	for (size_t i = 0; i < count; i++)
		for (enum outcome o = 0; list[i].stats != NULL &&
		    o < OUTCOME_DELIVERY_END; o++)
			fprintf(out, "hookcask_deliveries_total{endpoint="
			    "\"%s\",outcome=\"%s\"} %" PRIu64 "\n",
			    list[i].endpoint->name, outcome_name(o),
			    list[i].stats->head.counter[o].count);
	head(out, "other_bodies", "gauge",
	    "Bodies that came under a known id and are kept to be looked at.");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "hookcask_other_bodies{endpoint=\"%s\"} %zu\n",
		    list[i].endpoint->name, list[i].other_bodies);
	head(out, "last_event_timestamp_seconds", "gauge",
	    "Time of the last event that was stored or a duplicate.");
	for (size_t i = 0; i < count; i++)
		if (status_last_us(&list[i]) > 0)
			fprintf(out, "hookcask_last_event_timestamp_seconds"
			    "{endpoint=\"%s\"} %.6f\n",
			    list[i].endpoint->name,
			    (double)status_last_us(&list[i]) / 1e6);
}

static void
consumers(FILE *out, const struct status *list, size_t count)
{
	head(out, "backlog_events", "gauge",
	    "Events that a consumer has not finished.");
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < list[i].consumer_count; j++) {
			const struct status_consumer *c =
			    &list[i].consumers[j];

			fprintf(out, "hookcask_backlog_events{endpoint="
			    "\"%s\",consumer=\"%s\"} ",
			    list[i].endpoint->name, c->name);
			if (c->unknown)
				fputs("NaN\n", out);
			else
				fprintf(out, "%" PRId64 "\n", c->events);
		}
	head(out, "undrained_events", "gauge",
	    "Events that no consumer drains.");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "hookcask_undrained_events{endpoint=\"%s\"} %"
		    PRId64 "\n", list[i].endpoint->name,
		    list[i].nobody.events);
	head(out, "failed_events", "gauge",
	    "Events that a consumer has set aside.");
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < list[i].consumer_count; j++)
			fprintf(out, "hookcask_failed_events{endpoint="
			    "\"%s\",consumer=\"%s\"} %" PRId64 "\n",
			    list[i].endpoint->name,
			    list[i].consumers[j].name,
			    list[i].consumers[j].failed);
}

static void
skew_and_disk(FILE *out, const struct status *list, size_t count)
{
	head(out, "clock_skew_seconds", "gauge",
	    "Median of our time minus the signed time, of the newest events.");
	for (size_t i = 0; i < count; i++)
		if (list[i].sample > 0)
			fprintf(out, "hookcask_clock_skew_seconds{endpoint="
			    "\"%s\"} %" PRId64 "\n", list[i].endpoint->name,
			    list[i].skew_median);
	head(out, "disk_free_bytes", "gauge",
	    "Free space on the disk of the store.");
	for (size_t i = 0; i < count; i++)
		if (list[i].disk_size > 0)
			fprintf(out, "hookcask_disk_free_bytes{endpoint="
			    "\"%s\"} %" PRId64 "\n", list[i].endpoint->name,
			    list[i].disk_free);
	head(out, "disk_full_seconds", "gauge",
	    "Time until the disk is full, at the rate of the last week.");
	for (size_t i = 0; i < count; i++)
		if (list[i].full_s >= 0)
			fprintf(out, "hookcask_disk_full_seconds{endpoint="
			    "\"%s\"} %" PRId64 "\n", list[i].endpoint->name,
			    list[i].full_s);
}

/* A fingerprint is 8 hex digits; other text of a broken file is left out. */
static bool
is_fingerprint(const char *text)
{
	return strlen(text) == 8 && strspn(text, "0123456789abcdef") == 8;
}

static void
keys(FILE *out, const struct status *list, size_t count)
{
	head(out, "key_last_match_timestamp_seconds", "gauge",
	    "Time of the last event that a secret proved, by fingerprint.");
	for (size_t i = 0; i < count; i++)
		for (int j = 0; list[i].stats != NULL && j < STATS_KEYS; j++) {
			const struct stats_key *key =
			    &list[i].stats->head.key[j];

			if (!is_fingerprint(key->print))
				continue;
			fprintf(out, "hookcask_key_last_match_timestamp_"
			    "seconds{endpoint=\"%s\",key=\"%s\"} %.6f\n",
			    list[i].endpoint->name, key->print,
			    (double)key->last_us / 1e6);
		}
}

void
status_prometheus(FILE *out, const struct status *list, size_t count)
{
	counters(out, list, count);
	consumers(out, list, count);
	skew_and_disk(out, list, count);
	keys(out, list, count);
}
