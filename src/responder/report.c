/* SPDX-License-Identifier: ISC */
/*
 * Writes the operator's line about a request: which check failed, and what to
 * do.  Stored events have none.  Of a stranger's request it prints only a
 * well-formed id, an unknown path and a wrong method; never a signature, a
 * secret or a body.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/span.h"
#include "responder/serve.h"

#define SHOWN_MAX	256	/* bytes of a stranger's text */

static bool
is_quiet(const struct attempt *a)
{
	return outcome_http(a->outcome) == 200 &&
	    a->outcome != OUTCOME_OTHER_BODY;
}

/* Cut, so that the line has room for the reason. */
static void
add_foreign(struct diag_line *line, const char *key, const char *text)
{
	diag_add(line, key, span_make(text, strnlen(text, SHOWN_MAX)));
}

static void
add_paths(struct diag_line *line, const struct config *config)
{
	char paths[SHOWN_MAX * 2];
	size_t len = 0;

	paths[0] = '\0';
	for (size_t i = 0; i < config->endpoint_count; i++) {
		const char *path = config->endpoints[i].path;
		int n;

		if (path == NULL)
			continue;
		n = snprintf(paths + len, sizeof(paths) - len, "%s%s",
		    len > 0 ? " " : "", path);
		if (n < 0 || (size_t)n >= sizeof(paths) - len)
			break;
		len += (size_t)n;
	}
	diag_text(line, "configured", paths);
}

/* Adds details that the reason does not say. */
static void
add_details(struct diag_line *line, const struct attempt *a)
{
	if (a->verdict.id.len > 0)
		diag_add(line, "id", a->verdict.id);
	if (a->outcome == OUTCOME_TOO_OLD || a->outcome == OUTCOME_TOO_NEW)
		diag_number(line, "skew", a->verdict.skew);
	if (a->delivery.length_kind == LENGTH_BAD)
		add_foreign(line, "length", a->delivery.length_text);
	if (a->outcome == OUTCOME_BAD_METHOD)
		add_foreign(line, "method", a->delivery.method);
	if (a->outcome == OUTCOME_UNKNOWN_PATH) {
		add_foreign(line, "path", a->delivery.path);
		add_paths(line, a->config);
	}
	if (a->delivery.remote != NULL)
		add_foreign(line, "remote", a->delivery.remote);
}

static bool
lacks_only_signature(const struct delivery_header *h)
{
	return h[DELIVERY_ID].value.len > 0 &&
	    h[DELIVERY_TIMESTAMP].value.len > 0 &&
	    h[DELIVERY_SIGNATURE].value.len == 0;
}

/* What "hookcask refused" shows beside the reason, or a closer hint needs. */
static const char *
detail_of(const struct attempt *a)
{
	switch (a->outcome) {
	case OUTCOME_UNKNOWN_PATH:
		return a->delivery.path;
	case OUTCOME_BAD_METHOD:
		return a->delivery.method;
	case OUTCOME_MISSING_HEADER:
		return lacks_only_signature(a->delivery.svix) ||
		    lacks_only_signature(a->delivery.webhook) ?
		    OUTCOME_NO_SIGNATURE : NULL;
	case OUTCOME_NO_MATCH:
		return a->verdict.candidates == 0 ? OUTCOME_NO_ENTRY : NULL;
	case OUTCOME_STORE_ERROR:
		return strstr(a->err.text, strerror(EMFILE)) != NULL ?
		    OUTCOME_NO_DESCRIPTORS : NULL;
	default:
		return NULL;
	}
}

static void
say(const struct attempt *a, uint64_t lines)
{
	struct diag_line line = DIAG_LINE_INIT;
	bool is_ours = outcome_is_temporary(a->outcome);
	const char *what = is_ours ? "error" :
	    a->outcome == OUTCOME_OTHER_BODY ? "kept" : "refused";

	if (a->endpoint != NULL)
		diag_text(&line, "endpoint", a->endpoint->name);
	diag_text(&line, "outcome", what);
	diag_text(&line, "reason", outcome_name(a->outcome));
	add_details(&line, a);
	if (lines > 1)
		diag_number(&line, "withheld", (int64_t)(lines - 1));
	if (is_ours && a->err.kind != OUTCOME_STORED)
		diag_text(&line, "error", a->err.text);
	diag_text(&line, "hint", outcome_hint_about(a->outcome,
	    detail_of(a)));
	diag_send(&line);
}

/* The endpoint that counts it: an unknown path counts in the first one's. */
static struct stats *
stats_of(const struct attempt *a)
{
	const struct site_endpoint *open = a->open;

	if (open == NULL && a->endpoint == NULL && a->config != NULL &&
	    a->config->endpoint_count > 0)
		open = site_endpoint(a->site, &a->config->endpoints[0], NULL);
	return open != NULL ? open->stats : NULL;
}

void
report(const struct attempt *a)
{
	struct stats *stats = stats_of(a);
	char id[HOOKCASK_ID_MAX + 1];
	struct stats_entry entry;
	uint64_t lines;

	if (stats != NULL) {
		memset(&entry, 0, sizeof(entry));
		entry.outcome = a->outcome;
		entry.now_us = a->received_us;
		entry.has_skew = a->verdict.timestamp.len > 0;
		entry.skew = a->verdict.skew;
		entry.key = a->key[0] != '\0' ? a->key : NULL;
		if (a->verdict.id.len > 0) {
			memcpy(id, a->verdict.id.data, a->verdict.id.len);
			id[a->verdict.id.len] = '\0';
			entry.id = id;
		}
		entry.remote = a->delivery.remote;
		entry.detail = detail_of(a);
		if (a->outcome == OUTCOME_IGNORED)
			entry.type = a->event.type;
		entry.is_quiet = is_quiet(a);
		entry.has_begun = a->has_begun;
		lines = stats_count(stats, &entry);
	} else {
		lines = is_quiet(a) ? 0 : site_lines(a->site, a->received_us);
	}
	if (lines > 0)
		say(a, lines);
}
