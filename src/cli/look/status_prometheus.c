/* SPDX-License-Identifier: ISC */
/*
 * Writes the text format of Prometheus.  Its only labels are endpoint,
 * outcome, consumer, key, version and state: strangers choose none of them, so
 * they cannot make it grow.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "cli/look/status.h"
#include "sandbox/sandbox.h"

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

/* value: false if the endpoint has none. */
struct gauge {
	const char	*name, *help;
	bool		(*value)(const struct status *, double *);
};

static bool
store_bytes(const struct status *s, double *value)
{
	*value = (double)s->store_bytes;
	return true;
}

static bool
index_bytes(const struct status *s, double *value)
{
	*value = (double)s->index_bytes;
	return true;
}

static bool
disk_size(const struct status *s, double *value)
{
	*value = (double)s->disk_size;
	return s->disk_size > 0;
}

static bool
tolerance(const struct status *s, double *value)
{
	*value = (double)s->endpoint->tolerance;
	return true;
}

static bool
gap_open(const struct status *s, double *value)
{
	if (s->stats == NULL || s->stats->head.open_errors == 0)
		return false;
	*value = (double)(s->stats->head.last_put_us > 0 ?
	    s->stats->head.last_put_us : s->stats->head.since_us) / 1e6;
	return true;
}

static bool
audit_at(const struct status *s, double *value)
{
	*value = (double)s->audit.at_us / 1e6;
	return s->audit.at_us > 0;
}

static bool
audit_faults(const struct status *s, double *value)
{
	*value = (double)(s->audit.faults + s->audit.unread);
	return s->audit.at_us > 0;
}

static const struct gauge gauges[] = {
	{ "store_bytes", "Size of the stored events on the disk.",
	    store_bytes },
	{ "index_bytes", "Size of the index of ids.", index_bytes },
	{ "disk_size_bytes", "Size of the disk of the store.", disk_size },
	{ "tolerance_seconds", "Events are refused beyond this clock "
	    "skew.", tolerance },
	{ "gap_open_since_timestamp_seconds", "Time of the last event that "
	    "was stored, if something could not be stored since.", gap_open },
	{ "audit_timestamp_seconds", "Time of the last audit.", audit_at },
	{ "audit_faults", "Faults that the last audit found.", audit_faults },
};

static void
all_gauges(FILE *out, const struct status *list, size_t count)
{
	const size_t kinds = sizeof(gauges) / sizeof(*gauges);
	double value;

	for (size_t i = 0; i < kinds; i++) {
		head(out, gauges[i].name, "gauge", gauges[i].help);
		for (size_t j = 0; j < count; j++)
			if (gauges[i].value(&list[j], &value))
				fprintf(out, "hookcask_%s{endpoint=\"%s\"} "
				    "%.*f\n", gauges[i].name,
				    list[j].endpoint->name,
				    value == (double)(int64_t)value ? 0 : 6,
				    value);
	}
}

static void
print_oldest(FILE *out, const char *name, const struct status *s,
    const char *consumer, int64_t us)
{
	if (us > 0)
		fprintf(out, "hookcask_%s{endpoint=\"%s\",consumer=\"%s\"} "
		    "%.6f\n", name, s->endpoint->name, consumer,
		    (double)us / 1e6);
}

/* Times, not ages: they stay true while nobody writes this file. */
static void
oldest(FILE *out, const struct status *list, size_t count)
{
	static const char open[] = "oldest_event_timestamp_seconds",
	    failed[] = "oldest_failed_event_timestamp_seconds";

	head(out, open, "gauge", "When the oldest event arrived that a "
	    "consumer has not finished; no consumer: that nobody drains.");
	for (size_t i = 0; i < count; i++) {
		print_oldest(out, open, &list[i], "",
		    list[i].nobody.oldest_us);
		for (size_t j = 0; list[i].nobody.oldest_us == 0 &&
		    j < list[i].consumer_count; j++)
			print_oldest(out, open, &list[i],
			    list[i].consumers[j].name,
			    list[i].consumers[j].oldest_us);
	}
	head(out, failed, "gauge", "When the oldest event arrived that a "
	    "consumer has set aside.");
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < list[i].consumer_count; j++)
			print_oldest(out, failed, &list[i],
			    list[i].consumers[j].name,
			    list[i].consumers[j].failed_us);
}

static void
secrets(FILE *out, const struct status *list, size_t count)
{
	head(out, "secret_expiry_timestamp_seconds", "gauge",
	    "When a secret expires, if it does.");
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < list[i].secret_count; j++)
			if (list[i].secrets[j].not_after != INT64_MAX)
				fprintf(out, "hookcask_secret_expiry_"
				    "timestamp_seconds{endpoint=\"%s\",key="
				    "\"%s\"} %" PRId64 "\n",
				    list[i].endpoint->name,
				    list[i].secrets[j].print,
				    list[i].secrets[j].not_after);
}

static void
build_and_sandbox(FILE *out, const struct config *config)
{
	struct sandbox_parts parts;

	head(out, "build_info", "gauge", "The version that wrote this.");
	fprintf(out, "hookcask_build_info{version=\"%s\"} 1\n",
	    PACKAGE_VERSION);
	sandbox_probe(&parts);
	head(out, "sandbox", "gauge", "The sandbox that configuration and "
	    "system allow: whole, partial or off.");
	fprintf(out, "hookcask_sandbox{state=\"%s\"} 1\n",
	    config->sandbox == SANDBOX_OFF ? "off" :
	    sandbox_is_whole(&parts) ? "whole" : "partial");
}

void
status_prometheus(FILE *out, const struct config *config,
    const struct status *list, size_t count)
{
	build_and_sandbox(out, config);
	oldest(out, list, count);
	secrets(out, list, count);
	all_gauges(out, list, count);
	counters(out, list, count);
	consumers(out, list, count);
	skew_and_disk(out, list, count);
	keys(out, list, count);
}
