/* SPDX-License-Identifier: ISC */
/* sign: prints the three headers of a body, for curl -H @- or a test. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/span.h"
#include "cli/sender/message.h"
#include "cli/term/input.h"
#include "cli/term/jsonl.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"

enum {
	SECRET_FILE, CONFIG, ENDPOINT, ID, TIMESTAMP, FAMILY, COMMA, JSON
};

static const struct option options[] = {
	[SECRET_FILE] = OPTION_SECRET_FILE,
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[ID] = { "id", 'i', "ID", "the message id (default: a fresh one)" },
	[TIMESTAMP] = { "timestamp", 't', "SECONDS",
	    "Unix time of the message, or now (default)" },
	[FAMILY] = OPTION_FAMILY,
	[COMMA] = { "comma", 0, NULL, "write the signature as t=...,v1=..." },
	[JSON] = { "json", 'j', NULL, "print the headers as one JSON object" },
	OPTION_END
};

static bool
prepare(struct message *m, const struct args *args, struct err *err)
{
	const char *when = args->value[TIMESTAMP];

	memset(m, 0, sizeof(*m));
	m->timestamp = time(NULL);
	m->comma = args->value[COMMA] != NULL;
	if (when != NULL && strcmp(when, "now") != 0 &&
	    !args_number(args, TIMESTAMP, 1, HOOKCASK_TIME_MAX,
	    &m->timestamp, err))
		return false;
	return message_family(m, args->value[FAMILY], err) &&
	    message_name(m, args->value[ID], err);
}

static void
print(const struct message *m, bool json)
{
	char header[MESSAGE_HEADER_SIZE], *colon;
	struct jsonl j = JSONL_INIT;

	if (json)
		jsonl_open(&j, NULL);
	for (int i = 0; i < MESSAGE_HEADERS; i++) {
		message_header(m, i, header);
		colon = strchr(header, ':');
		if (!json || colon == NULL) {
			puts(header);
			continue;
		}
		*colon = '\0';
		jsonl_string(&j, header, colon + 2);
	}
	if (json)
		jsonl_end(&j);
}

static bool
run(const struct args *args, struct err *err)
{
	struct secret_choice choice = { args->value[SECRET_FILE],
	    args->value[CONFIG], args->value[ENDPOINT] };
	struct input body = { NULL, 0, 0 };
	struct secrets secrets;
	struct message m;
	bool done = false;

	if (!prepare(&m, args, err) || !secrets_load(&secrets, &choice, err))
		return false;
	if (!input_read(&body, args->operand_count > 0 ? args->operand[0] :
	    "-", INPUT_BODY_MAX, err))
		goto out;
	if (!message_sign(&m, &secrets, span_make(body.data, body.len), err))
		goto out;
	print(&m, args->value[JSON] != NULL);
	done = true;
out:
	input_wipe(&body);
	secrets_wipe(&secrets);
	return done;
}

const struct verb verb_sign = {
	.name = "sign",
	.group = GROUP_BY_HAND,
	.summary = "sign a body and print its three headers",
	.operands = "[FILE]",
	.operands_max = 1,
	.options = options,
	.run = run,
};
