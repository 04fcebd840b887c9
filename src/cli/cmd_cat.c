/* SPDX-License-Identifier: ISC */
/* cat: records as they stand, or the exact bodies that were signed. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reading.h"
#include "cli/secrets.h"
#include "core/span.h"

enum { CONFIG, ENDPOINT, DATA, ID, TYPE, NUL, BARE };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[DATA] = { "data", 'd', NULL,
	    "the exact bodies, each with a line feed behind it" },
	[ID] = { "id", 'i', "ID", "only the record of this message id" },
	[TYPE] = { "type", 't', "TYPE", "only records of this event type" },
	[NUL] = { "null", '0', NULL, "a NUL behind each, not a line feed" },
	[BARE] = { "bare", 'b', NULL, "nothing behind each" },
	OPTION_END
};

struct printing {
	const struct args	*args;
	unsigned char		*buf;	/* of a body in base64; grows */
	size_t			 size;
};

static bool
print_body(struct printing *p, const struct record_view *view,
    struct err *err)
{
	struct hookcask_span body;

	/* decoding rounds up to whole groups of three */
	if (view->base64.len > 0 && view->body_len + 3 > p->size) {
		free(p->buf);
		p->size = view->body_len + 3;
		p->buf = malloc(p->size);
		if (p->buf == NULL) {
			p->size = 0;
			return err_set(err, OUTCOME_NO_MEMORY,
			    "no memory for a body of %zu bytes",
			    view->body_len);
		}
	}
	if (!record_body(view, p->buf, &body))
		return err_set(err, OUTCOME_BAD_DATA, "%s: broken body",
		    view->id);
	print_data(body);
	return true;
}

static bool
print_record(void *ctx, const struct reading *reading, struct err *err)
{
	struct printing *p = ctx;
	const char *const *value = p->args->value;

	if ((value[ID] != NULL && strcmp(value[ID], reading->view.id) != 0) ||
	    (value[TYPE] != NULL &&
	    strcmp(value[TYPE], reading->view.type) != 0))
		return true;
	if (value[DATA] == NULL)
		print_data(reading->line);
	else if (!print_body(p, &reading->view, err))
		return false;
	if (value[NUL] != NULL)
		putchar('\0');
	else if (value[BARE] == NULL)
		putchar('\n');
	/* main says why when it flushes */
	return !ferror(stdout);
}

static bool
read_configured(struct reader *r, const struct args *args, struct err *err)
{
	const struct endpoint *endpoint;
	struct config config;
	bool done;

	if (!endpoint_choose(&config, &endpoint, args->value[CONFIG],
	    args->value[ENDPOINT], err))
		return false;
	done = reader_endpoint(r, endpoint, err);
	config_wipe(&config);
	return done;
}

static bool
run(const struct args *args, struct err *err)
{
	struct printing printing = { args, NULL, 0 };
	struct reader reader = { print_record, &printing, 0 };
	bool done = true;

	if (args->value[NUL] != NULL && args->value[BARE] != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--null and --bare: one of them");
	if (args->operand_count > 0 && (args->value[CONFIG] != NULL ||
	    args->value[ENDPOINT] != NULL))
		return err_set(err, OUTCOME_USAGE,
		    "files and --config or --endpoint: which of them?");
	if (args->operand_count == 0)
		done = read_configured(&reader, args, err);
	for (int i = 0; done && i < args->operand_count; i++)
		done = reader_file(&reader, args->operand[i], err);
	free(printing.buf);
	if (!done)
		return ferror(stdout) && err->kind == OUTCOME_STORED;
	if (reader.skipped > 0)
		return err_set(err, OUTCOME_BAD_DATA,
		    "%" PRIu64 " of the lines left out", reader.skipped);
	return true;
}

const struct verb verb_cat = {
	.name = "cat",
	.group = GROUP_LOOK,
	.summary = "print stored records, or the exact bodies",
	.operands = "[FILE ...]",
	.operands_max = -1,
	.options = options,
	.run = run,
};
