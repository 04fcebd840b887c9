/* SPDX-License-Identifier: ISC */
/* Duty: the sum of an audit, for a person or for a program. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "cli/audit.h"
#include "cli/jsonl.h"
#include "core/civil.h"

static const struct {
	const char	*name;
	const char	*text;
} faults[AUDIT_FAULTS] = {
	[AUDIT_BROKEN] = { "broken", "torn or foreign lines" },
	[AUDIT_FORGED] = { "forged", "whose signature does not fit" },
	[AUDIT_LATE] = { "late", "signed after their secret had ended" },
	[AUDIT_UNPROVEN] = { "unproven", "whose secret was not given" },
	[AUDIT_FOREIGN] = { "foreign", "of another endpoint" },
	[AUDIT_TWICE] = { "twice", "ids again within the dedup window" },
	[AUDIT_UNKNOWN] = { "unknown", "that the index does not know" },
};

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
	printf("proven     %" PRIu64 "\n", a->proven);
	for (size_t i = 0; i < a->key_count; i++)
		print_key(&a->keys[i]);
	if (a->repeated > 0)
		printf("repeated   %" PRIu64 " ids after the dedup window\n",
		    a->repeated);
	for (int i = 0; i < AUDIT_FAULTS; i++)
		if (i != AUDIT_UNKNOWN || a->index != NULL)
			printf("%-10s %" PRIu64 " %s\n", faults[i].name,
			    a->faults[i], faults[i].text);
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
	jsonl_number(&j, "proven", (int64_t)a->proven);
	jsonl_open(&j, "keys");
	for (size_t i = 0; i < a->key_count; i++)
		jsonl_number(&j, a->keys[i].print,
		    (int64_t)a->keys[i].proven);
	jsonl_close(&j);
	jsonl_number(&j, "repeated", (int64_t)a->repeated);
	for (int i = 0; i < AUDIT_FAULTS; i++)
		if (i != AUDIT_UNKNOWN || a->index != NULL)
			jsonl_number(&j, faults[i].name,
			    (int64_t)a->faults[i]);
	jsonl_flag(&j, "good", audit_wrong(a) == 0);
	jsonl_end(&j);
}
