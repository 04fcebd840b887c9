/* SPDX-License-Identifier: ISC */
/* What drain --json prints: a line for each end of a run, and the sum. */
#include <config.h>

#include <stdio.h>

#include "cli/batch/drain.h"
#include "cli/term/jsonl.h"

void
drain_json_end(const struct drain_event *event, const char *end,
    int64_t tries, const char *reason)
{
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_string(&j, "id", event->view.id);
	jsonl_string(&j, "type", event->view.type);
	jsonl_string(&j, "end", end);
	jsonl_number(&j, "tries", tries);
	if (reason != NULL)
		jsonl_string(&j, "ended", reason);
	jsonl_end(&j);
	fflush(stdout);
}

void
drain_json_sum(const struct drain_tally *tally, uint64_t others)
{
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_number(&j, "done", tally->done);
	jsonl_number(&j, "tried_again", tally->tried_again);
	jsonl_number(&j, "set_aside", tally->set_aside);
	jsonl_number(&j, "waiting", tally->waiting);
	jsonl_number(&j, "not_wanted", (int64_t)others);
	jsonl_end(&j);
}
