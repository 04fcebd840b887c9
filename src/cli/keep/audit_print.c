/* SPDX-License-Identifier: ISC */
/* Prints the result of an audit, for people or as JSON. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "cli/keep/audit.h"
#include "cli/term/jsonl.h"

static const struct {
	const char	*name;
	const char	*text;
} faults[AUDIT_FAULTS] = {
	[AUDIT_BROKEN] = { "broken", "torn or foreign lines" },
	[AUDIT_FORGED] = { "forged", "whose signature does not fit" },
	[AUDIT_LATE] = { "late", "signed after their secret had expired" },
	[AUDIT_UNPROVEN] = { "unproven", "whose secret was not given" },
	[AUDIT_FOREIGN] = { "foreign", "of another endpoint" },
	[AUDIT_TWICE] = { "twice", "ids repeated in the dedup window" },
	[AUDIT_UNKNOWN] = { "unknown", "that the index does not know" },
	[AUDIT_LOST] = { "lost", "ids in the index without a record" },
	[AUDIT_UNSTORED] = { "unstored",
	    "turned away by the store, and none was stored since" },
};

/* Was this kind looked for?  Some need the index or the counters. */
static bool
is_known(const struct audit *a, int fault)
{
	return fault == AUDIT_UNKNOWN ? a->index != NULL :
	    fault == AUDIT_LOST ? a->searched :
	    fault == AUDIT_UNSTORED ? a->counted : true;
}

/* A gap counts if a delivery failed in it; else quietest shows it. */
static bool
is_loss(const struct gap *gap)
{
	return gap->errors > 0 || gap->refused > 0;
}

static void
print_gaps(const struct audit *a)
{
	char from[CIVIL_SIZE], to[CIVIL_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < a->gaps.count; i++)
		count += is_loss(&a->gaps.list[i]);
	printf("gaps       %zu in which events were turned away\n", count);
	for (size_t i = 0; i < a->gaps.count; i++) {
		const struct gap *gap = &a->gaps.list[i];

		if (!is_loss(gap))
			continue;
		civil_format_us(from, gap->from_us);
		strcpy(to, "now");
		if (gap->to_us != 0)
			civil_format_us(to, gap->to_us);
		printf("  %s to %s  ", from, to);
		gap_print_why(gap);
	}
}

static void
print_key(const struct audit_key *k)
{
	char until[CIVIL_SIZE];

	printf("  by %s  %" PRIu64 "%s", k->print, k->proven,
	    k->older ? ", an older secret" : "");
	if (k->not_after != INT64_MAX) {
		civil_format(until, k->not_after);
		printf(", until %.10s", until);
	}
	putchar('\n');
}

void
audit_print(const struct audit *a)
{
	char from[CIVIL_SIZE], to[CIVIL_SIZE];

	printf("records    %" PRIu64 ", %" PRIu64 " bytes\n", a->records,
	    a->bytes);
	if (a->records > 0) {
		civil_format_us(from, a->first_us);
		civil_format_us(to, a->last_us);
		printf("received   %s to %s\n", from, to);
	}
	if (a->quiet_us > 0) {
		civil_format_us(from, a->quiet_from_us);
		civil_format_us(to, a->quiet_from_us + a->quiet_us);
		printf("quietest   %s to %s\n", from, to);
	}
	if (a->counted)
		print_gaps(a);
	if (a->unread > 0)
		printf("unread     %" PRIu64 " files that cannot be read\n",
		    a->unread);
	printf("proven     %" PRIu64 "\n", a->proven);
	for (size_t i = 0; i < a->key_count; i++)
		print_key(&a->keys[i]);
	if (a->repeated > 0)
		printf("repeated   %" PRIu64 " ids after the dedup window\n",
		    a->repeated);
	for (int i = 0; i < AUDIT_FAULTS; i++)
		if (is_known(a, i))
			printf("%-10s %" PRIu64 " %s\n", faults[i].name,
			    a->faults[i], faults[i].text);
}

static void
json_gaps(struct jsonl *j, const struct audit *a)
{
	jsonl_list(j, "gaps");
	for (size_t i = 0; i < a->gaps.count; i++) {
		if (!is_loss(&a->gaps.list[i]))
			continue;
		gap_json(j, NULL, &a->gaps.list[i]);
		jsonl_close(j);
	}
	jsonl_close(j);
}

void
audit_print_json(const struct audit *a)
{
	struct jsonl j = JSONL_INIT;
	char text[CIVIL_SIZE];

	jsonl_open(&j, NULL);
	jsonl_number(&j, "records", (int64_t)a->records);
	jsonl_number(&j, "bytes", (int64_t)a->bytes);
	if (a->records > 0) {
		civil_format_us(text, a->first_us);
		jsonl_string(&j, "first", text);
		civil_format_us(text, a->last_us);
		jsonl_string(&j, "last", text);
	}
	if (a->quiet_us > 0) {
		civil_format_us(text, a->quiet_from_us);
		jsonl_string(&j, "quiet_from", text);
		civil_format_us(text, a->quiet_from_us + a->quiet_us);
		jsonl_string(&j, "quiet_to", text);
	}
	if (a->counted)
		json_gaps(&j, a);
	jsonl_number(&j, "proven", (int64_t)a->proven);
	jsonl_open(&j, "keys");
	for (size_t i = 0; i < a->key_count; i++)
		jsonl_number(&j, a->keys[i].print,
		    (int64_t)a->keys[i].proven);
	jsonl_close(&j);
	jsonl_number(&j, "repeated", (int64_t)a->repeated);
	for (int i = 0; i < AUDIT_FAULTS; i++)
		if (is_known(a, i))
			jsonl_number(&j, faults[i].name,
			    (int64_t)a->faults[i]);
	jsonl_number(&j, "unread", (int64_t)a->unread);
	jsonl_flag(&j, "good", audit_wrong(a) == 0 && a->unread == 0);
	jsonl_end(&j);
}
