/* SPDX-License-Identifier: ISC */
/* Prints what prune removed or would remove. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/keep/prune.h"
#include "cli/term/escape.h"
#include "cli/term/jsonl.h"
#include "cli/term/size.h"
#include "cli/term/when.h"

void
prune_print(const struct prune *p, const char *name, int64_t bytes,
    int64_t last_us, const char *why)
{
	struct jsonl j = JSONL_INIT;
	char size[SIZE_TEXT], last[WHEN_SIZE];

	size_format(size, (uint64_t)bytes);
	if (p->json) {
		civil_format(last, last_us / 1000000);
		jsonl_open(&j, NULL);
		jsonl_string(&j, "file", name);
		jsonl_number(&j, "bytes", bytes);
		jsonl_string(&j, "last", last);
		jsonl_flag(&j, "removed", why == NULL && !p->dry_run);
		if (why != NULL)
			jsonl_string(&j, "why", why);
		jsonl_end(&j);
		return;
	}
	when_format(last, last_us / 1000000);
	print_escaped(span_text(name));
	if (why != NULL)
		printf(": stays: %s\n", why);
	else
		printf(": %s, %s, last event %s\n", p->dry_run ?
		    "would be removed" : "removed", size, last);
}

void
prune_print_sum(const struct prune *p)
{
	struct jsonl j = JSONL_INIT;
	char size[SIZE_TEXT], left[SIZE_TEXT];

	if (p->json) {
		jsonl_open(&j, NULL);
		jsonl_string(&j, "endpoint", p->endpoint->name);
		jsonl_flag(&j, "dry_run", p->dry_run);
		jsonl_number(&j, "files", p->files);
		jsonl_number(&j, "bytes", p->bytes);
		jsonl_number(&j, "left_files", p->left_files);
		jsonl_number(&j, "left_bytes", p->left_bytes);
		jsonl_number(&j, "ids", p->ids);
		jsonl_end(&j);
		return;
	}
	size_format(size, (uint64_t)p->bytes);
	size_format(left, (uint64_t)p->left_bytes);
	printf("%" PRId64 " file%s (%s) %s, %" PRId64 " left (%s); %" PRId64
	    " id%s %s\n", p->files, p->files == 1 ? "" : "s", size,
	    p->dry_run ? "would be removed" : "removed", p->left_files, left,
	    p->ids, p->ids == 1 ? "" : "s",
	    p->dry_run ? "would be forgotten" : "forgotten");
}
